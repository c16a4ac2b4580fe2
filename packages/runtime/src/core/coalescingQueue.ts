/**
 * A bounded queue in which an item with a key takes the place of an earlier one with that key. At the bound the newest
 * item is dropped and counted.
 */
export class CoalescingQueue<T> {
  readonly #bound: number;
  readonly #keys = new Map<string, number>();
  #items: T[] = [];
  /** Items dropped at the bound so far. */
  dropped = 0;

  constructor(bound: number) {
    this.#bound = bound;
  }

  get size(): number {
    return this.#items.length;
  }

  push(item: T, key?: string): void {
    const place = key === undefined ? undefined : this.#keys.get(key);
    if (place !== undefined) {
      this.#items[place] = item;
    } else if (this.#items.length >= this.#bound) {
      this.dropped++;
    } else {
      if (key !== undefined) this.#keys.set(key, this.#items.length);
      this.#items.push(item);
    }
  }

  /** Takes everything, in order. */
  take(): T[] {
    const items = this.#items;
    this.#items = [];
    this.#keys.clear();
    return items;
  }
}
