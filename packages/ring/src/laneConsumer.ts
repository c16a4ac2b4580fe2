import { type AttachOptions, checkLane, laneName, takeSide } from './attachLane.js';
import { Doorbell } from './doorbell.js';
import { LaneClosedError, LaneCorruptError, LaneGenerationError, LaneReenteredError } from './errors.js';
import {
  CELL_BYTE_SHIFT,
  CELL_BYTES,
  CELL_WORD_SHIFT,
  FRAME_HEADER_BYTES,
  FRAME_LENGTH_WORD,
  HEADER_WORDS,
  TYPE_FRAME,
  TYPE_MASK,
  TYPE_PADDING,
  TYPE_RECORD,
  WORD_BYTES,
  WORD_CAPACITY,
  WORD_CONSUMER_CLOSED,
  WORD_CONSUMER_DOORBELL,
  WORD_CONSUMER_GENERATION,
  WORD_HEAD,
  WORD_PRODUCER_CLOSED,
  WORD_PRODUCER_DOORBELL,
  WORD_ROOM_WANTED,
  WORD_TAIL,
  WORD_WANTED_HEAD,
} from './layout.js';

export interface ConsumerOptions extends AttachOptions {
  /** The doorbell of the producer's thread, rung when room that it wants is there. Default: the lane's own. */
  readonly producerDoorbell?: Doorbell;
  /** The doorbell of this thread, on which it parks. Default: the lane's own. */
  readonly doorbell?: Doorbell;
}

/**
 * What a drain calls. What it hands out lies in the lane and is valid only during the call. Returning `false` ends the drain
 * after this entry; whatever else is returned means nothing.
 */
export interface LaneHandler {
  /** One record: eight words from `at`. The low byte of the first is the lane's. */
  record(words: Uint32Array, at: number): unknown;
  /**
   * `count` records, side by side from `at`, in place of as many calls of {@link record}. Returns how many of them it took;
   * fewer than `count` end the drain. When it throws, none of them is released.
   */
  records?(words: Uint32Array, at: number, count: number): number;
  /** One frame: `length` bytes from `offset`. Shared memory: copy before handing it to a decoder. */
  frame(bytes: Uint8Array, offset: number, length: number): unknown;
}

/** The reading side of a lane. */
export class LaneConsumer {
  readonly words: Uint32Array;
  readonly bytes: Uint8Array;
  readonly name: string;
  /** 1 for the first consumer of the lane, one more for each successor. */
  readonly generation: number;
  readonly capacityCells: number;

  readonly #shared: Int32Array;
  readonly #mask: number;
  readonly #producerDoorbell: Doorbell;
  readonly #doorbell: Doorbell;
  readonly #hasNews = (): boolean => !this.empty || this.producerClosed;
  /** Cursor after the last entry released, and the producer's cursor as last seen. */
  #head: number;
  #tail: number;
  #draining = false;
  #closed = false;

  private constructor(sab: SharedArrayBuffer, generation: number, options: ConsumerOptions) {
    const shared = new Int32Array(sab);
    this.words = new Uint32Array(sab);
    this.bytes = new Uint8Array(sab);
    this.name = laneName(sab);
    this.generation = generation;
    this.capacityCells = this.words[WORD_CAPACITY]! >>> CELL_BYTE_SHIFT;
    this.#shared = shared;
    this.#mask = this.capacityCells - 1;
    this.#producerDoorbell = options.producerDoorbell ?? new Doorbell(shared, WORD_PRODUCER_DOORBELL);
    this.#doorbell = options.doorbell ?? new Doorbell(shared, WORD_CONSUMER_DOORBELL);
    this.#head = Atomics.load(shared, WORD_HEAD);
    this.#tail = Atomics.load(shared, WORD_TAIL);
  }

  /**
   * Attaches the one consumer of a lane. A successor starts at what its predecessor had not released: entries that were
   * handled in a drain that never ended come again.
   *
   * @throws LaneMagicError, LaneVersionError, LaneCapacityError, LaneFingerprintError, LaneGenerationError when the lane is
   * not what `options` expect, or has a consumer and `takeOver` is not set.
   */
  static attach(sab: SharedArrayBuffer, options: ConsumerOptions = {}): LaneConsumer {
    checkLane(sab, options);
    const consumer = new LaneConsumer(sab, takeSide(sab, 'consumer', options), options);
    if (options.takeOver) {
      if (options.doorbell === undefined) consumer.#doorbell.reset();
      // The predecessor may have died between its last release and the ring that belongs to it.
      consumer.#producerDoorbell.ring();
    }
    return consumer;
  }

  /**
   * Hands out at most `limit` entries in order, then releases them all at once. Returns how many. When the handler throws, what it
   * had finished is released, and the entry that it threw at comes again.
   *
   * @throws LaneClosedError after {@link close}; LaneGenerationError when a successor has taken over; LaneCorruptError when
   * the memory holds what no producer writes; LaneReenteredError when the handler drains this lane.
   */
  drain(limit: number, handler: LaneHandler): number {
    this.#admit();
    const words = this.words;
    const start = this.#head;
    let head = start;
    if (((this.#tail - head) | 0) < limit) this.#tail = Atomics.load(this.#shared, WORD_TAIL);
    const tail = this.#tail;
    let handled = 0;
    this.#draining = true;
    try {
      while (head !== tail && handled < limit) {
        const index = head & this.#mask;
        const at = HEADER_WORDS + (index << CELL_WORD_SHIFT);
        const type = words[at]! & TYPE_MASK;
        if (type === TYPE_RECORD && handler.records !== undefined) {
          const most = Math.min(limit - handled, (tail - head) | 0, this.capacityCells - index);
          const count = recordsFrom(words, at, most);
          const taken = Math.min(handler.records(words, at, count), count);
          head = (head + taken) | 0;
          handled += taken;
          if (taken < count) break;
        } else if (type === TYPE_RECORD) {
          const goOn = handler.record(words, at);
          head = (head + 1) | 0;
          handled++;
          if (goOn === false) break;
        } else if (type === TYPE_PADDING) {
          head = (head + this.capacityCells - index) | 0;
        } else {
          const length = words[at + FRAME_LENGTH_WORD]!;
          const cells = this.#frameCells(type, length, head, tail);
          const goOn = handler.frame(this.bytes, at * WORD_BYTES + FRAME_HEADER_BYTES, length);
          head = (head + cells) | 0;
          handled++;
          if (goOn === false) break;
        }
      }
    } finally {
      this.#draining = false;
      if (head !== start) this.#release(head);
    }
    return handled;
  }

  /** Nothing is published that was not released. */
  get empty(): boolean {
    if (this.#head !== this.#tail) return false;
    this.#tail = Atomics.load(this.#shared, WORD_TAIL);
    return this.#head === this.#tail;
  }

  /** Cells published and not released. */
  get depth(): number {
    this.#tail = Atomics.load(this.#shared, WORD_TAIL);
    return (this.#tail - this.#head) | 0;
  }

  /** The producer has closed: what is there may still be drained, nothing more comes. */
  get producerClosed(): boolean {
    return Atomics.load(this.#shared, WORD_PRODUCER_CLOSED) !== 0;
  }

  /** The producer has closed and everything is drained. (In this order: it publishes before it closes.) */
  get finished(): boolean {
    return this.producerClosed && this.empty;
  }

  /**
   * Waits on this thread's doorbell until there is something to drain or the producer has closed. False: `timeoutMs` passed.
   * A thread with several lanes sleeps on its doorbell instead, looking at all of them.
   */
  park(timeoutMs: number): Promise<boolean> {
    return this.#doorbell.sleepUntil(this.#hasNews, timeoutMs);
  }

  /** Like {@link park}, with the event loop of this thread standing still: for one that has nothing but lanes. Wakes in about half the time. */
  parkBlocking(timeoutMs: number): boolean {
    return this.#doorbell.sleepUntilBlocking(this.#hasNews, timeoutMs);
  }

  /**
   * Says that nothing more will be read. A producer that waits for room learns of it. Twice does nothing.
   *
   * @throws LaneGenerationError when a successor has taken the lane over: it is the successor's to close.
   */
  close(): void {
    if (this.#closed) return;
    this.#checkGeneration();
    this.#closed = true;
    Atomics.store(this.#shared, WORD_CONSUMER_CLOSED, 1);
    this.#producerDoorbell.ring();
  }

  #admit(): void {
    if (this.#draining) {
      throw new LaneReenteredError(`lane '${this.name}' is being drained: a handler must not drain it again`);
    }
    if (this.#closed) throw new LaneClosedError(`lane '${this.name}' was closed by this consumer: nothing more can be drained`);
    this.#checkGeneration();
  }

  #checkGeneration(): void {
    if (Atomics.load(this.#shared, WORD_CONSUMER_GENERATION) === this.generation) return;
    throw new LaneGenerationError(
      `generation ${this.generation} of the consumer of lane '${this.name}' has a successor: it must neither drain nor close any more`,
    );
  }

  #release(head: number): void {
    this.#head = head;
    Atomics.store(this.#shared, WORD_HEAD, head);
    // Only the producer takes its wish back: taking it back here could hit the next one.
    if (Atomics.load(this.#shared, WORD_ROOM_WANTED) === 0) return;
    if (((head - Atomics.load(this.#shared, WORD_WANTED_HEAD)) | 0) >= 0) this.#producerDoorbell.ring();
  }

  #frameCells(type: number, length: number, head: number, tail: number): number {
    const cells = (length + FRAME_HEADER_BYTES + CELL_BYTES - 1) >>> CELL_BYTE_SHIFT;
    const contiguous = Math.min((tail - head) | 0, this.capacityCells - (head & this.#mask));
    if (type !== TYPE_FRAME || cells > contiguous) {
      throw new LaneCorruptError(
        `lane '${this.name}' holds at cursor ${head >>> 0} an entry of type ${type} and length ${length}, which no producer writes: something else wrote into its memory`,
      );
    }
    return cells;
  }
}

/** How many of `most` cells from `at`, of which the first is a record, are records without a gap. */
function recordsFrom(words: Uint32Array, at: number, most: number): number {
  let count = 1;
  while (count < most && (words[at + (count << CELL_WORD_SHIFT)]! & TYPE_MASK) === TYPE_RECORD) count++;
  return count;
}
