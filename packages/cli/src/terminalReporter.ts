import type { HostLog } from '@tidegate/host';
import type { MaintainerEvent } from '@tidegate/protocol';
import { describeError } from './errors.js';
import { duration, printable, timestamp } from './format.js';
import { type Io, lineWidth, type Output, type StopSignal } from './io.js';
import { progressLine } from './progressLine.js';
import type { Reporter, RunStart } from './reporter.js';
import type { RunView } from './runRecord.js';
import { continueText, type Summary, summaryText } from './summary.js';

/** Tells people: a line that is drawn over itself on a terminal, messages above it, a summary at the end. */
export class TerminalReporter implements Reporter {
  readonly #out: Output;
  readonly #err: Output;
  readonly #quiet: boolean;
  #drawn = false;

  constructor(io: Pick<Io, 'stdout' | 'stderr'>, quiet: boolean) {
    this.#out = io.stdout;
    this.#err = io.stderr;
    this.#quiet = quiet;
  }

  started(start: RunStart): void {
    if (this.#quiet || start.startTs === 0n) return;
    this.#say(
      start.resumed
        ? `${start.to} holds an earlier run; continuing at its checkpoint ${timestamp(start.startTs)}`
        : `starting behind ${timestamp(start.startTs)}`,
    );
  }

  progress(view: RunView): void {
    if (this.#quiet || this.#err.isTTY !== true) return;
    const line = progressLine(view, lineWidth(this.#err));
    this.#err.write(`\r${line}\u001b[K`);
    this.#drawn = true;
  }

  barrier(): void {
    // Shown in the progress line while it is open.
  }

  stuck(event: Extract<MaintainerEvent, { type: 'barrier-stuck' | 'operators-stuck' }>): void {
    if (!this.#quiet) this.#say(event.text);
  }

  log(line: HostLog): void {
    if (line.level === 'error' || (line.level === 'warn' && !this.#quiet)) this.#say(`${line.level}: ${line.from}: ${line.text}`);
  }

  stopping(signal: StopSignal, deadline: number): void {
    if (!this.#quiet) this.#say(`${signal}: stopping; what is under way gets ${duration(deadline)}. Once more ends at once.`);
  }

  ended(summary: Summary, error: unknown): void {
    this.#clear();
    if (error === undefined) {
      if (!this.#quiet) this.#out.write(summaryText(summary));
      return;
    }
    this.#say(describeError(error));
    if (!this.#quiet) this.#say(continueText(summary));
  }

  #say(text: string): void {
    this.#clear();
    this.#err.write(`tidegate: ${text.split('\n').map(printable).join('\n')}\n`);
  }

  #clear(): void {
    if (!this.#drawn) return;
    this.#err.write('\r\u001b[K');
    this.#drawn = false;
  }
}
