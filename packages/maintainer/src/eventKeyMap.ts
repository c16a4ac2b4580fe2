import type { EventKey } from '@tidegate/protocol';

/** A map from event keys, in the order in which they were set. No text is made of a key for it. */
export class EventKeyMap<V> {
  readonly #map = new Map<bigint, V>();

  get size(): number {
    return this.#map.size;
  }

  get(key: EventKey): V | undefined {
    return this.#map.get(place(key));
  }

  has(key: EventKey): boolean {
    return this.#map.has(place(key));
  }

  set(key: EventKey, value: V): void {
    this.#map.set(place(key), value);
  }

  delete(key: EventKey): boolean {
    return this.#map.delete(place(key));
  }

  clear(): void {
    this.#map.clear();
  }

  values(): IterableIterator<V> {
    return this.#map.values();
  }
}

/** One number for both parts of a key, in the order of B-1. */
function place({ commitTs, isSyncPoint }: EventKey): bigint {
  return isSyncPoint ? (commitTs << 1n) | 1n : commitTs << 1n;
}
