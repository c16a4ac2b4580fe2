import { compareEventKeys, type EventKey } from '@tidegate/protocol';
import { EventKeyMap } from '../eventKeyMap.js';

/**
 * Keys of events that are dealt with and may come again, kept until the committed checkpoint passes them. W-14: reports that
 * were scheduled, so that a repeat (its ACK was lost) is acknowledged and not scheduled again; that the trigger is beyond them
 * is not enough, for a table's dispatcher that is created again below one opens it once more. And events that were completed.
 * At the bound the smallest eighth goes: they are the least likely to come again, and it costs one look at all for many.
 */
export class ScheduledKeys {
  readonly #keys = new EventKeyMap<EventKey>();
  readonly #bound: number;
  #evicted = 0;

  constructor(bound: number) {
    this.#bound = bound;
  }

  get size(): number {
    return this.#keys.size;
  }

  /** Keys that were dropped at the bound. */
  get evicted(): number {
    return this.#evicted;
  }

  has(key: EventKey): boolean {
    return this.#keys.has(key);
  }

  add(key: EventKey): void {
    this.#keys.set(key, key);
    if (this.#keys.size <= this.#bound) return;
    const smallest = [...this.#keys.values()].sort(compareEventKeys).slice(0, Math.ceil(this.#bound / 8));
    for (const one of smallest) this.#keys.delete(one);
    this.#evicted += smallest.length;
  }

  /** What lies below this checkpoint does not come again. */
  passed(checkpointTs: bigint): void {
    for (const key of this.#keys.values()) if (key.commitTs < checkpointTs) this.#keys.delete(key);
  }
}
