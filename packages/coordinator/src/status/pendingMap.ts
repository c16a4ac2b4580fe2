import { type BlockFacts, DEFAULTS, type EventKey, type Mode, Stage } from '@tidegate/protocol';
import { requireInteger } from '../checks.js';
import { EventTable, NO_EVENT } from './eventTable.js';
import { KeyRuns } from './keyRuns.js';
import { KeyTable } from './keyTable.js';
import { isKeyed, OUTSTANDING, PENDING, RESERVED, stageShift } from './stageBits.js';
import type { BatchBuilder, StatusBatch } from './statusBatch.js';
import { runEnd } from './statusRuns.js';

const MAX_CAPACITY = 0x100_0000;
/** What a row's `what` word holds: stage, already-bit, event. */
const STAGE_MASK = 7;
const ALREADY_BIT = 8;
const EVENT_SHIFT = 4;

// Local, so that the engine folds them: it loads an imported binding anew at every use.
const DONE = Stage.DONE;
const IN_MAP = PENDING;
const SUPERSEDED = OUTSTANDING;
const ANYWHERE = PENDING | RESERVED | OUTSTANDING;

/** What became of an offered status. */
export const Offered = {
  /** It waits in the map. */
  ACCEPTED: 0,
  /** An equal one is under way: this one is merged into it. */
  SUPPRESSED: 1,
  /** The map is full and nothing has changed: offer again when something was taken (L-8). */
  FULL: 2,
  /** There was nothing to offer (L-5). */
  IGNORED: 3,
} as const;
export type Offered = (typeof Offered)[keyof typeof Offered];

/** A block status, for those who use the map by itself. */
export interface BlockStatus {
  readonly handle: number;
  readonly generation: number;
  readonly mode: Mode;
  readonly key: EventKey;
  readonly stage: Stage;
  /** T-C: a DONE for an event that lies behind the dispatcher. */
  readonly already?: boolean;
  /** What all statuses of the event say alike. Those of a DONE are not kept (L-3). */
  readonly facts?: BlockFacts;
}

export interface PendingMapOptions {
  /** Statuses that the map holds, 1 … 2^24. A smaller one counts as 1. Default 16 384. */
  readonly capacity?: number;
  /** Share these with other stages, so that one look tells whether an equal status is anywhere on its way. Default: its own. */
  readonly events?: EventTable;
  readonly keys?: KeyTable;
}

/**
 * Dedupe stage L: a bounded first-in, first-out map of block statuses. WAITING and DONE that already wait are suppressed
 * (L-2, L-3), everything else is queued always (L-4), and what is taken may come in again at once (L-6).
 *
 * A status is three words in a ring and its key's bits in the key table; no object is made before someone takes it.
 */
export class PendingMap {
  readonly events: EventTable;
  readonly keys: KeyTable;
  readonly capacity: number;
  /** Offers suppressed so far, by the stage in which the equal status was. */
  readonly suppressed: { pending: number; reserved: number; outstanding: number } = { pending: 0, reserved: 0, outstanding: 0 };
  /** Offers refused because the map was full. */
  refused = 0;

  // The row that shift() took last.
  handle = 0;
  generation = 0;
  event: number = NO_EVENT;
  stage: Stage = Stage.NONE;
  already = false;

  readonly #handles: Int32Array;
  readonly #generations: Int32Array;
  readonly #whats: Int32Array;
  // The first two as requests have them. The map itself keeps to signed words: they never are boxed numbers.
  readonly #handleColumn: Uint32Array;
  readonly #generationColumn: Uint32Array;
  readonly #runs: KeyRuns;
  readonly #mask: number;
  #head = 0;
  #length = 0;
  /** Of them, those of the redo mode. */
  #redo = 0;

  constructor(options: PendingMapOptions = {}) {
    const capacity = options.capacity ?? DEFAULTS.pendingCapacity;
    this.capacity = capacity < 1 ? 1 : requireInteger('capacity', capacity, 1, MAX_CAPACITY);
    this.events = options.events ?? new EventTable();
    this.keys = options.keys ?? new KeyTable(this.events);
    const slots = 2 ** Math.ceil(Math.log2(this.capacity));
    this.#handles = new Int32Array(slots);
    this.#generations = new Int32Array(slots);
    this.#whats = new Int32Array(slots);
    this.#handleColumn = new Uint32Array(this.#handles.buffer);
    this.#generationColumn = new Uint32Array(this.#generations.buffer);
    this.#runs = new KeyRuns(this.keys);
    this.#mask = slots - 1;
  }

  /** Statuses in the map. */
  get length(): number {
    return this.#length;
  }

  /** Offers one status. Null and undefined are ignored (L-5). */
  offer(status: BlockStatus | null | undefined): Offered {
    if (status === null || status === undefined) return Offered.IGNORED;
    const event =
      status.facts === undefined || status.stage === Stage.DONE
        ? this.events.internKey(status.mode, status.key)
        : this.events.learn(status.mode, status.facts);
    return this.offerKey(status.handle, status.generation, event, status.stage, status.already ?? false);
  }

  /** {@link offer} for a status whose event is interned: the hot path, allocates nothing. */
  offerKey(handle: number, generation: number, event: number, stage: Stage, already: boolean): Offered {
    const full = this.#length >= this.capacity || event === 0;
    // WAITING and DONE, the odd ones, take part in dedupe (stageBits.ts).
    if ((stage & 1) !== 0) {
      const shift = (stage & 2) << 1;
      // A full map still merges: then nothing may be set.
      if (full) return this.#offerToFull(handle, generation, event, shift);
      // A dispatcher that is done does not wait any more: its WAITING needs no further resend (W-3).
      const clear = stage === DONE ? SUPERSEDED : 0;
      const found = this.keys.add(handle, generation, event, IN_MAP << shift, ANYWHERE << shift, clear);
      if (found !== 0) return this.#suppress(found >>> shift);
    } else if (full) {
      this.refused++;
      return Offered.FULL;
    } else {
      this.events.retain(event);
    }
    const at = (this.#head + this.#length) & this.#mask;
    this.#handles[at] = handle;
    this.#generations[at] = generation;
    this.#whats[at] = (event << EVENT_SHIFT) | (already ? ALREADY_BIT : 0) | stage;
    this.#length++;
    this.#redo += this.events.mode(event);
    return Offered.ACCEPTED;
  }

  /**
   * {@link offerKey} for the records from `at` on: WAITING or DONE of one event, and of one header and ts in every record. It ends
   * with `count`, with a record of something else, or when the map holds `full` statuses, for which there must be room.
   * Returns how many records it looked at, one at least.
   */
  offerRun(words: Uint32Array, at: number, count: number, event: number, stage: Stage, already: boolean, full: number): number {
    const tail = (this.#head + this.#length) & this.#mask;
    const most = Math.min(full - this.#length, this.#mask + 1 - tail);
    const runs = this.#runs;
    const looked = runs.offer(words, at, count, event, stage, this.#handles, this.#generations, tail, most);
    const { accepted } = runs;
    this.#whats.fill((event << EVENT_SHIFT) | (already ? ALREADY_BIT : 0) | stage, tail, tail + accepted);
    this.#length += accepted;
    this.#redo += accepted * this.events.mode(event);
    this.suppressed.pending += runs.pending;
    this.suppressed.reserved += runs.reserved;
    this.suppressed.outstanding += runs.outstanding;
    return looked;
  }

  /** The mode that all statuses in the map have; undefined when it is empty or they have not one and the same. */
  get oneMode(): Mode | undefined {
    if (this.#length === 0) return undefined;
    return this.#redo === 0 ? 0 : this.#redo === this.#length ? 1 : undefined;
  }

  /** A batch of what comes first. It stays in the map until it is dropped: see {@link drop}. */
  copy(builder: BatchBuilder, target: string): StatusBatch {
    const whats = this.#whats;
    const count = Math.min(this.#length, builder.limit);
    const what = whats[this.#head]!;
    let row = this.#head + 1;
    const last = this.#head + count;
    while (row < last && whats[row] === what) row++;
    if (row < last || last > this.#mask + 1) {
      this.#copyTo(builder, count);
      return builder.finish(target);
    }
    const stage = (what & STAGE_MASK) as Stage;
    const already = (what & ALREADY_BIT) !== 0;
    return builder.uniform(
      target,
      this.#handleColumn,
      this.#generationColumn,
      this.#head,
      last,
      what >>> EVENT_SHIFT,
      stage,
      already,
    );
  }

  #copyTo(builder: BatchBuilder, count: number): void {
    const whats = this.#whats;
    for (let done = 0; done < count; ) {
      const from = (this.#head + done) & this.#mask;
      const end = Math.min(from + count - done, this.#mask + 1);
      const what = whats[from]!;
      let to = from + 1;
      while (to < end && whats[to] === what) to++;
      const stage = (what & STAGE_MASK) as Stage;
      builder.pushRun(
        this.#handleColumn,
        this.#generationColumn,
        from,
        to,
        what >>> EVENT_SHIFT,
        stage,
        (what & ALREADY_BIT) !== 0,
      );
      done += to - from;
    }
  }

  /** Lets go of the events of those rows of a batch, made of what comes first, that have no key. */
  releaseUnkeyed(batch: StatusBatch): void {
    const { event, stage, eventIndex } = batch;
    for (let from = 0, to = 0; from < stage.length; from = to) {
      to = runEnd(batch, from);
      if (!isKeyed(stage[from]!)) this.events.release(eventIndex[event[from]!]!, to - from);
    }
  }

  /** Takes the first `count` statuses, which the caller has let go of the keys of. */
  drop(count: number): void {
    this.#redo -= this.#redo === this.#length ? count : 0;
    this.#head = (this.#head + count) & this.#mask;
    this.#length -= count;
  }

  /**
   * Moves the head of the queue into this object's row fields. False: the map is empty. The caller lets go of the row's key
   * ({@link release}), or passes it to the next stage in the same step.
   */
  shift(): boolean {
    if (this.#length === 0) return false;
    const at = this.#head;
    const what = this.#whats[at]!;
    this.handle = this.#handles[at]!;
    this.generation = this.#generations[at]!;
    this.stage = (what & STAGE_MASK) as Stage;
    this.already = (what & ALREADY_BIT) !== 0;
    this.event = what >>> EVENT_SHIFT;
    this.#head = (at + 1) & this.#mask;
    this.#length--;
    this.#redo -= this.events.mode(this.event);
    return true;
  }

  /** Lets go of the key of the row taken by {@link shift}: the same status may come in again (L-6). */
  release(): void {
    // The key stands in the row, so nothing that happened to the payload in between can leak it (L-11).
    if (isKeyed(this.stage)) this.keys.clear(this.handle, this.generation, this.event, PENDING << stageShift(this.stage));
    else this.events.release(this.event);
  }

  /** Takes the head of the queue; undefined when the map is empty. A DONE is made into a status only here (L-3, L-6). */
  take(): BlockStatus | undefined {
    if (!this.shift()) return undefined;
    const { handle, event, stage, already } = this;
    const generation = this.generation >>> 0;
    const facts = stage === Stage.DONE ? undefined : this.events.facts(event);
    const status: BlockStatus = {
      handle,
      generation,
      mode: this.events.mode(event),
      key: this.events.key(event),
      stage,
      ...(already && { already }),
      ...(facts && { facts }),
    };
    this.release();
    return status;
  }

  #offerToFull(handle: number, generation: number, event: number, shift: number): Offered {
    const found = this.keys.bits(this.keys.locate(handle, generation, event)) & ((PENDING | RESERVED | OUTSTANDING) << shift);
    if (found !== 0) return this.#suppress(found >>> shift);
    this.refused++;
    return Offered.FULL;
  }

  #suppress(found: number): Offered {
    if ((found & PENDING) !== 0) this.suppressed.pending++;
    else if ((found & RESERVED) !== 0) this.suppressed.reserved++;
    else this.suppressed.outstanding++;
    return Offered.SUPPRESSED;
  }
}
