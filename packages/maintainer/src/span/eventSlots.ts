import { type EventKey, tsHigh, tsLow } from '@tidegate/protocol';
import { EventKeyMap } from '../eventKeyMap.js';
import { growColumn, grownCapacity } from './columns.js';

/** Slots handed out before it is looked for the first time which are in use. */
const FIRST_LOOK = 4096;

/** Flips the order of signed 32-bit words into that of unsigned ones. */
const SIGN = 0x8000_0000 | 0;

/** An event's place as it is compared: the words of its commit ts and of the ts before it, signed. */
export interface EventWords {
  readonly key: EventKey;
  readonly high: number;
  readonly low: number;
  readonly floorHigh: number;
  readonly floorLow: number;
  readonly isSync: boolean;
}

/** Cuts an event key into words. */
export function eventWords(key: EventKey): EventWords {
  const { commitTs } = key;
  const floor = commitTs > 0n ? commitTs - 1n : 0n;
  return {
    key,
    high: tsHigh(commitTs) | 0,
    low: tsLow(commitTs) | 0,
    floorHigh: tsHigh(floor) | 0,
    floorLow: tsLow(floor) | 0,
    isSync: key.isSyncPoint,
  };
}

/** Orders two ts by their signed words. */
export function compareWords(aHigh: number, aLow: number, bHigh: number, bLow: number): number {
  if (aHigh !== bHigh) return (aHigh ^ SIGN) < (bHigh ^ SIGN) ? -1 : 1;
  if (aLow !== bLow) return (aLow ^ SIGN) < (bLow ^ SIGN) ? -1 : 1;
  return 0;
}

/**
 * The events that positions refer to, each under a small number from 1 on, its *slot*: so that the place of a task is one
 * word. Nobody counts who refers to a slot. When many have been handed out, their owner looks once which are in use, and
 * the others are handed out again.
 */
export class EventSlots {
  high: Int32Array = new Int32Array(0);
  low: Int32Array = new Int32Array(0);
  floorHigh: Int32Array = new Int32Array(0);
  floorLow: Int32Array = new Int32Array(0);
  sync: Uint8Array = new Uint8Array(0);
  readonly #slots = new EventKeyMap<number>();
  readonly #keys: (EventKey | undefined)[] = [undefined];
  #free: number[] = [];
  #last: EventWords | undefined;
  #lastSlot = 0;

  /** Slots in use, as far as is known. */
  get size(): number {
    return this.#slots.size;
  }

  /** The slot of an event. `mark` is told to visit the slots in use, should it be time to look; `rows`: what that costs. */
  slotOf(event: EventWords, rows: number, mark: (used: Uint8Array) => void): number {
    if (event === this.#last) return this.#lastSlot;
    let slot = this.#slots.get(event.key);
    if (slot === undefined) {
      if (this.#free.length === 0 && this.#slots.size >= Math.max(FIRST_LOOK, rows >>> 6)) this.#look(mark);
      slot = this.#free.pop() ?? this.#keys.length;
      this.#write(slot, event);
    }
    this.#last = event;
    this.#lastSlot = slot;
    return slot;
  }

  /** Sign of (event at `slot` − event), in the order of B-1. */
  compare(slot: number, high: number, low: number, isSync: boolean): number {
    const order = compareWords(this.high[slot]!, this.low[slot]!, high, low);
    return order !== 0 ? order : this.sync[slot]! - (isSync ? 1 : 0);
  }

  #write(slot: number, event: EventWords): void {
    if (slot >= this.high.length) this.#grow(grownCapacity(this.high.length, slot + 1));
    this.high[slot] = event.high;
    this.low[slot] = event.low;
    this.floorHigh[slot] = event.floorHigh;
    this.floorLow[slot] = event.floorLow;
    this.sync[slot] = event.isSync ? 1 : 0;
    this.#keys[slot] = event.key;
    this.#slots.set(event.key, slot);
  }

  #look(mark: (used: Uint8Array) => void): void {
    const used = new Uint8Array(this.#keys.length);
    mark(used);
    for (let slot = 1; slot < used.length; slot++) {
      const key = this.#keys[slot];
      if (used[slot] === 1 || key === undefined) continue;
      this.#slots.delete(key);
      this.#keys[slot] = undefined;
      this.#free.push(slot);
    }
  }

  #grow(capacity: number): void {
    this.high = growColumn(this.high, capacity);
    this.low = growColumn(this.low, capacity);
    this.floorHigh = growColumn(this.floorHigh, capacity);
    this.floorLow = growColumn(this.floorLow, capacity);
    this.sync = growColumn(this.sync, capacity);
  }
}
