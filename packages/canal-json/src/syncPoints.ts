import { maxTs, type SyncPointEvent } from '@tidegate/protocol';

/** The lower bits of a ts are a logical clock; the upper ones count milliseconds. */
const LOGICAL_BITS = 18n;

/**
 * The sync points of a log: at every multiple of the interval on the log's own clock, from the log's first ts on, above the
 * start. So a log has the same ones wherever it is opened.
 */
export class SyncPointClock {
  readonly #step: bigint;
  readonly #startTs: bigint;
  #next: bigint | undefined;

  /** `intervalMs` 0: no sync points at all. */
  constructor(intervalMs: number, startTs: bigint) {
    this.#step = BigInt(intervalMs) << LOGICAL_BITS;
    this.#startTs = startTs;
  }

  /** The log has something at `ts`. The first time says where its sync points begin. */
  begin(ts: bigint): void {
    if (this.#next !== undefined || this.#step === 0n) return;
    const fromLog = (ts + this.#step - 1n) / this.#step;
    const fromStart = this.#startTs === 0n ? 0n : this.#startTs / this.#step + 1n;
    this.#next = maxTs(fromLog, fromStart) * this.#step;
  }

  /**
   * Takes the next sync point that is due before a change at `ts`; with `inclusive`, before a mark after which nothing at or
   * below `ts` follows. Undefined when none is due (any more).
   */
  take(ts: bigint, inclusive: boolean): SyncPointEvent | undefined {
    this.begin(ts);
    if (this.#next === undefined || this.#next > ts || (this.#next === ts && !inclusive)) return undefined;
    const commitTs = this.#next;
    this.#next += this.#step;
    return { type: 'sync-point', commitTs };
  }
}
