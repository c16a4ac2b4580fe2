import { type BlockFacts, DEFAULTS, type EventKey, type Mode, Stage } from '@tidegate/protocol';
import { requireInteger } from '../checks.js';
import { ColumnViews } from './columnViews.js';
import { EventTable, NO_EVENT } from './eventTable.js';
import { KeyTable } from './keyTable.js';
import { OfferedRecords } from './offeredRecords.js';
import { PendingRuns } from './pendingRuns.js';
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
 * Neighbours that say the same are one run of a ring, their keys are bits in the key table; no object is made before someone takes it.
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

  readonly #waiting: PendingRuns;
  readonly #offered: OfferedRecords;
  readonly #views = new ColumnViews();
  /** Of them, those of the redo mode. */
  #redo = 0;

  constructor(options: PendingMapOptions = {}) {
    const capacity = options.capacity ?? DEFAULTS.pendingCapacity;
    this.capacity = capacity < 1 ? 1 : requireInteger('capacity', capacity, 1, MAX_CAPACITY);
    this.events = options.events ?? new EventTable();
    this.keys = options.keys ?? new KeyTable(this.events);
    this.#waiting = new PendingRuns(this.capacity);
    this.#offered = new OfferedRecords(this.keys);
  }

  /** Statuses in the map. */
  get length(): number {
    return this.#waiting.length;
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
    const full = this.#waiting.length >= this.capacity || event === 0;
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
    this.#waiting.push(handle, generation, whatOf(event, stage, already), 1);
    this.#redo += this.events.mode(event);
    return Offered.ACCEPTED;
  }

  /**
   * {@link offerKey} for the records from `at` on: WAITING or DONE of one event, and of one header and ts in every record. It ends
   * with `count`, with a record of something else, or when the map holds `full` statuses, for which there must be room.
   * Returns how many records it looked at, one at least.
   */
  offerRun(words: Uint32Array, at: number, count: number, event: number, stage: Stage, already: boolean, full: number): number {
    const waiting = this.#waiting;
    const offered = this.#offered;
    const before = waiting.length;
    const what = whatOf(event, stage, already);
    const looked = offered.offer(words, at, count, event, stage, waiting, what, full - before);
    this.#redo += (waiting.length - before) * this.events.mode(event);
    this.suppressed.pending += offered.pending;
    this.suppressed.reserved += offered.reserved;
    this.suppressed.outstanding += offered.outstanding;
    return looked;
  }

  /** The mode that all statuses in the map have; undefined when it is empty or they have not one and the same. */
  get oneMode(): Mode | undefined {
    if (this.length === 0) return undefined;
    return this.#redo === 0 ? 0 : this.#redo === this.length ? 1 : undefined;
  }

  /** A batch of what comes first. It stays in the map until it is dropped: see {@link drop}. */
  copy(builder: BatchBuilder, target: string): StatusBatch {
    const waiting = this.#waiting;
    const rows = Math.min(waiting.length, builder.limit);
    const what = waiting.what[waiting.head]!;
    const event = what >>> EVENT_SHIFT;
    const stage = (what & STAGE_MASK) as Stage;
    const isAlready = (what & ALREADY_BIT) !== 0;
    if (waiting.saysOf(rows, what)) return builder.uniform(target, waiting.columns(rows, this.#views), event, stage, isAlready);
    this.#copyTo(builder, rows);
    return builder.finish(target);
  }

  #copyTo(builder: BatchBuilder, rows: number): void {
    const { first, generation, count, what, head, mask } = this.#waiting;
    for (let at = head, done = 0; done < rows; at = (at + 1) & mask) {
      const here = Math.min(count[at]!, rows - done);
      const said = what[at]!;
      const stage = (said & STAGE_MASK) as Stage;
      builder.pushRun(first[at]!, generation[at]!, here, said >>> EVENT_SHIFT, stage, (said & ALREADY_BIT) !== 0);
      done += here;
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
    this.#redo -= this.#redo === this.length ? count : 0;
    this.#waiting.drop(count);
  }

  /**
   * Moves the head of the queue into this object's row fields. False: the map is empty. The caller lets go of the row's key
   * ({@link release}), or passes it to the next stage in the same step.
   */
  shift(): boolean {
    const waiting = this.#waiting;
    if (waiting.length === 0) return false;
    const at = waiting.head;
    const what = waiting.what[at]!;
    this.handle = waiting.first[at]!;
    this.generation = waiting.generation[at]!;
    this.stage = (what & STAGE_MASK) as Stage;
    this.already = (what & ALREADY_BIT) !== 0;
    this.event = what >>> EVENT_SHIFT;
    waiting.drop(1);
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

function whatOf(event: number, stage: Stage, already: boolean): number {
  return (event << EVENT_SHIFT) | (already ? ALREADY_BIT : 0) | stage;
}
