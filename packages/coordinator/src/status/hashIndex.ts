const MIN_SLOTS = 16;

/**
 * An open-addressing index from hashes to entry numbers, in two flat arrays. It stores no keys: whoever owns the entries
 * walks the probe sequence and compares. No allocation but when it grows.
 *
 * ```
 * for (let at = hash & index.mask; index.slots[at] !== 0; at = (at + 1) & index.mask) {
 *   const entry = index.slots[at] - 1;   // compare entry's key here
 * }
 * ```
 */
export class HashIndex {
  /** Entry number plus one; 0 is an empty slot. */
  slots: Int32Array = new Int32Array(MIN_SLOTS);
  mask: number = MIN_SLOTS - 1;
  #hashes = new Int32Array(MIN_SLOTS);
  #size = 0;

  /** Entries in the index. */
  get size(): number {
    return this.#size;
  }

  /** Adds an entry that is not in the index yet. */
  insert(entry: number, hash: number): void {
    // Half full at most: probe sequences stay short.
    if (this.#size * 2 >= this.slots.length) this.#grow();
    this.#size++;
    this.#place(entry + 1, hash);
  }

  /** Removes an entry that was inserted with `hash`, closing the gap so that no tombstone is left. */
  remove(entry: number, hash: number): void {
    const { slots, mask } = this;
    let gap = hash & mask;
    while (slots[gap] !== entry + 1) gap = (gap + 1) & mask;
    for (let at = (gap + 1) & mask; slots[at] !== 0; at = (at + 1) & mask) {
      const home = this.#hashes[at]! & mask;
      // Whoever would be found from its home before the gap as well may move into it.
      if (((at - home) & mask) >= ((at - gap) & mask)) {
        slots[gap] = slots[at]!;
        this.#hashes[gap] = this.#hashes[at]!;
        gap = at;
      }
    }
    slots[gap] = 0;
    this.#size--;
  }

  #place(stored: number, hash: number): void {
    let at = hash & this.mask;
    while (this.slots[at] !== 0) at = (at + 1) & this.mask;
    this.slots[at] = stored;
    this.#hashes[at] = hash;
  }

  #grow(): void {
    const { slots } = this;
    const hashes = this.#hashes;
    this.slots = new Int32Array(slots.length * 2);
    this.#hashes = new Int32Array(slots.length * 2);
    this.mask = this.slots.length - 1;
    for (let at = 0; at < slots.length; at++) if (slots[at] !== 0) this.#place(slots[at]!, hashes[at]!);
  }
}

/** Spreads the bits of a 32-bit number (the finaliser of murmur3). */
export function mix32(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
