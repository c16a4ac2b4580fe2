import type { SyncPointEvent } from '@tidegate/protocol';

/** The lower bits of a ts are a logical clock; the upper ones count milliseconds. */
const LOGICAL_BITS = 18n;

/**
 * The sync points of a log: at every multiple of the interval on the log's own clock, above the start. With nothing to
 * start from (0), they begin at the first multiple that is not before the log's first ts.
 */
export class SyncPointClock {
  readonly #step: bigint;
  #next: bigint | undefined;

  /** `intervalMs` 0: no sync points at all. */
  constructor(intervalMs: number, startTs: bigint) {
    this.#step = BigInt(intervalMs) << LOGICAL_BITS;
    this.#next = intervalMs === 0 || startTs === 0n ? undefined : (startTs / this.#step + 1n) * this.#step;
  }

  /**
   * Takes the next sync point that is due before a change at `ts`; with `inclusive`, before a mark after which nothing at or
   * below `ts` follows. Undefined when none is due (any more).
   */
  take(ts: bigint, inclusive: boolean): SyncPointEvent | undefined {
    if (this.#step === 0n) return undefined;
    this.#next ??= ((ts + this.#step - 1n) / this.#step) * this.#step;
    if (this.#next > ts || (this.#next === ts && !inclusive)) return undefined;
    const commitTs = this.#next;
    this.#next += this.#step;
    return { type: 'sync-point', commitTs };
  }
}
