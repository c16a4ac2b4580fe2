import { type EventKey, joinTs, Stage, stageName, tsHigh, tsLow } from '@tidegate/protocol';
import { growColumn } from './columns.js';

/**
 * Bits of the `block` column: a block state is recorded; it is a sync point; it was reported by a former dispatcher of the
 * task; a snapshot told that the event was passed.
 */
const RECORDED = 0x80;
const SYNC = 0x40;
const FORMER = 0x20;
const PASSED = 0x10;
const STAGE = 0x07;

/** Flips the order of signed 32-bit words into that of unsigned ones. */
const SIGN = 0x8000_0000 | 0;

/** An event's place as {@link Positions} compare it: the words of its commit ts and of the ts before it, signed. */
export interface EventWords {
  readonly high: number;
  readonly low: number;
  readonly floorHigh: number;
  readonly floorLow: number;
  readonly isSync: boolean;
}

/** Cuts an event key into words. */
export function eventWords({ commitTs, isSyncPoint }: EventKey): EventWords {
  const floor = commitTs > 0n ? commitTs - 1n : 0n;
  return {
    high: tsHigh(commitTs) | 0,
    low: tsLow(commitTs) | 0,
    floorHigh: tsHigh(floor) | 0,
    floorLow: tsLow(floor) | 0,
    isSync: isSyncPoint,
  };
}

/**
 * Where each task stands: its checkpoint and the last block state that it reported (B-5). Both only go forward (B-9);
 * of the whole table their largest ever is kept, so that "has anyone passed this event?" is mostly one comparison.
 *
 * The words of a ts come and lie here as *signed* 32-bit integers (`word | 0`): larger numbers would be boxed on the
 * status path.
 */
export class Positions {
  #checkpointHigh: Int32Array = new Int32Array(0);
  #checkpointLow: Int32Array = new Int32Array(0);
  #blockHigh: Int32Array = new Int32Array(0);
  #blockLow: Int32Array = new Int32Array(0);
  #block: Uint8Array = new Uint8Array(0);
  #maxHigh = 0;
  #maxLow = 0;
  /** What lies at the largest ts: a checkpoint 0, a DDL 0, a sync point 2, which lies behind a DDL of the same ts (B-1); passed, 1 more. */
  #maxRank = 0;
  #version = 0;
  #lastStart = 0n;
  #startHigh = 0;
  #startLow = 0;
  /** Handle of the table trigger, and the checkpoint that its own heartbeats named. */
  readonly #trigger: number;
  #ownHigh = 0;
  #ownLow = 0;

  /** `trigger` is the handle of the table trigger. */
  constructor(trigger: number) {
    this.#trigger = trigger;
  }

  /** Grows with every position that moved: nothing to look at again while it is the same. */
  get version(): number {
    return this.#version;
  }

  grow(capacity: number): void {
    this.#checkpointHigh = growColumn(this.#checkpointHigh, capacity);
    this.#checkpointLow = growColumn(this.#checkpointLow, capacity);
    this.#blockHigh = growColumn(this.#blockHigh, capacity);
    this.#blockLow = growColumn(this.#blockLow, capacity);
    this.#block = growColumn(this.#block, capacity);
  }

  start(handle: number, startTs: bigint): void {
    // Of a million that start together the words are taken once.
    if (startTs !== this.#lastStart) {
      this.#lastStart = startTs;
      this.#startHigh = tsHigh(startTs) | 0;
      this.#startLow = tsLow(startTs) | 0;
    }
    const high = this.#startHigh;
    const low = this.#startLow;
    this.#checkpointHigh[handle] = high;
    this.#checkpointLow[handle] = low;
    this.#block[handle] = 0;
    if (handle === this.#trigger) this.#own(high, low);
    this.#reached(high, low, 0);
  }

  /** The task gets another dispatcher: what the former one reported says no longer what this one has done (W-3). */
  newInstance(handle: number): void {
    if ((this.#block[handle]! & RECORDED) !== 0) this.#block[handle] = this.#block[handle]! | FORMER;
  }

  /** A task that takes over from another one begins where that one stands (T-1). */
  inherit(handle: number, from: number): void {
    this.#blockHigh[handle] = this.#blockHigh[from]!;
    this.#blockLow[handle] = this.#blockLow[from]!;
    this.#block[handle] = this.#block[from]!;
    this.newInstance(handle);
  }

  /** The last that its dispatcher reported is that it waits at an event. */
  isParked(handle: number): boolean {
    const block = this.#block[handle]!;
    return (block & (RECORDED | FORMER)) === RECORDED && (block & STAGE) === Stage.WAITING;
  }

  checkpointTs(handle: number): bigint {
    return joinTs(this.#checkpointHigh[handle]!, this.#checkpointLow[handle]!);
  }

  /**
   * Where the task's next dispatcher may begin, and what bounds the checkpoint while it has none. That of the table trigger
   * is what its heartbeats named: it goes on to later events while tables that it added are not acknowledged, which its own
   * checkpoint tells (D-41) and that of B-5 does not.
   */
  recoveryTs(handle: number): bigint {
    return handle === this.#trigger ? joinTs(this.#ownHigh, this.#ownLow) : this.checkpointTs(handle);
  }

  /** Takes a checkpoint that a heartbeat names. False when the task is already there or beyond. */
  raise(handle: number, high: number, low: number): boolean {
    if (handle === this.#trigger && compareWords(high, low, this.#ownHigh, this.#ownLow) > 0) this.#own(high, low);
    if (compareWords(high, low, this.#checkpointHigh[handle]!, this.#checkpointLow[handle]!) <= 0) return false;
    this.#checkpointHigh[handle] = high;
    this.#checkpointLow[handle] = low;
    this.#reached(high, low, 0);
    return true;
  }

  /** The recorded block state: of the current dispatcher or of a former one of the task. */
  blockState(handle: number): { readonly blockTs: bigint; readonly isSyncPoint: boolean; readonly stage: Stage } | undefined {
    const block = this.#block[handle]!;
    if ((block & RECORDED) === 0) return undefined;
    return {
      blockTs: joinTs(this.#blockHigh[handle]!, this.#blockLow[handle]!),
      isSyncPoint: (block & SYNC) !== 0,
      stage: (block & STAGE) as Stage,
    };
  }

  /**
   * B-5, B-9: takes a status at an event: raises the checkpoint to the floor (the ts before the event's) and records the
   * block state, each only forward. False, and nothing is taken, for a WAITING of an event that this dispatcher has
   * behind it, because it reported DONE for it or anything of a later one, or its checkpoint is beyond (W-3).
   */
  report(handle: number, event: EventWords, stage: Stage): boolean {
    const { high, low } = event;
    const oldHigh = this.#checkpointHigh[handle]!;
    const oldLow = this.#checkpointLow[handle]!;
    const isWaiting = stage === Stage.WAITING;
    if (isWaiting && this.#hasLeft(handle, high, low)) return false;
    const block = this.#block[handle]!;
    let isNews = true;
    if ((block & (RECORDED | FORMER)) === RECORDED) {
      const place = compareWords(this.#blockHigh[handle]!, this.#blockLow[handle]!, high, low);
      const order = place !== 0 ? place : ((block & SYNC) !== 0 ? 1 : 0) - (event.isSync ? 1 : 0);
      if (isWaiting && (order > 0 || (order === 0 && (block & STAGE) === Stage.DONE))) return false;
      isNews = order < 0 || (order === 0 && (block & STAGE) < stage);
    }
    if (compareWords(event.floorHigh, event.floorLow, oldHigh, oldLow) > 0) {
      this.#checkpointHigh[handle] = event.floorHigh;
      this.#checkpointLow[handle] = event.floorLow;
    }
    if (isNews) {
      this.#blockHigh[handle] = high;
      this.#blockLow[handle] = low;
      this.#block[handle] = RECORDED | (event.isSync ? SYNC : 0) | stage;
      this.#reached(high, low, rankOf(event.isSync));
    }
    return true;
  }

  /**
   * A dispatcher that outlived its maintainer tells which event it finished last, though its checkpoint does not show it: the
   * event is over, as if the dispatcher stood beyond it (S-7, B-60).
   */
  passed(handle: number, event: EventWords): void {
    this.report(handle, event, Stage.DONE);
    if (this.#compareBlock(handle, event.high, event.low, event.isSync) !== 0) return;
    this.#block[handle] = this.#block[handle]! | PASSED;
    this.#reached(event.high, event.low, rankOf(event.isSync) + 1);
  }

  /** B-60: true when the task proves that the event is over. A checkpoint equal to its ts proves nothing. */
  provesOver(handle: number, high: number, low: number, isSync: boolean): boolean {
    if (this.#checkpointBeyond(handle, high, low)) return true;
    const block = this.#block[handle]!;
    if ((block & RECORDED) === 0) return false;
    return this.#compareBlock(handle, high, low, isSync) >= ((block & PASSED) === 0 ? 1 : 0);
  }

  /**
   * True when the task's present dispatcher is beyond the event and will not meet it. Not so a table trigger that was created
   * again below: that the former one was beyond it proves only that the event is over.
   */
  hasPassed(handle: number, high: number, low: number, isSync: boolean): boolean {
    if (this.#hasLeft(handle, high, low)) return true;
    const block = this.#block[handle]!;
    if ((block & RECORDED) === 0) return false;
    const order = this.#compareBlock(handle, high, low, isSync);
    if ((block & FORMER) !== 0) return handle !== this.#trigger && order > 0;
    return order >= ((block & PASSED) === 0 ? 1 : 0);
  }

  /** False when no task whatever can prove an event at this ts to be over: the cheap test before looking at each. */
  mayProveOver(high: number, low: number, isSync: boolean): boolean {
    const order = compareWords(this.#maxHigh, this.#maxLow, high, low);
    return order > 0 || (order === 0 && this.#maxRank > rankOf(isSync));
  }

  /** The smallest checkpoint of the rows below `end` whose state is one of two. */
  minOf(state: Uint8Array, end: number, one: number, other: number): bigint | undefined {
    let high = 0;
    let low = 0;
    let found = false;
    for (let handle = 0; handle < end; handle++) {
      if (state[handle] !== one && state[handle] !== other) continue;
      const rowHigh = this.#checkpointHigh[handle]!;
      const rowLow = this.#checkpointLow[handle]!;
      if (found && compareWords(rowHigh, rowLow, high, low) >= 0) continue;
      found = true;
      high = rowHigh;
      low = rowLow;
    }
    return found ? joinTs(high, low) : undefined;
  }

  describe(handle: number): string {
    const state = this.blockState(handle);
    if (state === undefined) return '';
    const former = (this.#block[handle]! & FORMER) !== 0 ? ', by its former dispatcher' : '';
    return `, last reported ${stageName(state.stage)} at ${state.blockTs}${state.isSyncPoint ? '/sync' : ''}${former}`;
  }

  #checkpointBeyond(handle: number, high: number, low: number): boolean {
    return compareWords(this.#checkpointHigh[handle]!, this.#checkpointLow[handle]!, high, low) > 0;
  }

  /** A table trigger that was created again may stand below what the former one proves. */
  #hasLeft(handle: number, high: number, low: number): boolean {
    if (handle === this.#trigger) return compareWords(this.#ownHigh, this.#ownLow, high, low) > 0;
    return this.#checkpointBeyond(handle, high, low);
  }

  #own(high: number, low: number): void {
    this.#ownHigh = high;
    this.#ownLow = low;
  }

  /** Sign of (recorded block state − event), in the order of B-1. */
  #compareBlock(handle: number, high: number, low: number, isSync: boolean): number {
    const order = compareWords(this.#blockHigh[handle]!, this.#blockLow[handle]!, high, low);
    return order !== 0 ? order : ((this.#block[handle]! & SYNC) !== 0 ? 1 : 0) - (isSync ? 1 : 0);
  }

  #reached(high: number, low: number, rank: number): void {
    this.#version++;
    const order = compareWords(high, low, this.#maxHigh, this.#maxLow);
    if (order < 0 || (order === 0 && rank <= this.#maxRank)) return;
    this.#maxHigh = high;
    this.#maxLow = low;
    this.#maxRank = rank;
  }
}

function rankOf(isSync: boolean): number {
  return isSync ? 2 : 0;
}

function compareWords(aHigh: number, aLow: number, bHigh: number, bLow: number): number {
  if (aHigh !== bHigh) return (aHigh ^ SIGN) < (bHigh ^ SIGN) ? -1 : 1;
  if (aLow !== bLow) return (aLow ^ SIGN) < (bLow ^ SIGN) ? -1 : 1;
  return 0;
}
