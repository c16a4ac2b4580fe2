import type { HostLog } from '@tidegate/host';
import type { MaintainerEvent } from '@tidegate/protocol';
import type { StopSignal } from './io.js';
import type { RunView } from './runRecord.js';
import type { Summary } from './summary.js';

/** What is known before a run starts. */
export interface RunStart {
  readonly log: string;
  readonly to: string;
  readonly workers: number;
  readonly startTs: bigint;
  /** The directory holds an earlier run, which this one continues. */
  readonly resumed: boolean;
}

/** Tells the user, or a program, of a run. */
export interface Reporter {
  started(start: RunStart): void;
  /** The state of the run, several times a second. */
  progress(view: RunView): void;
  barrier(event: Extract<MaintainerEvent, { type: 'barrier' }>): void;
  stuck(event: Extract<MaintainerEvent, { type: 'barrier-stuck' | 'operators-stuck' }>): void;
  log(line: HostLog): void;
  stopping(signal: StopSignal, deadline: number): void;
  /** The end. `error` is what ended a run that failed. */
  ended(summary: Summary, error: unknown): void;
}
