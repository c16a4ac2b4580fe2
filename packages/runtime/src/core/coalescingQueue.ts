interface Entry<T> {
  item: T;
  readonly key: string | undefined;
}

/**
 * A bounded queue in which an item with a key takes the place of an earlier one with that key. At the bound the oldest item
 * without a key is dropped and counted: what is told last (an end, a fault) is worth more than the history before it, and
 * what has a key is the only word about its subject. Where all have keys, the newest item is dropped.
 */
export class CoalescingQueue<T> {
  readonly #bound: number;
  readonly #keys = new Map<string, Entry<T>>();
  #entries: Entry<T>[] = [];
  /** Before it, entries with keys only: where the search for one to drop goes on. */
  #keyedUpTo = 0;
  /** Items dropped at the bound so far. */
  dropped = 0;

  constructor(bound: number) {
    this.#bound = bound;
  }

  get size(): number {
    return this.#entries.length;
  }

  push(item: T, key?: string): void {
    const earlier = key === undefined ? undefined : this.#keys.get(key);
    if (earlier !== undefined) {
      earlier.item = item;
      return;
    }
    if (this.#entries.length >= this.#bound) {
      this.dropped++;
      if (!this.#dropOldest()) return;
    }
    const entry = { item, key };
    if (key !== undefined) this.#keys.set(key, entry);
    this.#entries.push(entry);
  }

  /** Takes everything, in order. */
  take(): T[] {
    const entries = this.#entries;
    this.#entries = [];
    this.#keyedUpTo = 0;
    this.#keys.clear();
    return entries.map(({ item }) => item);
  }

  /** False: all have keys. */
  #dropOldest(): boolean {
    const entries = this.#entries;
    while (this.#keyedUpTo < entries.length && entries[this.#keyedUpTo]?.key !== undefined) this.#keyedUpTo++;
    if (this.#keyedUpTo >= entries.length) return false;
    entries.splice(this.#keyedUpTo, 1);
    return true;
  }
}
