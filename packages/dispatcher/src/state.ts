import {
  ComponentState,
  type ConfigColumns,
  compareTsWords,
  type DispatcherConfig,
  joinTs,
  type Mode,
  tsHigh,
  tsLow,
} from '@tidegate/protocol';
import type { ActorContext } from '@tidegate/runtime';
import { Bitset } from './bitset.js';
import { ComponentOutbox } from './componentOutbox.js';
import type { EventEntry } from './eventEntry.js';
import { EventTable } from './eventTable.js';
import { HandleMap } from './handleMap.js';
import type { GroupOptions } from './options.js';
import { Flag, Phase, Place } from './rowLayout.js';
import { RowTable } from './rows.js';
import { RowWork } from './rowWork.js';
import { TriggerState } from './trigger.js';

/** Rows that stand still, and the least of their checkpoint and resolved ts. */
interface Resting {
  resting: number;
  checkpointHigh: number;
  checkpointLow: number;
  resolvedHigh: number;
  resolvedLow: number;
}

function makeResting(): Resting {
  return { resting: 0, checkpointHigh: 0, checkpointLow: 0, resolvedHigh: 0, resolvedLow: 0 };
}

/** Everything that a group's parts share. Holds data and keeps it consistent; decides nothing. */
export class GroupState {
  readonly context: ActorContext;
  readonly options: GroupOptions;
  readonly rows: RowTable = new RowTable();
  readonly entries: EventTable = new EventTable();
  readonly components: ComponentOutbox;
  readonly triggers: Map<number, TriggerState> = new Map();
  /** Rows that account for their own checkpoint (Place.ACTIVE). */
  readonly active: Bitset = new Bitset();
  /** Rows at Place.RESTING, by mode. */
  readonly resting: [number, number] = [0, 0];
  /** Rows to which no mark of the group applies yet. */
  fresh = 0;
  /** Those of them at rest (Place.FRESH), and the least of them by mode: there may be a million before the first mark comes. */
  readonly freshRows: Bitset = new Bitset();
  readonly freshLeast: readonly [Resting, Resting] = [makeResting(), makeResting()];
  /** The lane's resolved ts: what every row takes that is open and not fresh. */
  resolvedTs = 0n;
  resolvedHigh = 0;
  resolvedLow = 0;
  /** D-16: moves on real flushes only. */
  lastSyncedTs = 0n;
  /** Configs of create messages taken so far (H-3). */
  created = 0;
  /** Grows with everything that may make a complete listing another one: a group changes by what it receives. */
  changes = 0;
  /** The sink of a mode failed: every dispatcher of it may be closed (D-48). */
  readonly sinkBroken: [boolean, boolean] = [false, false];
  /** How often a stream was opened again. */
  wakes = 0;
  /** Milliseconds at the start of the turn in hand. */
  now = 0;

  #handles = new HandleMap();
  #works = new Map<number, RowWork>();

  constructor(context: ActorContext, options: GroupOptions) {
    this.context = context;
    this.options = options;
    this.components = new ComponentOutbox(context, options.coordinator);
  }

  /**
   * A complete listing is asked for, which happens every so often: what only events need is given back when none has been since
   * the last one. An event that follows soon finds it there.
   */
  listed(owesNothing: boolean): void {
    const { rows } = this;
    if (owesNothing && this.entries.size === 0 && !rows.usedEvents) rows.restEvents();
    rows.usedEvents = false;
  }

  /** The row of a live dispatcher, or -1 for an unknown handle or another generation. */
  rowOf(handle: number, generation: number): number {
    const row = this.#handles.get(handle);
    return row >= 0 && this.rows.generation[row] === generation >>> 0 ? row : -1;
  }

  /** The row that a handle has at present, of whatever generation, or -1. */
  rowOfHandle(handle: number): number {
    return this.#handles.get(handle);
  }

  /** True while `row` is still the dispatcher that it was when `generation` was noted. */
  isLive(row: number, generation: number): boolean {
    return this.rows.place[row] !== Place.NOWHERE && this.rows.generation[row] === generation;
  }

  insert(config: DispatcherConfig): void {
    this.#begin(this.rows.insert(config));
  }

  /** The same for one row of columns. */
  insertAt(columns: ConfigColumns, at: number): void {
    this.#begin(this.rows.insertAt(columns, at));
  }

  #begin(row: number): void {
    const rows = this.rows;
    rows.state[row] = ComponentState.INITIALIZING;
    this.#handles.set(rows.handle[row]!, row);
    if (rows.has(row, Flag.TRIGGER)) this.triggers.set(row, new TriggerState());
    this.enter(row, Place.ACTIVE);
  }

  free(row: number): void {
    this.changes++;
    this.leave(row);
    if (this.rows.has(row, Flag.FRESH)) this.fresh--;
    this.#works.delete(row);
    this.triggers.delete(row);
    if (this.#handles.get(this.rows.handle[row]!) === row) this.#handles.delete(this.rows.handle[row]!);
    this.rows.free(row);
  }

  work(row: number): RowWork | undefined {
    return this.rows.has(row, Flag.HAS_WORK) ? this.#works.get(row) : undefined;
  }

  needWork(row: number): RowWork {
    let work = this.work(row);
    if (work === undefined) {
      work = new RowWork(joinTs(this.rows.maxHigh[row]!, this.rows.maxLow[row]!));
      this.#works.set(row, work);
      this.rows.set(row, Flag.HAS_WORK);
    }
    return work;
  }

  /** Rows with work. */
  get working(): number {
    return this.#works.size;
  }

  /** The event in hand of a row. */
  entryOf(row: number): EventEntry | undefined {
    const index = this.rows.entry(row);
    return index < 0 ? undefined : this.entries.at(index);
  }

  /**
   * True when a mark of the group is the row's own: its stream is open, has caught up, and nothing waits in its inbox (O(1)
   * per mark for all rows).
   */
  followsLane(row: number): boolean {
    if (this.rows.phase[row] !== Phase.OPEN) return false;
    return (this.rows.flags[row]! & (Flag.STARTED | Flag.FRESH | Flag.LAGGING | Flag.REMOVING)) === Flag.STARTED;
  }

  /** T-7: it takes no event and no action. Being frozen and being WAITING_MERGE are one thing. */
  isFrozen(row: number): boolean {
    return this.rows.state[row] === ComponentState.WAITING_MERGE;
  }

  /** True when a row's stream is open and nothing waits in it. */
  isIdle(row: number): boolean {
    return this.rows.phase[row] === Phase.OPEN && !this.rows.has(row, Flag.LAGGING);
  }

  /** Copies the lane's resolved ts into a row that is about to stop following it. */
  freeze(row: number): void {
    if (this.followsLane(row)) this.raiseResolved(row, this.resolvedHigh, this.resolvedLow);
  }

  raiseResolved(row: number, high: number, low: number): void {
    const rows = this.rows;
    if (compareTsWords(high, low, rows.resolvedHigh[row]!, rows.resolvedLow[row]!) <= 0) return;
    rows.resolvedHigh[row] = high;
    rows.resolvedLow[row] = low;
  }

  /** D-16. */
  raiseMax(row: number, high: number, low: number): void {
    const work = this.work(row);
    if (work !== undefined) work.progress.pass(joinTs(high, low));
    const rows = this.rows;
    if (compareTsWords(high, low, rows.maxHigh[row]!, rows.maxLow[row]!) <= 0) return;
    rows.maxHigh[row] = high;
    rows.maxLow[row] = low;
  }

  /** Takes a row out of whatever accounts for its checkpoint. To be called while its event is still in hand. */
  leave(row: number): void {
    const rows = this.rows;
    const place = rows.place[row]!;
    if (place === Place.RESTING) this.resting[rows.mode[row]! as Mode]--;
    else if (place === Place.ACTIVE) this.active.delete(row);
    else if (place === Place.AT_EVENT) (this.entryOf(row) as EventEntry).resting--;
    else if (place === Place.FRESH) {
      this.freshRows.delete(row);
      this.freshLeast[rows.mode[row]! as Mode].resting--;
    }
    rows.place[row] = Place.NOWHERE;
  }

  enter(row: number, place: Place): void {
    this.rows.place[row] = place;
    if (place === Place.RESTING) this.resting[this.rows.mode[row]! as Mode]++;
    else if (place === Place.ACTIVE) this.active.add(row);
    else if (place === Place.FRESH) this.freshRows.add(row);
  }

  /** Puts a row where it belongs after a step: drops finished work and decides who accounts for its checkpoint. */
  settle(row: number): void {
    const rows = this.rows;
    const work = this.work(row);
    if (work?.idle) {
      rows.maxHigh[row] = tsHigh(work.progress.maxCommitTs);
      rows.maxLow[row] = tsLow(work.progress.maxCommitTs);
      this.#works.delete(row);
      rows.clear(row, Flag.HAS_WORK);
    }
    const place = this.#placeOf(row);
    if (place === rows.place[row]) return;
    this.leave(row);
    if (place === Place.AT_EVENT) this.#restAt(row, this.entryOf(row) as EventEntry);
    else if (place === Place.FRESH) this.#restAt(row, this.freshLeast[rows.mode[row]! as Mode]);
    this.enter(row, place);
  }

  /** What the least of the fresh rows is now that some have left. */
  countFresh(): void {
    this.freshLeast[0].resting = 0;
    this.freshLeast[1].resting = 0;
    for (let row = this.freshRows.next(0); row >= 0; row = this.freshRows.next(row + 1))
      this.#restAt(row, this.freshLeast[this.rows.mode[row]! as Mode]);
  }

  #placeOf(row: number): Place {
    const rows = this.rows;
    const flags = rows.flags[row]!;
    const restless = Flag.BEHIND | Flag.REMOVING | Flag.TRIGGER;
    if ((flags & (Flag.STARTED | restless)) !== Flag.STARTED || rows.state[row] !== ComponentState.WORKING) return Place.ACTIVE;
    if ((flags & Flag.HAS_WORK) !== 0 && !(this.work(row) as RowWork).progress.empty) return Place.ACTIVE;
    if (rows.phase[row] === Phase.OPEN) {
      if ((flags & Flag.LAGGING) !== 0) return Place.ACTIVE;
      return (flags & Flag.FRESH) === 0 ? Place.RESTING : Place.FRESH;
    }
    if ((flags & Flag.FRESH) !== 0) return Place.ACTIVE;
    // Where it stands still before an event that it has in hand.
    const stands = rows.phase[row] === Phase.PARKED || (rows.phase[row] === Phase.GATED && rows.entry(row) >= 0);
    return stands ? Place.AT_EVENT : Place.ACTIVE;
  }

  // With everything flushed at an event, or before the first mark, its checkpoint stands still: the least of all such is kept.
  #restAt(row: number, entry: Resting): void {
    const rows = this.rows;
    const work = this.work(row);
    if (work !== undefined) {
      rows.maxHigh[row] = tsHigh(work.progress.maxCommitTs);
      rows.maxLow[row] = tsLow(work.progress.maxCommitTs);
    }
    const resolvedHigh = rows.resolvedHigh[row]!;
    const resolvedLow = rows.resolvedLow[row]!;
    let high = rows.maxHigh[row]!;
    let low = rows.maxLow[row]!;
    if (low > 0) low--;
    else if (high > 0) {
      high--;
      low = 0xffff_ffff;
    }
    if (compareTsWords(high, low, resolvedHigh, resolvedLow) < 0) {
      high = resolvedHigh;
      low = resolvedLow;
    }
    const first = entry.resting++ === 0;
    if (first || compareTsWords(high, low, entry.checkpointHigh, entry.checkpointLow) < 0) {
      entry.checkpointHigh = high;
      entry.checkpointLow = low;
    }
    if (first || compareTsWords(resolvedHigh, resolvedLow, entry.resolvedHigh, entry.resolvedLow) < 0) {
      entry.resolvedHigh = resolvedHigh;
      entry.resolvedLow = resolvedLow;
    }
  }
}
