import type { HostLog } from '@tidegate/host';
import type { MaintainerEvent } from '@tidegate/protocol';
import { codeOf, describeError, messageOf } from './errors.js';
import type { Io, Output, StopSignal } from './io.js';
import { jsonLine, rounded } from './json.js';
import type { Reporter, RunStart } from './reporter.js';
import type { RunView } from './runRecord.js';
import type { Summary } from './summary.js';

/** Milliseconds between two lines of progress. */
const PROGRESS_INTERVAL = 1_000;

/** Tells programs: one JSON object a line on standard output, each with its `event`; the last one is the summary. */
export class JsonReporter implements Reporter {
  readonly #out: Output;
  readonly #err: Output;
  #lastProgress = 0;

  constructor(io: Pick<Io, 'stdout' | 'stderr'>) {
    this.#out = io.stdout;
    this.#err = io.stderr;
  }

  started(start: RunStart): void {
    this.#line('started', { ...start });
  }

  progress(view: RunView): void {
    if (view.elapsed - this.#lastProgress < PROGRESS_INTERVAL) return;
    this.#lastProgress = view.elapsed;
    const { elapsed, rowsPerSecond, barrier, ...rest } = view;
    this.#line('progress', {
      ...rest,
      elapsedMs: rounded(elapsed),
      rowsPerSecond: Math.round(rowsPerSecond),
      ...(barrier && { barrier: { ...barrier, age: undefined, ageMs: rounded(barrier.age) } }),
    });
  }

  barrier(event: Extract<MaintainerEvent, { type: 'barrier' }>): void {
    const { key, phase, influence, mode, age } = event;
    this.#line('barrier', { ...key, phase, influence, mode, ageMs: rounded(age) });
  }

  stuck(event: Extract<MaintainerEvent, { type: 'barrier-stuck' | 'operators-stuck' }>): void {
    if (event.type === 'operators-stuck') {
      const operators = event.operators.map(({ age, ...rest }) => ({ ...rest, ageMs: rounded(age) }));
      this.#line('operators-stuck', { mode: event.mode, count: event.count, operators, text: event.text });
      return;
    }
    const { key, mode, age, missing, missingCount, text } = event;
    this.#line('barrier-stuck', { ...key, mode, ageMs: rounded(age), missing, missingCount, text });
  }

  log(line: HostLog): void {
    if (line.level === 'warn' || line.level === 'error')
      this.#line('log', { level: line.level, from: line.from, text: line.text });
  }

  stopping(signal: StopSignal, deadline: number): void {
    this.#line('stopping', { signal, deadlineMs: deadline });
  }

  ended(summary: Summary, error: unknown): void {
    if (error !== undefined) {
      this.#line('error', { code: codeOf(error) ?? null, message: messageOf(error) });
      this.#err.write(`tidegate: ${describeError(error)}\n`);
    }
    const { duration, rowsPerSecond, alignment, ...rest } = summary;
    this.#line('summary', {
      ...rest,
      durationMs: rounded(duration),
      rowsPerSecond: Math.round(rowsPerSecond),
      alignmentMs:
        alignment === undefined
          ? null
          : { median: rounded(alignment.median), p99: rounded(alignment.p99), max: rounded(alignment.max) },
    });
  }

  #line(event: string, rest: Readonly<Record<string, unknown>>): void {
    this.#out.write(jsonLine({ event, ...rest }));
  }
}
