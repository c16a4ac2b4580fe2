import { type AttachOptions, checkLane, laneName, takeSide } from './attachLane.js';
import { Doorbell } from './doorbell.js';
import { LaneClosedError, LaneFrameTooLargeError, LaneGenerationError, LaneOptionError } from './errors.js';
import {
  CELL_BYTE_SHIFT,
  CELL_BYTES,
  CELL_WORD_SHIFT,
  FRAME_HEADER_BYTES,
  FRAME_LENGTH_WORD,
  HEADER_WORDS,
  TYPE_FRAME,
  TYPE_PADDING,
  TYPE_RECORD,
  WORD_BYTES,
  WORD_CAPACITY,
  WORD_CONSUMER_CLOSED,
  WORD_CONSUMER_DOORBELL,
  WORD_HEAD,
  WORD_PRODUCER_CLOSED,
  WORD_PRODUCER_DOORBELL,
  WORD_PRODUCER_GENERATION,
  WORD_RESERVE,
  WORD_ROOM_WANTED,
  WORD_TAIL,
  WORD_WANTED_HEAD,
} from './layout.js';

export interface ProducerOptions extends AttachOptions {
  /** The doorbell of the consumer's thread, rung when something is published. Default: the lane's own. */
  readonly consumerDoorbell?: Doorbell;
  /** The doorbell of this thread, on which it waits for room. Default: the lane's own. */
  readonly doorbell?: Doorbell;
}

/**
 * The writing side of a lane. Claims are private until {@link publish} makes all of them visible by one store of the
 * tail, so a producer that dies between any two steps leaves nothing half-visible.
 *
 * Cursors are kept as signed 32-bit numbers, which V8 stores without boxing; their distances are what counts.
 * Nothing on the way of a record allocates.
 */
export class LaneProducer {
  /** The whole lane as words and as bytes: write only what a claim handed out. */
  readonly words: Uint32Array;
  readonly bytes: Uint8Array;
  readonly name: string;
  /** 1 for the first producer of the lane, one more for each successor. */
  readonly generation: number;
  readonly capacityCells: number;
  readonly reserveCells: number;
  /** Longest payload that {@link claimFrame} accepts: with its padding it fits the empty lane without the reserve. */
  readonly maxFrameBytes: number;

  /** Index in {@link words} of the first word of what {@link claimRecords} claimed last. */
  runAt = 0;

  readonly #shared: Int32Array;
  readonly #mask: number;
  readonly #consumerDoorbell: Doorbell;
  readonly #doorbell: Doorbell;
  /** Cells that ordinary traffic and control traffic may fill; -1 once closed. */
  #limit: number;
  #controlLimit: number;
  /** Cursor after the last claim, after the last publish, and the consumer's cursor as last seen. */
  #claimed: number;
  #published: number;
  #head: number;
  /** The wish for room: stands in the lane; is yet to be reported; and the head that fulfils it. */
  #wishStands = false;
  #wishOpen = false;
  #wantedHead = 0;

  private constructor(sab: SharedArrayBuffer, generation: number, options: ProducerOptions) {
    const shared = new Int32Array(sab);
    this.words = new Uint32Array(sab);
    this.bytes = new Uint8Array(sab);
    this.name = laneName(sab);
    this.generation = generation;
    this.capacityCells = this.words[WORD_CAPACITY]! >>> CELL_BYTE_SHIFT;
    this.reserveCells = this.words[WORD_RESERVE]! >>> CELL_BYTE_SHIFT;
    this.#shared = shared;
    this.#mask = this.capacityCells - 1;
    this.#limit = this.capacityCells - this.reserveCells;
    this.#controlLimit = this.capacityCells;
    // Padding is at most one cell shorter than the frame that it makes way for.
    this.maxFrameBytes = (this.#limit >>> 1) * CELL_BYTES - FRAME_HEADER_BYTES;
    this.#consumerDoorbell = options.consumerDoorbell ?? new Doorbell(shared, WORD_CONSUMER_DOORBELL);
    this.#doorbell = options.doorbell ?? new Doorbell(shared, WORD_PRODUCER_DOORBELL);
    // What a predecessor claimed and never published lies behind the tail: it is written over.
    this.#claimed = Atomics.load(shared, WORD_TAIL);
    this.#published = this.#claimed;
    this.#head = Atomics.load(shared, WORD_HEAD);
  }

  /**
   * Attaches the one producer of a lane.
   *
   * @throws LaneMagicError, LaneVersionError, LaneCapacityError, LaneFingerprintError, LaneGenerationError when the lane is
   * not what `options` expect, or has a producer and `takeOver` is not set.
   */
  static attach(sab: SharedArrayBuffer, options: ProducerOptions = {}): LaneProducer {
    checkLane(sab, options);
    const producer = new LaneProducer(sab, takeSide(sab, 'producer', options), options);
    if (options.takeOver) {
      Atomics.store(producer.#shared, WORD_ROOM_WANTED, 0);
      if (options.doorbell === undefined) producer.#doorbell.reset();
      // The predecessor may have died between its last publish and the ring that belongs to it.
      producer.#consumerDoorbell.ring();
    }
    return producer;
  }

  /**
   * Claims a record of one cell. Returns the index of its first word in {@link words}, or -1 when the lane is full and nothing has
   * changed. The low byte of that word is the lane's and is set; the rest of the cell holds old bytes to be written over.
   *
   * @param control may use the reserve.
   * @throws LaneClosedError after {@link close}.
   */
  claimRecord(control = false): number {
    const claimed = this.#claimed;
    const limit = control ? this.#controlLimit : this.#limit;
    if (((claimed - this.#head) | 0) >= limit && !this.#makesRoom(1, limit)) return -1;
    const at = HEADER_WORDS + ((claimed & this.#mask) << CELL_WORD_SHIFT);
    this.words[at] = TYPE_RECORD;
    this.#claimed = (claimed + 1) | 0;
    return at;
  }

  /**
   * Claims up to `most` records whose cells lie side by side, the first at {@link runAt}. Returns how many: fewer at the
   * lane's edge, or where there is no room for more; 0 when the lane is full and nothing has changed. As with
   * {@link claimRecord}, the low byte of each first word is the lane's.
   *
   * @param control may use the reserve.
   * @throws LaneClosedError after {@link close}.
   */
  claimRecords(most: number, control = false): number {
    const from = this.#claimed;
    const limit = control ? this.#controlLimit : this.#limit;
    // The consumer's cursor is looked at only when what was seen of it last does not do: its line is the consumer's.
    if (((from - this.#head + most) | 0) > limit && !this.#makesRoom(1, limit)) return 0;
    const index = from & this.#mask;
    const count = Math.min(most, limit - ((from - this.#head) | 0), this.capacityCells - index);
    const at = HEADER_WORDS + (index << CELL_WORD_SHIFT);
    const { words } = this;
    for (let cell = 0; cell < count; cell++) words[at + (cell << CELL_WORD_SHIFT)] = TYPE_RECORD;
    this.runAt = at;
    this.#claimed = (from + count) | 0;
    return count;
  }

  /**
   * Claims a frame. Returns the offset of its payload in {@link bytes} (a multiple of 8), or -1 when the lane has no room
   * for it and nothing has changed.
   *
   * @param byteLength of the payload, from 0 to {@link maxFrameBytes}.
   * @param control may use the reserve.
   * @throws LaneFrameTooLargeError when it can never fit, LaneClosedError after {@link close}.
   */
  claimFrame(byteLength: number, control = false): number {
    const cells = this.#cellsOf(byteLength);
    const index = this.#claimed & this.#mask;
    const toEdge = this.capacityCells - index;
    const padding = cells > toEdge ? toEdge : 0;
    const limit = control ? this.#controlLimit : this.#limit;
    if (((this.#claimed + padding + cells - this.#head) | 0) > limit && !this.#makesRoom(padding + cells, limit)) return -1;
    let at = HEADER_WORDS + (index << CELL_WORD_SHIFT);
    if (padding !== 0) {
      this.words[at] = TYPE_PADDING;
      at = HEADER_WORDS;
    }
    this.words[at] = TYPE_FRAME;
    this.words[at + FRAME_LENGTH_WORD] = byteLength;
    this.#claimed = (this.#claimed + padding + cells) | 0;
    return at * WORD_BYTES + FRAME_HEADER_BYTES;
  }

  /**
   * Makes everything claimed visible and wakes the consumer if it sleeps. Does nothing when nothing is claimed.
   *
   * @throws LaneGenerationError when a successor has taken the lane over: then nothing becomes visible.
   */
  publish(): void {
    const claimed = this.#claimed;
    if (claimed === this.#published) return;
    if (Atomics.load(this.#shared, WORD_PRODUCER_GENERATION) !== this.generation) this.#refuseLate();
    Atomics.store(this.#shared, WORD_TAIL, claimed);
    this.#published = claimed;
    this.#consumerDoorbell.ring();
  }

  /** Drops what is claimed and not published. */
  abort(): void {
    this.#claimed = this.#published;
  }

  /** Cells claimed and not yet published. */
  get pending(): number {
    return (this.#claimed - this.#published) | 0;
  }

  /** Cells that can be claimed now. Never negative. */
  free(control = false): number {
    this.#lookAtHead();
    const free = ((control ? this.#controlLimit : this.#limit) - (this.#claimed - this.#head)) | 0;
    return free > 0 ? free : 0;
  }

  /** Cells that {@link claimFrame} would take now for a payload of this length, with its padding. Throws as it does. */
  frameCells(byteLength: number): number {
    const cells = this.#cellsOf(byteLength);
    const toEdge = this.capacityCells - (this.#claimed & this.#mask);
    return cells > toEdge ? toEdge + cells : cells;
  }

  /**
   * Asks the consumer to ring this thread's doorbell once `cells` are free. True: they are already, and nothing is asked.
   * Otherwise {@link roomArrived} tells. A later call replaces an earlier one.
   */
  wantRoom(cells: number, control = false): boolean {
    const limit = control ? this.#controlLimit : this.#limit;
    if (this.#closed) this.#refuseClosed();
    if (!(cells > 0 && cells <= limit)) {
      throw new LaneOptionError(`${cells} cells of lane '${this.name}' can never be free at once: wait for 1 to ${limit}`);
    }
    // The same order as a sleep: say what is wanted, then look again.
    this.#wantedHead = (this.#claimed + cells - limit) | 0;
    Atomics.store(this.#shared, WORD_WANTED_HEAD, this.#wantedHead);
    Atomics.store(this.#shared, WORD_ROOM_WANTED, 1);
    this.#wishStands = true;
    this.#wishOpen = true;
    return this.roomArrived();
  }

  /** True, once, when what {@link wantRoom} asked for is there or the consumer has closed. One branch when nothing was asked. */
  roomArrived(): boolean {
    if (!this.#wishOpen) return false;
    this.#lookAtHead();
    if (this.#wishStands && !this.consumerClosed) return false;
    this.#wishOpen = false;
    // Who has closed rings for nothing, and a successor of it must not ring for what nobody waits for.
    if (this.#wishStands) this.#takeBackWish();
    return true;
  }

  /**
   * Waits until `cells` can be claimed. False: `timeoutMs` passed, or the consumer has closed. Claims of others on this
   * thread may have taken the room when the promise is looked at: claim, and wait again on -1.
   */
  async waitRoom(cells: number, timeoutMs: number, control = false): Promise<boolean> {
    if (this.free(control) >= cells) return true;
    if (this.wantRoom(cells, control)) return this.free(control) >= cells;
    await this.#doorbell.sleepUntil(() => this.consumerClosed || this.free(control) >= cells, timeoutMs);
    this.#wishOpen = false;
    this.#takeBackWish();
    return this.free(control) >= cells;
  }

  /** The consumer reads nothing more. */
  get consumerClosed(): boolean {
    return Atomics.load(this.#shared, WORD_CONSUMER_CLOSED) !== 0;
  }

  /**
   * Publishes what is claimed and says that nothing more will come. Twice does nothing.
   *
   * @throws LaneGenerationError when a successor has taken the lane over: it is the successor's to close.
   */
  close(): void {
    if (this.#closed) return;
    this.publish();
    if (Atomics.load(this.#shared, WORD_PRODUCER_GENERATION) !== this.generation) this.#refuseLate();
    // No claim passes a limit of -1: the way of a record needs no test for it.
    this.#limit = -1;
    this.#controlLimit = -1;
    Atomics.store(this.#shared, WORD_PRODUCER_CLOSED, 1);
    this.#consumerDoorbell.ring();
  }

  get #closed(): boolean {
    return this.#controlLimit === -1;
  }

  #makesRoom(cells: number, limit: number): boolean {
    if (this.#closed) this.#refuseClosed();
    this.#lookAtHead();
    return ((this.#claimed + cells - this.#head) | 0) <= limit;
  }

  /** A wish that is fulfilled is taken back at once: the consumer would ring for it at every release. */
  #lookAtHead(): void {
    this.#head = Atomics.load(this.#shared, WORD_HEAD);
    if (this.#wishStands && ((this.#head - this.#wantedHead) | 0) >= 0) this.#takeBackWish();
  }

  #takeBackWish(): void {
    this.#wishStands = false;
    Atomics.store(this.#shared, WORD_ROOM_WANTED, 0);
  }

  #cellsOf(byteLength: number): number {
    if (byteLength >>> 0 !== byteLength || byteLength > this.maxFrameBytes) {
      if (this.#closed) this.#refuseClosed();
      throw new LaneFrameTooLargeError(
        `a frame of ${byteLength} bytes never fits lane '${this.name}', which takes 0 to ${this.maxFrameBytes}: split it, or make the lane larger`,
      );
    }
    return (byteLength + FRAME_HEADER_BYTES + CELL_BYTES - 1) >>> CELL_BYTE_SHIFT;
  }

  #refuseClosed(): never {
    throw new LaneClosedError(`lane '${this.name}' was closed by this producer: nothing more can be claimed`);
  }

  #refuseLate(): never {
    this.abort();
    throw new LaneGenerationError(
      `generation ${this.generation} of the producer of lane '${this.name}' has a successor: it must neither publish nor close any more`,
    );
  }
}
