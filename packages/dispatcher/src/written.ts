import { type EventKey, formatEventKey } from '@tidegate/protocol';

/**
 * Events that dispatchers of this group wrote (T-C): a repeated Write of one of them is answered DONE, any other old Write
 * with UNKNOWN. Bounded: the oldest is forgotten, and then answered UNKNOWN, on which nobody advances.
 */
export class WrittenMemory {
  #keys = new Set<string>();
  #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  add(handle: number, generation: number, key: EventKey): void {
    this.#keys.add(nameOf(handle, generation, key));
    if (this.#keys.size <= this.#most) return;
    const [oldest] = this.#keys;
    if (oldest !== undefined) this.#keys.delete(oldest);
  }

  has(handle: number, generation: number, key: EventKey): boolean {
    return this.#keys.has(nameOf(handle, generation, key));
  }
}

function nameOf(handle: number, generation: number, key: EventKey): string {
  return `${handle}.${generation}:${formatEventKey(key)}`;
}
