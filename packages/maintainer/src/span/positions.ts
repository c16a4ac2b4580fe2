import { joinTs, Stage, stageName, tsHigh, tsLow } from '@tidegate/protocol';
import { areAll, growColumn } from './columns.js';
import { compareWords, EventSlots, type EventWords } from './eventSlots.js';

/**
 * A task's place: the slot of the event at which it reported last, above five bits: a snapshot told that the event was
 * passed; it was reported by a former dispatcher of the task; the stage. 0: nothing was reported.
 */
const SLOT_SHIFT = 5;
const PASSED = 0x10;
const FORMER = 0x08;
const STAGE = 0x07;

/** What a report means where a task stands: it is late; it is taken; it is recorded; the checkpoint of before is kept. */
const LATE = 0;
const TAKEN = 1;
const NEWS = 2;
const KEEPS = 4;

/**
 * Where each task stands: its checkpoint and the last block state that it reported (B-5). Both only go forward (B-9);
 * of the whole table their largest ever is kept, so that "has anyone passed this event?" is mostly one comparison.
 *
 * A task that reported at an event has a checkpoint of at least the ts before it: that is not written down but read off the
 * event. What is written down are checkpoints that were named: 12 bytes a task.
 *
 * The words of a ts come and lie here as *signed* 32-bit integers (`word | 0`): larger numbers would be boxed on the
 * status path.
 */
export class Positions {
  /** Two words a handle: the largest checkpoint that was named. */
  #named: Int32Array = new Int32Array(0);
  #place: Int32Array = new Int32Array(0);
  readonly #events = new EventSlots();
  /** The largest checkpoint that was ever named. */
  #namedHigh = 0;
  #namedLow = 0;
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
    this.#named = growColumn(this.#named, capacity * 2);
    this.#place = growColumn(this.#place, capacity);
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
    this.#place[handle] = 0;
    this.#name(handle, high, low);
    if (handle === this.#trigger) this.#own(high, low);
  }

  /** The task gets another dispatcher: what the former one reported says no longer what this one has done (W-3). */
  newInstance(handle: number): void {
    if (this.#place[handle] !== 0) this.#place[handle] = this.#place[handle]! | FORMER;
  }

  /** A task that takes over from another one begins where that one stands (T-1). */
  inherit(handle: number, from: number): void {
    this.#place[handle] = this.#place[from]!;
    this.newInstance(handle);
  }

  /** The last that its dispatcher reported is that it waits at an event. */
  isParked(handle: number): boolean {
    const place = this.#place[handle]!;
    return place !== 0 && (place & (FORMER | STAGE)) === Stage.WAITING;
  }

  checkpointTs(handle: number): bigint {
    const slot = this.#slotAhead(handle);
    if (slot === 0) return joinTs(this.#named[handle * 2]!, this.#named[handle * 2 + 1]!);
    return joinTs(this.#events.floorHigh[slot]!, this.#events.floorLow[slot]!);
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
    if (this.#compareCheckpoint(handle, high, low) >= 0) return false;
    this.#name(handle, high, low);
    return true;
  }

  /** The recorded block state: of the current dispatcher or of a former one of the task. */
  blockState(handle: number): { readonly blockTs: bigint; readonly isSyncPoint: boolean; readonly stage: Stage } | undefined {
    const place = this.#place[handle]!;
    if (place === 0) return undefined;
    const slot = place >>> SLOT_SHIFT;
    return {
      blockTs: joinTs(this.#events.high[slot]!, this.#events.low[slot]!),
      isSyncPoint: this.#events.sync[slot] === 1,
      stage: (place & STAGE) as Stage,
    };
  }

  /**
   * B-5, B-9: takes a status at an event: raises the checkpoint to the floor (the ts before the event's) and records the
   * block state, each only forward. False, and nothing is taken, for a WAITING of an event that this dispatcher has
   * behind it, because it reported DONE for it or anything of a later one, or its checkpoint is beyond (W-3).
   */
  report(handle: number, event: EventWords, stage: Stage): boolean {
    if (stage === Stage.WAITING && this.#hasLeft(handle, event.high, event.low)) return false;
    const slot = this.#slotOf(event);
    const meaning = this.#meaning(this.#place[handle]!, slot, event, stage);
    if (meaning === LATE) return false;
    if ((meaning & KEEPS) !== 0) this.#nameFloor(handle);
    if ((meaning & NEWS) !== 0) {
      this.#place[handle] = (slot << SLOT_SHIFT) | stage;
      this.#reached(event.high, event.low, rankOf(event.isSync));
    }
    return true;
  }

  /**
   * {@link report} for `count` dispatchers at once, none of them the table trigger. Moves those whose report is taken to the
   * front of `handles` and returns how many they are: all but late WAITINGs.
   */
  reportAll(handles: Uint32Array, count: number, event: EventWords, stage: Stage): number {
    const places = this.#place;
    const { high, low } = event;
    const slot = this.#slotOf(event);
    const next = (slot << SLOT_SHIFT) | stage;
    const isWaiting = stage === Stage.WAITING;
    // Mostly nobody has ever named a checkpoint beyond the event.
    const mayHaveLeft = isWaiting && compareWords(this.#namedHigh, this.#namedLow, high, low) > 0;
    // Neighbours mostly stand at the same place: what a report means from there is worked out once.
    let from = -1;
    let meaning = LATE;
    let isNews = false;
    let taken = 0;
    for (let i = 0; i < count; i++) {
      const handle = handles[i]!;
      const place = places[handle]!;
      if (place !== from) {
        from = place;
        meaning = this.#meaning(place, slot, event, stage);
        isNews ||= (meaning & NEWS) !== 0;
      }
      if (meaning !== (TAKEN | NEWS) || mayHaveLeft) {
        if (meaning === LATE || (isWaiting && this.#hasLeft(handle, high, low))) continue;
        if ((meaning & KEEPS) !== 0) this.#nameFloor(handle);
      }
      if ((meaning & NEWS) !== 0) places[handle] = next;
      if (taken !== i) handles[taken] = handle;
      taken++;
    }
    if (isNews) this.#reached(high, low, rankOf(event.isSync));
    return taken;
  }

  /**
   * {@link report} for the `count` dispatchers from `first` on at once, none of them the table trigger, who all stand at one place.
   * False: they do not, or it does not mean the same for each of them, and nothing is taken. True: every report is.
   */
  reportNeighbours(first: number, count: number, event: EventWords, stage: Stage): boolean {
    const places = this.#place;
    const place = places[first]!;
    if (!areAll(places, first, first + count, place)) return false;
    const { high, low } = event;
    if (stage === Stage.WAITING && compareWords(this.#namedHigh, this.#namedLow, high, low) > 0) return false;
    const slot = this.#slotOf(event);
    const meaning = this.#meaning(place, slot, event, stage);
    if (meaning === LATE || (meaning & KEEPS) !== 0) return false;
    if ((meaning & NEWS) !== 0) {
      places.fill((slot << SLOT_SHIFT) | stage, first, first + count);
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
    if (this.#comparePlace(handle, event.high, event.low, event.isSync) !== 0) return;
    this.#place[handle] = this.#place[handle]! | PASSED;
    this.#reached(event.high, event.low, rankOf(event.isSync) + 1);
  }

  /** B-60: true when the task proves that the event is over. A checkpoint equal to its ts proves nothing. */
  provesOver(handle: number, high: number, low: number, isSync: boolean): boolean {
    if (this.#compareCheckpoint(handle, high, low) > 0) return true;
    const place = this.#place[handle]!;
    return place !== 0 && this.#comparePlace(handle, high, low, isSync) >= ((place & PASSED) === 0 ? 1 : 0);
  }

  /**
   * True when the task's present dispatcher is beyond the event and will not meet it. Not so a table trigger that was created
   * again below: that the former one was beyond it proves only that the event is over.
   */
  hasPassed(handle: number, high: number, low: number, isSync: boolean): boolean {
    if (this.#hasLeft(handle, high, low)) return true;
    const place = this.#place[handle]!;
    if (place === 0) return false;
    const order = this.#comparePlace(handle, high, low, isSync);
    if ((place & FORMER) !== 0) return handle !== this.#trigger && order > 0;
    return order >= ((place & PASSED) === 0 ? 1 : 0);
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
      if (found && this.#compareCheckpoint(handle, high, low) >= 0) continue;
      found = true;
      const slot = this.#slotAhead(handle);
      high = slot === 0 ? this.#named[handle * 2]! : this.#events.floorHigh[slot]!;
      low = slot === 0 ? this.#named[handle * 2 + 1]! : this.#events.floorLow[slot]!;
    }
    return found ? joinTs(high, low) : undefined;
  }

  describe(handle: number): string {
    const state = this.blockState(handle);
    if (state === undefined) return '';
    const former = (this.#place[handle]! & FORMER) !== 0 ? ', by its former dispatcher' : '';
    return `, last reported ${stageName(state.stage)} at ${state.blockTs}${state.isSyncPoint ? '/sync' : ''}${former}`;
  }

  /** What a report means to a task at `place`, whose named checkpoint does not lie beyond the event. */
  #meaning(place: number, slot: number, event: EventWords, stage: Stage): number {
    if (place === 0) return TAKEN | NEWS;
    const at = place >>> SLOT_SHIFT;
    const order = at === slot ? 0 : this.#events.compare(at, event.high, event.low, event.isSync);
    if ((place & FORMER) !== 0) return order > 0 ? TAKEN | NEWS | KEEPS : TAKEN | NEWS;
    const isBehind = order > 0 || (order === 0 && (place & STAGE) === Stage.DONE);
    if (stage === Stage.WAITING && isBehind) return LATE;
    return order < 0 || (order === 0 && (place & STAGE) < stage) ? TAKEN | NEWS : TAKEN;
  }

  #slotOf(event: EventWords): number {
    return this.#events.slotOf(event, this.#place.length, (used) => {
      for (const place of this.#place) used[place >>> SLOT_SHIFT] = 1;
    });
  }

  /** Of the event whose floor is the task's checkpoint; 0 when the one that was named is larger. */
  #slotAhead(handle: number): number {
    const slot = this.#place[handle]! >>> SLOT_SHIFT;
    const { floorHigh, floorLow } = this.#events;
    const isAhead = slot !== 0 && this.#compareNamed(handle, floorHigh[slot]!, floorLow[slot]!) < 0;
    return isAhead ? slot : 0;
  }

  /** Sign of (checkpoint − ts). */
  #compareCheckpoint(handle: number, high: number, low: number): number {
    const order = this.#compareNamed(handle, high, low);
    const slot = this.#place[handle]! >>> SLOT_SHIFT;
    if (order > 0 || slot === 0) return order;
    return Math.max(order, compareWords(this.#events.floorHigh[slot]!, this.#events.floorLow[slot]!, high, low));
  }

  #compareNamed(handle: number, high: number, low: number): number {
    return compareWords(this.#named[handle * 2]!, this.#named[handle * 2 + 1]!, high, low);
  }

  /** A table trigger that was created again may stand below what the former one proves. */
  #hasLeft(handle: number, high: number, low: number): boolean {
    if (handle === this.#trigger) return compareWords(this.#ownHigh, this.#ownLow, high, low) > 0;
    return this.#compareCheckpoint(handle, high, low) > 0;
  }

  /** Sign of (recorded block state − event), in the order of B-1. */
  #comparePlace(handle: number, high: number, low: number, isSync: boolean): number {
    return this.#events.compare(this.#place[handle]! >>> SLOT_SHIFT, high, low, isSync);
  }

  #own(high: number, low: number): void {
    this.#ownHigh = high;
    this.#ownLow = low;
  }

  #name(handle: number, high: number, low: number): void {
    this.#named[handle * 2] = high;
    this.#named[handle * 2 + 1] = low;
    if (compareWords(high, low, this.#namedHigh, this.#namedLow) > 0) {
      this.#namedHigh = high;
      this.#namedLow = low;
    }
    this.#reached(high, low, 0);
  }

  /** The checkpoint that is read off the recorded event outlives it. */
  #nameFloor(handle: number): void {
    const slot = this.#slotAhead(handle);
    if (slot !== 0) this.#name(handle, this.#events.floorHigh[slot]!, this.#events.floorLow[slot]!);
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
