import type { SourceEvent } from '@tidegate/dispatcher';

/**
 * Gathers the events of one read, cut where a transaction ends. All rows of one commit ts leave together, unless they
 * exceed `maxTransactionBytes`: then what there is leaves, and the rest of the transaction follows in later reads.
 */
export class EventChunk {
  readonly #chunkBytes: number;
  readonly #maxTransactionBytes: number;
  #events: SourceEvent[] = [];
  /** Events before it belong to complete transactions. */
  #complete = 0;
  #completeBytes = 0;
  #openBytes = 0;

  constructor(chunkBytes: number, maxTransactionBytes: number) {
    this.#chunkBytes = chunkBytes;
    this.#maxTransactionBytes = maxTransactionBytes;
  }

  /** Adds an event that weighs `bytes`. A row leaves its transaction open; everything else stands alone. */
  add(event: SourceEvent, bytes: number): void {
    this.#events.push(event);
    this.#openBytes += bytes;
    if (event.type !== 'rows') this.endTransaction();
  }

  /** The transaction so far is complete. */
  endTransaction(): void {
    this.#complete = this.#events.length;
    this.#completeBytes += this.#openBytes;
    this.#openBytes = 0;
  }

  /** Worth giving out before more is added. */
  get full(): boolean {
    return this.#completeBytes >= this.#chunkBytes || this.#openBytes >= this.#maxTransactionBytes;
  }

  get hasComplete(): boolean {
    return this.#complete > 0;
  }

  /** Gives out the events of complete transactions; of an incomplete one only when it is too large to keep. */
  take(): readonly SourceEvent[] {
    if (this.#openBytes >= this.#maxTransactionBytes) this.endTransaction();
    const taken = this.#events;
    this.#events = taken.splice(this.#complete);
    this.#complete = 0;
    this.#completeBytes = 0;
    return taken;
  }
}
