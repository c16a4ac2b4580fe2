/** What a receiver found. */
export interface Received {
  readonly count: number;
  /** Statuses that were not, in every field, the one whose turn it was. */
  readonly faults: number;
}

/** One way of getting statuses from one thread to another. Each side is made once and used for every run. */
export interface Transport {
  /** Sends numbers 0 to `count` - 1. */
  send(count: number): Promise<void> | void;
  /** Settles when `count` statuses have arrived, checked in order and content. */
  receive(count: number): Promise<Received>;
}

/** Statuses in one message where a transport gathers them. */
export const BATCH = 2_048;
