import type { MessagePort } from 'node:worker_threads';

/**
 * How the receiver sleeps: on a lane with its event loop going on, on a lane with its event loop standing still, on a port; and,
 * as floors, in nothing but `Atomics.wait` or `Atomics.waitAsync` on a word.
 */
export type WakeWay = 'lane' | 'blocking' | 'port' | 'futex' | 'async-futex';

export interface WakeData {
  readonly role: 'sender' | 'receiver';
  readonly lane: SharedArrayBuffer;
  readonly port: MessagePort;
  /** For the floors: a count of what was sent and, two words on, the low nanoseconds of when. */
  readonly words: SharedArrayBuffer;
}

/** Send `count` entries one by one, so far apart that the receiver sleeps before each. The receiver is told first. */
export interface WakeCommand {
  readonly way: WakeWay;
  readonly count: number;
}

/** From the receiver, at the end: nanoseconds from the sending of each entry until it was read, in their order. */
export interface WakeTimes {
  readonly nanoseconds: Float64Array;
}

/** Milliseconds between two entries: far longer than anybody looks before it sleeps. */
export const PAUSE = 2;
