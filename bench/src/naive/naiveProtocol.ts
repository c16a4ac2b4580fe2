import type { MessagePort } from 'node:worker_threads';

/** Run one stream: `dispatchers` report WAITING and DONE of one event, each status `1 + repeats` times, `rounds` times over. */
export interface NaiveCommand {
  readonly dispatchers: number;
  readonly rounds: number;
  readonly repeats: number;
}

/** A status as one would write it down. */
export interface NaiveStatus {
  readonly handle: number;
  readonly generation: number;
  readonly commitTs: bigint;
  readonly stage: number;
}

/** To the sender, for a batch: who is acknowledged. */
export type NaiveAnswer = readonly number[];

/** From both ends. Times in nanoseconds on the clock of all threads. */
export interface NaiveEnd {
  readonly began: number;
  readonly ended: number;
  readonly offered: number;
  /** At the receiver: statuses that it had not seen, those that it had, and those that came before their turn. */
  readonly distinct: number;
  readonly suppressed: number;
  readonly faults: number;
}

export interface NaiveData {
  readonly role: 'sender' | 'receiver';
  readonly port: MessagePort;
}

export const STAGES = 2;
export const BATCH = 2_048;
/** A status is offered again this many statuses later, as in the status path. */
export const BLOCK = 64;
