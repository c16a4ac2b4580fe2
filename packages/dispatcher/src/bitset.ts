/** A growable set of small whole numbers, one bit each. */
export class Bitset {
  #words: Uint32Array = new Uint32Array(8);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(value: number): boolean {
    return ((this.#words[value >>> 5] ?? 0) & (1 << (value & 31))) !== 0;
  }

  add(value: number): void {
    if (value >>> 5 >= this.#words.length) {
      const next = new Uint32Array(Math.max((value >>> 5) + 1, this.#words.length + (this.#words.length >>> 1)));
      next.set(this.#words);
      this.#words = next;
    }
    if (this.has(value)) return;
    this.#words[value >>> 5]! |= 1 << (value & 31);
    this.#size++;
  }

  delete(value: number): void {
    if (!this.has(value)) return;
    this.#words[value >>> 5]! &= ~(1 << (value & 31));
    this.#size--;
  }

  /** The smallest member that is at least `from`, or -1. Members may be added or deleted between two calls. */
  next(from: number): number {
    const words = this.#words;
    let index = from >>> 5;
    if (index >= words.length) return -1;
    let word = words[index]! & (-1 << (from & 31));
    while (word === 0) {
      index++;
      if (index >= words.length) return -1;
      word = words[index]!;
    }
    return (index << 5) + (31 - Math.clz32(word & -word));
  }
}
