import { ComponentState, compareTsWords, type SchemaId, Stage } from '@tidegate/protocol';
import type { EventEntry } from './eventEntry.js';
import type { Posting } from './posting.js';
import { Flag, Phase, Place } from './rowLayout.js';
import type { GroupState } from './state.js';
import { removeWaiting } from './waitingList.js';

/** With one of these a row has something besides the event at which it stands. */
const BESIDES =
  Flag.FRESH | Flag.REMOVING | Flag.TRIGGER | Flag.HAS_WORK | Flag.OWES_DONE | Flag.PATH_CLOSED | Flag.BEHIND | Flag.LAGGING;
const ITS_REPORT = Flag.UNACKED | Flag.OWES_WAITING;

/**
 * Answers for many rows that stand parked at an event and have nothing besides: their way through the block machine has no branches, and is
 * one loop over columns. After a storm it is walked once by a hundred thousand rows, by code that has hardly run before: one
 * loop is compiled within its first rows, some thirty functions are not. For any other row the loop ends: it goes its own way.
 */
export class PlainRows {
  readonly #state: GroupState;
  readonly #posting: Posting;

  constructor(state: GroupState, posting: Posting) {
    this.#state = state;
    this.#posting = posting;
  }

  /**
   * What `BlockMachine.accept` makes of a pass that changes no table and that no sink is told of (D-31, D-30), for rows from
   * `from` on and below `end`; `schemaId`: as long as they are of that schema. Returns the first row that is not plain.
   */
  pass(entry: EventEntry, from: number, end: number, schemaId: SchemaId | undefined): number {
    const { rows, entries, resting } = this.#state;
    if (entries.at(entry.index) !== entry) return from; // Nobody is there any more.
    const { flags, phase, place, state, maxHigh, maxLow, doneHigh, doneLow } = rows;
    const { index, tsHigh, tsLow } = entry;
    const lastDone = entry.isSyncPoint ? Flag.LAST_DONE_SYNC : 0;
    let row = from;
    for (; row < end; row++) {
      if (place[row] !== Place.AT_EVENT || phase[row] !== Phase.PARKED || rows.entry(row) !== index) break;
      if ((flags[row]! & BESIDES) !== 0 || state[row] !== ComponentState.WORKING) break;
      if (schemaId !== undefined && rows.schemaId(row) !== schemaId) break;
      // W-3: an accepted action is an acknowledgement.
      if ((flags[row]! & Flag.UNACKED) !== 0) removeWaiting(rows, entry, row);
      flags[row] = (flags[row]! & ~(Flag.LAST_DONE_SYNC | ITS_REPORT)) | lastDone;
      rows.setStage(row, Stage.NONE);
      rows.setEntry(row, -1);
      phase[row] = Phase.OPEN;
      place[row] = Place.RESTING;
      if (compareTsWords(tsHigh, tsLow, maxHigh[row]!, maxLow[row]!) > 0) {
        maxHigh[row] = tsHigh;
        maxLow[row] = tsLow;
      }
      doneHigh[row] = tsHigh;
      doneLow[row] = tsLow;
      this.#posting.oweDone(row);
    }
    const passed = row - from;
    entry.resting -= passed;
    resting[entry.mode] += passed;
    this.#state.wakes += passed;
    if (passed > 0) entries.release(entry, passed);
    return row;
  }

  /** D-35.1 for the dispatchers listed, from `from` on. Returns the index of the first of which more is to be looked at. */
  acknowledge(entry: EventEntry, handle: Uint32Array, generation: Uint32Array, from: number): number {
    const { rows } = this.#state;
    const { flags, state } = rows;
    const { index } = entry;
    for (let at = from; at < handle.length; at++) {
      const row = this.#state.rowOf(handle[at]!, generation[at]!);
      if (row < 0 || rows.entry(row) !== index || state[row] !== ComponentState.WORKING) return at;
      if ((flags[row]! & (BESIDES | Flag.UNACKED)) !== Flag.UNACKED) return at;
      removeWaiting(rows, entry, row);
    }
    return handle.length;
  }
}
