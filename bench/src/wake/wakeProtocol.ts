import type { MessagePort } from 'node:worker_threads';

export type WakeWay = 'lane' | 'port';

export interface WakeData {
  readonly role: 'sender' | 'receiver';
  readonly lane: SharedArrayBuffer;
  readonly port: MessagePort;
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
