import type { SourceEvent } from '@tidegate/dispatcher';

/** Chunks read ahead of the one being routed. */
const READ_AHEAD = 1;

/** The events of one reading that are at hand, in order, and whether more is to be read. At most two chunks. */
export class ChunkQueue {
  #chunks: (readonly SourceEvent[])[] = [];
  #at = 0;
  #pulling = false;
  #ended = false;

  get ended(): boolean {
    return this.#ended;
  }

  /** The reading has ended and everything was taken. */
  get drained(): boolean {
    return this.#ended && this.#chunks.length === 0;
  }

  push(events: readonly SourceEvent[]): void {
    this.#pulling = false;
    if (events.length > 0) this.#chunks.push(events);
  }

  /** Nothing more comes. */
  end(): void {
    this.#pulling = false;
    this.#ended = true;
  }

  next(): SourceEvent | undefined {
    const chunk = this.#chunks[0];
    if (chunk === undefined) return undefined;
    const event = chunk[this.#at++];
    if (this.#at === chunk.length) {
      this.#chunks.shift();
      this.#at = 0;
    }
    return event;
  }

  /** True once for each chunk that may be asked for. */
  wantsMore(): boolean {
    if (this.#ended || this.#pulling || this.#chunks.length > READ_AHEAD) return false;
    this.#pulling = true;
    return true;
  }

  /** Drops what is at hand. */
  drop(): void {
    this.#chunks = [];
    this.#at = 0;
  }

  /** As new, for another reading. */
  clear(): void {
    this.drop();
    this.#pulling = false;
    this.#ended = false;
  }
}
