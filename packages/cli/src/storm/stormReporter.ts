import { codeOf, describeError, messageOf } from '../errors.js';
import { printable } from '../format.js';
import { type Io, lineWidth, type StopSignal } from '../io.js';
import { jsonLine, rounded } from '../json.js';
import type { StormCommandOptions } from './commandOptions.js';
import { LiveView } from './liveView.js';
import type { StormReport } from './report.js';
import type { StormSample } from './sample.js';
import { stormText } from './stormText.js';

/** Milliseconds between two `progress` objects; a new phase is told at once. */
const JSON_INTERVAL = 1_000;

/** Tells the user, or a program, of a storm. */
export interface StormReporter {
  started(): void;
  progress(sample: StormSample): void;
  stopping(signal: StopSignal): void;
  ended(report: StormReport): void;
  failed(error: unknown): void;
}

/** What the options ask for. */
export function stormReporter(options: StormCommandOptions, io: Pick<Io, 'stdout' | 'stderr'>): StormReporter {
  return options.json ? new JsonStormReporter(options, io) : new TerminalStormReporter(options, io);
}

/** A block of lines that is drawn over itself on a terminal, and a table at the end. */
class TerminalStormReporter implements StormReporter {
  readonly #options: StormCommandOptions;
  readonly #io: Pick<Io, 'stdout' | 'stderr'>;
  readonly #view: LiveView;
  #drawn = 0;

  constructor(options: StormCommandOptions, io: Pick<Io, 'stdout' | 'stderr'>) {
    this.#options = options;
    this.#io = io;
    this.#view = new LiveView(options);
  }

  started(): void {
    // The first look shows it.
  }

  progress(sample: StormSample): void {
    const { stderr } = this.#io;
    if (this.#options.quiet || stderr.isTTY !== true) return;
    const lines = this.#view.lines(sample, lineWidth(stderr));
    stderr.write(`${this.#home()}${lines.map((line) => `${line}\u001b[K\n`).join('')}\u001b[J`);
    this.#drawn = lines.length;
  }

  stopping(signal: StopSignal): void {
    if (!this.#options.quiet) this.#say(`${signal}: stopping. Once more ends at once.`);
  }

  ended(report: StormReport): void {
    this.#clear();
    if (!this.#options.quiet) this.#io.stdout.write(stormText(report));
    else for (const fault of report.faults) this.#say(fault);
  }

  failed(error: unknown): void {
    this.#say(describeError(error));
  }

  #say(text: string): void {
    this.#clear();
    this.#io.stderr.write(`tidegate: ${text.split('\n').map(printable).join('\n')}\n`);
  }

  #clear(): void {
    if (this.#drawn > 0) this.#io.stderr.write(`${this.#home()}\u001b[J`);
    this.#drawn = 0;
  }

  /** To the first column of the first line that was drawn. */
  #home(): string {
    return this.#drawn === 0 ? '' : `\u001b[${this.#drawn}A\r`;
  }
}

/** One JSON object a line on standard output; the last one is the summary. */
class JsonStormReporter implements StormReporter {
  readonly #options: StormCommandOptions;
  readonly #io: Pick<Io, 'stdout' | 'stderr'>;
  #phase: StormSample['phase'] | undefined;
  #toldAt = 0;

  constructor(options: StormCommandOptions, io: Pick<Io, 'stdout' | 'stderr'>) {
    this.#options = options;
    this.#io = io;
  }

  started(): void {
    const { dispatchers, workers, cause, hold, resend } = this.#options;
    this.#line('started', { dispatchers, workers, cause, holdMs: hold, resendMs: resend });
  }

  progress({ phase, elapsed, inPhase, working, counts, depths, rss, threads }: StormSample): void {
    if (phase === this.#phase && elapsed - this.#toldAt < JSON_INTERVAL) return;
    this.#phase = phase;
    this.#toldAt = elapsed;
    this.#line('progress', {
      ...{ phase, elapsedMs: rounded(elapsed), inPhaseMs: rounded(inPhase), working, counts, depths, rss },
      threads: threads.map(({ name, cpu, heap }) => ({ name, cpuMs: roundedOrNull(cpu), heap })),
    });
  }

  stopping(signal: StopSignal): void {
    this.#line('stopping', { signal });
  }

  ended({ hold, resend, times, threads, processCpu, ...rest }: StormReport): void {
    this.#line('summary', {
      ...rest,
      holdMs: hold,
      resendMs: resend,
      timesMs: Object.fromEntries(Object.entries(times).map(([name, time]) => [name, roundedOrNull(time)])),
      processCpuMs: rounded(processCpu),
      threads: threads.map(({ cpu, atRest, held, ...thread }) => ({
        ...thread,
        cpuMs: roundedOrNull(cpu),
        atRest: roundedOrNull(atRest),
        held: roundedOrNull(held),
      })),
    });
  }

  failed(error: unknown): void {
    this.#line('error', { code: codeOf(error) ?? null, message: messageOf(error) });
    this.#io.stderr.write(`tidegate: ${describeError(error)}\n`);
  }

  #line(event: string, rest: Readonly<Record<string, unknown>>): void {
    this.#io.stdout.write(jsonLine({ event, ...rest }));
  }
}

function roundedOrNull(value: number | undefined): number | null {
  return value === undefined ? null : rounded(value);
}
