import { compareTsWords, joinTs, type Stage, stageName } from '@tidegate/protocol';
import { growColumn } from './columns.js';

/** Bits of the `block` column: a block state is recorded; it is a sync point; it was reported by a former dispatcher of the task. */
const RECORDED = 0x80;
const SYNC = 0x40;
const FORMER = 0x20;
const STAGE = 0x07;

/**
 * Where each task stands: its checkpoint and the last block state that it reported (B-5). Both only go forward (B-9);
 * of the whole table their largest ever is kept, so that "has anyone passed this event?" is mostly one comparison.
 */
export class Positions {
  #checkpointHigh: Uint32Array = new Uint32Array(0);
  #checkpointLow: Uint32Array = new Uint32Array(0);
  #blockHigh: Uint32Array = new Uint32Array(0);
  #blockLow: Uint32Array = new Uint32Array(0);
  #block: Uint8Array = new Uint8Array(0);
  #maxHigh = 0;
  #maxLow = 0;
  /** 1 when the largest position is a sync point, which lies behind a DDL of the same ts (B-1). */
  #maxRank = 0;
  #version = 0;

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

  start(handle: number, high: number, low: number): void {
    this.#checkpointHigh[handle] = high;
    this.#checkpointLow[handle] = low;
    this.#block[handle] = 0;
    this.#reached(high, low, 0);
  }

  /** The task gets another dispatcher: what the former one reported says no longer what this one has done (W-3). */
  newInstance(handle: number): void {
    if ((this.#block[handle]! & RECORDED) !== 0) this.#block[handle] = this.#block[handle]! | FORMER;
  }

  checkpointTs(handle: number): bigint {
    return joinTs(this.#checkpointHigh[handle]!, this.#checkpointLow[handle]!);
  }

  /** False when the checkpoint is already there or beyond. */
  raise(handle: number, high: number, low: number): boolean {
    const oldHigh = this.#checkpointHigh[handle]!;
    if (high < oldHigh || (high === oldHigh && low <= this.#checkpointLow[handle]!)) return false;
    this.#checkpointHigh[handle] = high;
    this.#checkpointLow[handle] = low;
    this.#reached(high, low, 0);
    return true;
  }

  /**
   * B-5: takes the block state of a status. Ignored when it lies before the recorded one, or would turn DONE back into
   * WAITING at the same event.
   */
  record(handle: number, high: number, low: number, isSync: boolean, stage: Stage): void {
    const old = this.#block[handle]!;
    if ((old & (RECORDED | FORMER)) === RECORDED) {
      const order = this.#compareBlock(handle, high, low, isSync);
      if (order > 0 || (order === 0 && (old & STAGE) > stage)) return;
    }
    this.#blockHigh[handle] = high;
    this.#blockLow[handle] = low;
    this.#block[handle] = RECORDED | (isSync ? SYNC : 0) | stage;
    this.#reached(high, low, isSync ? 1 : 0);
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
   * W-3: true when this dispatcher has the event behind it: it reported DONE for it or anything of a later event, or its
   * checkpoint is beyond. A WAITING that says otherwise is a late repeat.
   */
  isBehind(handle: number, high: number, low: number, isSync: boolean, doneStage: number): boolean {
    if (this.#checkpointBeyond(handle, high, low)) return true;
    const block = this.#block[handle]!;
    if ((block & (RECORDED | FORMER)) !== RECORDED) return false;
    const order = this.#compareBlock(handle, high, low, isSync);
    return order > 0 || (order === 0 && (block & STAGE) === doneStage);
  }

  /** B-60: true when the task proves that the event is over. A checkpoint equal to its ts proves nothing. */
  provesOver(handle: number, high: number, low: number, isSync: boolean): boolean {
    if (this.#checkpointBeyond(handle, high, low)) return true;
    return (this.#block[handle]! & RECORDED) !== 0 && this.#compareBlock(handle, high, low, isSync) > 0;
  }

  /** False when no task whatever can prove an event at this ts to be over: the cheap test before looking at each. */
  mayProveOver(high: number, low: number, isSync: boolean): boolean {
    const order = compareTsWords(this.#maxHigh, this.#maxLow, high, low);
    return order > 0 || (order === 0 && this.#maxRank > (isSync ? 1 : 0));
  }

  /** The smallest checkpoint of the rows below `end` whose state is one of two. */
  minOf(state: Uint8Array, end: number, one: number, other: number): bigint | undefined {
    let high = 0xffff_ffff;
    let low = 0xffff_ffff;
    let found = false;
    for (let handle = 0; handle < end; handle++) {
      if (state[handle] !== one && state[handle] !== other) continue;
      const rowHigh = this.#checkpointHigh[handle]!;
      if (found && (rowHigh > high || (rowHigh === high && this.#checkpointLow[handle]! >= low))) continue;
      found = true;
      high = rowHigh;
      low = this.#checkpointLow[handle]!;
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
    const own = this.#checkpointHigh[handle]!;
    return own > high || (own === high && this.#checkpointLow[handle]! > low);
  }

  /** Sign of (recorded block state − event), in the order of B-1. */
  #compareBlock(handle: number, high: number, low: number, isSync: boolean): number {
    const ownHigh = this.#blockHigh[handle]!;
    if (ownHigh !== high) return ownHigh < high ? -1 : 1;
    const ownLow = this.#blockLow[handle]!;
    if (ownLow !== low) return ownLow < low ? -1 : 1;
    return ((this.#block[handle]! & SYNC) !== 0 ? 1 : 0) - (isSync ? 1 : 0);
  }

  #reached(high: number, low: number, rank: number): void {
    this.#version++;
    const order = compareTsWords(high, low, this.#maxHigh, this.#maxLow);
    if (order < 0 || (order === 0 && rank <= this.#maxRank)) return;
    this.#maxHigh = high;
    this.#maxLow = low;
    this.#maxRank = rank;
  }
}
