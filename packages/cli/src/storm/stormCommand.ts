import { ExitCode } from '../exitCode.js';
import type { Io, StopSignal } from '../io.js';
import type { StormCommandOptions } from './commandOptions.js';
import type { StormOptions } from './options.js';
import type { StormReport } from './report.js';
import { runStorm } from './runStorm.js';
import { stormReporter } from './stormReporter.js';

/** Makes a storm; a test gives its own. */
export type RunStorm = (options: StormOptions) => Promise<StormReport>;

/** Runs `tidegate storm`. Never throws: what goes wrong is reported. */
export async function stormCommand(options: StormCommandOptions, io: Io, run: RunStorm = runStorm): Promise<ExitCode> {
  const { dispatchers, hold, workers, cause, resend } = options;
  const reporter = stormReporter(options, io);
  const ending = new AbortController();
  let stopSignal: StopSignal | undefined;
  const ignoreStops = io.onStop((signal) => {
    if (stopSignal !== undefined) {
      io.exit(exitCodeOf(signal));
      return;
    }
    stopSignal = signal;
    reporter.stopping(signal);
    ending.abort();
  });
  reporter.started();
  try {
    const report = await run({
      ...{ dispatchers, hold, workers, cause, resend },
      signal: ending.signal,
      onSample: (sample) => {
        if (stopSignal === undefined) reporter.progress(sample);
      },
    });
    reporter.ended(report);
    if (report.outcome === 'stopped') return stopSignal === undefined ? ExitCode.FAILED : exitCodeOf(stopSignal);
    return report.faults.length === 0 ? ExitCode.OK : ExitCode.FAILED;
  } catch (error) {
    reporter.failed(error);
    return ExitCode.FAILED;
  } finally {
    ignoreStops();
  }
}

function exitCodeOf(signal: StopSignal): ExitCode {
  return signal === 'SIGINT' ? ExitCode.INTERRUPTED : ExitCode.TERMINATED;
}
