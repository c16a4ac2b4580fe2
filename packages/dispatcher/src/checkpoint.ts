import { compareTsWords, joinTs, MAX_TS, Mode, tsHigh, tsLow } from '@tidegate/protocol';
import { Flag } from './rowLayout.js';
import type { GroupState } from './state.js';

/** Resolved ts of a row: the lane's while it follows the lane, else its own. */
export function resolvedOf(state: GroupState, row: number): bigint {
  const own = joinTs(state.rows.resolvedHigh[row]!, state.rows.resolvedLow[row]!);
  return state.followsLane(row) && state.resolvedTs > own ? state.resolvedTs : own;
}

/** Checkpoint of a row: everything at or below it is downstream (D-14, D-15, D-41). */
export function checkpointOf(state: GroupState, row: number): bigint {
  const reader = new CheckpointReader(state);
  reader.read(row);
  return joinTs(reader.checkpointHigh, reader.checkpointLow);
}

/** Reads checkpoints as words, without a bigint per row: a heartbeat may have to read a million of them. */
export class CheckpointReader {
  checkpointHigh = 0;
  checkpointLow = 0;
  resolvedHigh = 0;
  resolvedLow = 0;
  #state: GroupState;

  constructor(state: GroupState) {
    this.#state = state;
  }

  read(row: number): void {
    const state = this.#state;
    const rows = state.rows;
    this.resolvedHigh = rows.resolvedHigh[row]!;
    this.resolvedLow = rows.resolvedLow[row]!;
    if (
      state.followsLane(row) &&
      compareTsWords(state.resolvedHigh, state.resolvedLow, this.resolvedHigh, this.resolvedLow) > 0
    ) {
      this.resolvedHigh = state.resolvedHigh;
      this.resolvedLow = state.resolvedLow;
    }
    this.#readProgress(row);
    if (rows.has(row, Flag.TRIGGER)) this.#cap(row);
  }

  // D-15: below the front; empty: the larger of what was taken and the resolved ts; nothing ever taken: the resolved ts.
  #readProgress(row: number): void {
    const rows = this.#state.rows;
    const progress = this.#state.work(row)?.progress;
    if (progress !== undefined) {
      const own = progress.checkpoint;
      this.checkpointHigh = tsHigh(own);
      this.checkpointLow = tsLow(own);
      if (!progress.empty) return;
    } else {
      this.checkpointHigh = rows.maxHigh[row]!;
      this.checkpointLow = rows.maxLow[row]!;
      if (this.checkpointLow > 0) this.checkpointLow--;
      else if (this.checkpointHigh > 0) {
        this.checkpointHigh--;
        this.checkpointLow = 0xffff_ffff;
      }
    }
    if (compareTsWords(this.checkpointHigh, this.checkpointLow, this.resolvedHigh, this.resolvedLow) < 0) this.#takeResolved();
  }

  #takeResolved(): void {
    this.checkpointHigh = this.resolvedHigh;
    this.checkpointLow = this.resolvedLow;
  }

  #cap(row: number): void {
    const trigger = this.#state.triggers.get(row);
    if (trigger === undefined || trigger.blockers.length === 0) return;
    const capped = trigger.cap(joinTs(this.checkpointHigh, this.checkpointLow));
    this.checkpointHigh = tsHigh(capped);
    this.checkpointLow = tsLow(capped);
  }
}

/** Least checkpoint and resolved ts over the dispatchers of one mode; MAX_TS when there are none. */
export interface ModeWatermark {
  readonly checkpointTs: bigint;
  readonly resolvedTs: bigint;
}

/**
 * Watermarks of both modes (H-2). Costs what is active: resting rows share the lane's resolved ts, rows that wait at an
 * event share that event's least, and so do those that no mark has reached.
 */
export function aggregate(state: GroupState): Record<Mode, ModeWatermark> {
  const least = [new Least(), new Least()] as const;
  for (const mode of [Mode.DEFAULT, Mode.REDO] as const) {
    if (state.resting[mode] === 0) continue;
    least[mode].checkpoint(state.resolvedHigh, state.resolvedLow);
    least[mode].resolved(state.resolvedHigh, state.resolvedLow);
  }
  for (const mode of [Mode.DEFAULT, Mode.REDO] as const) {
    const fresh = state.freshLeast[mode];
    if (fresh.resting === 0) continue;
    least[mode].checkpoint(fresh.checkpointHigh, fresh.checkpointLow);
    least[mode].resolved(fresh.resolvedHigh, fresh.resolvedLow);
  }
  for (const entry of state.entries.values()) {
    if (entry.resting === 0) continue;
    least[entry.mode].checkpoint(entry.checkpointHigh, entry.checkpointLow);
    least[entry.mode].resolved(entry.resolvedHigh, entry.resolvedLow);
  }
  const reader = new CheckpointReader(state);
  for (let row = state.active.next(0); row >= 0; row = state.active.next(row + 1)) {
    reader.read(row);
    const of = least[state.rows.mode[row]! as Mode];
    of.checkpoint(reader.checkpointHigh, reader.checkpointLow);
    of.resolved(reader.resolvedHigh, reader.resolvedLow);
  }
  return { [Mode.DEFAULT]: least[0].watermark(), [Mode.REDO]: least[1].watermark() };
}

// H-4: the neutral element is MAX_TS, all ones in both words.
class Least {
  #checkpointHigh = tsHigh(MAX_TS);
  #checkpointLow = tsLow(MAX_TS);
  #resolvedHigh = tsHigh(MAX_TS);
  #resolvedLow = tsLow(MAX_TS);

  checkpoint(high: number, low: number): void {
    if (compareTsWords(high, low, this.#checkpointHigh, this.#checkpointLow) >= 0) return;
    this.#checkpointHigh = high;
    this.#checkpointLow = low;
  }

  resolved(high: number, low: number): void {
    if (compareTsWords(high, low, this.#resolvedHigh, this.#resolvedLow) >= 0) return;
    this.#resolvedHigh = high;
    this.#resolvedLow = low;
  }

  watermark(): ModeWatermark {
    return {
      checkpointTs: joinTs(this.#checkpointHigh, this.#checkpointLow),
      resolvedTs: joinTs(this.#resolvedHigh, this.#resolvedLow),
    };
  }
}
