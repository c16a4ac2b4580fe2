import { resolve } from 'node:path';
import { type FinishReport, type Host, type HostOptions, startHost } from '@tidegate/host';
import { createSink } from '@tidegate/storage';
import { DirectoryLock } from './directoryLock.js';
import { checkDirectory } from './directoryPath.js';
import { ExitCode } from './exitCode.js';
import type { Io, StopSignal } from './io.js';
import { JsonReporter } from './jsonReporter.js';
import { checkIdentity, identify, remember } from './logIdentity.js';
import { bind, checkBond } from './redoBond.js';
import type { ReplicateOptions } from './replicateOptions.js';
import type { Reporter } from './reporter.js';
import { deliverBehind, planStart, type StartPlan } from './resume.js';
import { RunRecord } from './runRecord.js';
import { sampleOf } from './sample.js';
import type { Outcome, Summary } from './summary.js';
import { TerminalReporter } from './terminalReporter.js';

/** Milliseconds between two looks at the host. */
const LOOK_INTERVAL = 250;

/** Starts a host; a test gives its own. */
export type StartHost = (options: HostOptions) => Promise<Host>;

/** Runs `tidegate replicate`. Throws what is wrong before the run starts; what happens in it is reported. */
export async function replicate(options: ReplicateOptions, io: Io, start: StartHost = startHost): Promise<ExitCode> {
  checkDirectory(options.to, '--to');
  if (options.redo !== undefined) checkDirectory(options.redo, '--redo');
  const plan = await planStart(options.to, options.startTs);
  // A log that cannot be read, or is another one, leaves no trace in the directory.
  // A host of a test reads no log.
  const identity = start === startHost ? await identify(options.log) : undefined;
  if (plan.resumed && !options.forceLog) checkIdentity(options.to, options.log, identity);
  await checkBond(options.to, options.redo, plan);
  // Found out here, before threads start: whether the directory can be written.
  const trial = await createSink(sinkOptions(options), { worker: 'trial', signal: new AbortController().signal });
  await trial.close();
  const lock = DirectoryLock.take(options.to);
  try {
    remember(options.to, identity);
    await bind(options.to, options.redo, plan);
    return await new Run(options, plan, io, lock).run(start);
  } finally {
    lock.release();
  }
}

/** One run, from the start of the host to the summary. */
class Run {
  readonly #options: ReplicateOptions;
  readonly #plan: StartPlan;
  readonly #io: Io;
  readonly #lock: DirectoryLock;
  readonly #reporter: Reporter;
  readonly #record: RunRecord;
  #host: Host | undefined;
  #stopSignal: StopSignal | undefined;

  constructor(options: ReplicateOptions, plan: StartPlan, io: Io, lock: DirectoryLock) {
    this.#options = options;
    this.#plan = plan;
    this.#io = io;
    this.#lock = lock;
    this.#reporter = options.json ? new JsonReporter(io) : new TerminalReporter(io, options.quiet);
    this.#record = new RunRecord(plan.startTs, performance.now());
  }

  async run(start: StartHost): Promise<ExitCode> {
    const { log, to, workers } = this.#options;
    this.#reporter.started({ log, to, workers, ...this.#plan });
    const ignoreStops = this.#io.onStop((signal) => this.#stop(signal));
    let looking: NodeJS.Timeout | undefined;
    try {
      const host = await start(hostOptions(this.#options, this.#plan));
      this.#host = host;
      this.#listen(host);
      looking = setInterval(() => void this.#look(host), LOOK_INTERVAL);
      // A signal may have come while the threads started.
      if (this.#stopSignal !== undefined) void host.stop({ deadline: this.#options.stopDeadline });
      return await this.#finish(host, await host.finished);
    } catch (error) {
      if (this.#host !== undefined) await this.#look(this.#host);
      this.#reporter.ended(this.#summary('failed', []), error);
      return ExitCode.FAILED;
    } finally {
      clearInterval(looking);
      ignoreStops();
    }
  }

  #listen(host: Host): void {
    host.on('checkpoint', (event) => this.#record.checkpoint(event.checkpointTs));
    host.on('barrier', (event) => {
      this.#record.barrier(event, performance.now());
      this.#reporter.barrier(event);
    });
    host.on('barrier-stuck', (event) => this.#reporter.stuck(event));
    host.on('operators-stuck', (event) => this.#reporter.stuck(event));
    host.on('log', (line) => this.#reporter.log(line));
  }

  async #look(host: Host): Promise<void> {
    try {
      this.#record.sample(sampleOf(await host.inspect()), performance.now());
    } catch {
      // The host is ending; what ends it is reported by `finished`.
      return;
    }
    this.#reporter.progress(this.#record.view(performance.now()));
  }

  #stop(signal: StopSignal): void {
    if (this.#stopSignal !== undefined) {
      this.#lock.release();
      this.#io.exit(exitCodeOf(signal));
      return;
    }
    this.#stopSignal = signal;
    this.#reporter.stopping(signal, this.#options.stopDeadline);
    void this.#host?.stop({ deadline: this.#options.stopDeadline });
  }

  async #finish(host: Host, report: FinishReport): Promise<ExitCode> {
    // The host has stopped by now, whoever asked for it: this is how that went.
    const stop = await host.stop();
    this.#record.checkpoint(report.checkpointTs);
    this.#record.sample(sampleOf(report.snapshot), performance.now());
    const atEnd = report.snapshot.endTs !== undefined && report.checkpointTs >= report.snapshot.endTs;
    const outcome: Outcome = !atEnd ? 'stopped' : stop.finished ? 'finished' : 'failed';
    this.#reporter.ended(this.#summary(outcome, stop.unfinished), undefined);
    if (this.#stopSignal !== undefined && outcome === 'stopped') return exitCodeOf(this.#stopSignal);
    return outcome === 'finished' ? ExitCode.OK : ExitCode.FAILED;
  }

  #summary(outcome: Outcome, unfinished: readonly string[]): Summary {
    const { log, to, workers } = this.#options;
    return { outcome, log, to, workers, startTs: this.#plan.startTs, unfinished, ...this.#record.totals(performance.now()) };
  }
}

/** Options of the host for a run. */
function hostOptions(options: ReplicateOptions, plan: StartPlan): HostOptions {
  const { log, syncPointInterval } = options;
  return {
    workers: options.workers,
    startTs: deliverBehind(plan),
    source: {
      module: import.meta.resolve('@tidegate/canal-json'),
      options: {
        path: log === '-' ? log : resolve(log),
        unclassified: options.unclassified,
        ...(syncPointInterval !== undefined && { syncPointIntervalMs: syncPointInterval }),
      },
    },
    sink: { module: import.meta.resolve('@tidegate/storage'), options: sinkOptions(options) },
    ...(options.redo !== undefined && {
      redo: { module: import.meta.resolve('@tidegate/redo'), options: { dir: resolve(options.redo), fsync: options.fsync } },
    }),
  };
}

function sinkOptions({ to, fileSize, flushInterval, fsync }: ReplicateOptions): Record<string, unknown> {
  return {
    dir: resolve(to),
    fsync,
    ...(fileSize !== undefined && { fileSize }),
    ...(flushInterval !== undefined && { flushInterval }),
  };
}

function exitCodeOf(signal: StopSignal): ExitCode {
  return signal === 'SIGINT' ? ExitCode.INTERRUPTED : ExitCode.TERMINATED;
}
