/*
 * What the status-path benchmark's own actors and its driver say to each other. Everything else on the path is the
 * production's messages and records.
 */

/** To a posting actor: offer `rounds` events, WAITING and then DONE, each status `1 + repeats` times. */
export interface PostCommand {
  readonly type: 'bench-post';
  readonly rounds: number;
  readonly repeats: number;
}

/** From a posting actor: everything was offered and every distinct status is acknowledged. Times in nanoseconds. */
export interface PostedEvent {
  readonly type: 'bench-posted';
  readonly began: number;
  readonly ended: number;
  readonly offered: number;
}

/** To the counting maintainer; it replies with a {@link Tally}. */
export interface TallyQuestion {
  readonly type: 'bench-tally';
}

/** What the maintainer has been given since it started. */
export interface Tally {
  /** Dispatchers that replicate, the table trigger aside. */
  readonly replicating: number;
  /** Statuses that were, for their dispatcher, the next one due. */
  readonly distinct: number;
  /** Statuses that had come before: sent again, or offered again after their acknowledgement. */
  readonly repeats: number;
  /** Statuses that came before their turn: something was lost or overtaken. */
  readonly faults: number;
}

/** Commit ts of event number 0, and the step to the next. */
export const FIRST_TS = 462_000_000_000_000_000n;
export const TS_STEP = 1_024n;

export const COORDINATOR = 'coordinator';
export const MAINTAINER = 'maintainer';

export function workerAddress(index: number): string {
  return `worker-${index}`;
}
