import type { MessagePort } from 'node:worker_threads';
import type { Received } from './transport.js';

export type TransportName = 'lane' | 'each' | 'arrays' | 'packed' | 'columns';

/** What a thread of a pair is started with. */
export interface PairData {
  readonly role: 'sender' | 'receiver';
  readonly lane: SharedArrayBuffer;
  /** To the other thread of the pair. */
  readonly port: MessagePort;
}

/** Run one transport, on both threads of a pair; the receiver is told first. */
export interface PairCommand {
  readonly transport: TransportName;
  readonly count: number;
}

/** From the receiver, before anything is sent. */
interface ReadyReply {
  readonly type: 'ready';
}

/** At the end of a thread's part. `at` and `began` are nanoseconds on the clock that all threads of a process share. */
export interface DoneReply {
  readonly type: 'done';
  readonly began: number;
  readonly at: number;
  readonly received?: Received;
}

export type PairReply = ReadyReply | DoneReply;
