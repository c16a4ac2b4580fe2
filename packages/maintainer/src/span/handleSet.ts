const EMPTY = 0xffff_ffff;
const SMALL = 16;
const PIECE = 1024;

/**
 * A set of small unsigned integers (handles, table slots). A few members live in an array that is searched, many in a
 * bitset: an event over three tables costs bytes, one over a million handles a bit each. `add`, `delete` and `has` are
 * O(1) and allocate nothing once the bitset has its size.
 */
export class HandleSet {
  #size = 0;
  #few: Uint32Array | undefined = new Uint32Array(SMALL).fill(EMPTY);
  #bits: Uint32Array = new Uint32Array(0);

  get size(): number {
    return this.#size;
  }

  has(value: number): boolean {
    if (this.#few === undefined) {
      const word = value >>> 5;
      return word < this.#bits.length && (this.#bits[word]! & (1 << (value & 31))) !== 0;
    }
    return this.#few.indexOf(value) >= 0;
  }

  /** True when `value` was not a member before. */
  add(value: number): boolean {
    if (this.#few === undefined) {
      const word = value >>> 5;
      if (word >= this.#bits.length) this.#growBits(word + 1);
      const old = this.#bits[word]!;
      const bit = 1 << (value & 31);
      if ((old & bit) !== 0) return false;
      this.#bits[word] = old | bit;
      this.#size++;
      return true;
    }
    if (this.#few.indexOf(value) >= 0) return false;
    if (this.#size === SMALL) {
      this.#toBits();
      return this.add(value);
    }
    this.#few[this.#few.indexOf(EMPTY)] = value;
    this.#size++;
    return true;
  }

  /** Adds the first `count` of `values`, moves those that are new to the front, and returns how many they are. */
  addAll(values: Uint32Array, count: number): number {
    if (this.#few !== undefined && this.#size + count > SMALL) this.#toBits();
    let added = 0;
    if (this.#few !== undefined) {
      for (let i = 0; i < count; i++) if (this.add(values[i]!)) values[added++] = values[i]!;
      return added;
    }
    let bits = this.#bits;
    // Neighbours share a word: it is written back when another one is needed.
    let word = 0;
    let present = bits[0]!;
    for (let i = 0; i < count; i++) {
      const value = values[i]!;
      if (value >>> 5 !== word) {
        bits[word] = present;
        word = value >>> 5;
        if (word >= bits.length) {
          this.#growBits(word + 1);
          bits = this.#bits;
        }
        present = bits[word]!;
      }
      const bit = 1 << (value & 31);
      if ((present & bit) !== 0) continue;
      present |= bit;
      values[added++] = value;
    }
    bits[word] = present;
    this.#size += added;
    return added;
  }

  /** Adds `from` … `to` − 1. False: some of them are members, or members are few, and nothing has changed. */
  addRange(from: number, to: number): boolean {
    if (this.#few !== undefined && this.#size + to - from > SMALL) this.#toBits();
    if (this.#few !== undefined) return false;
    const last = (to - 1) >>> 5;
    if (last >= this.#bits.length) this.#growBits(last + 1);
    const bits = this.#bits;
    for (let word = from >>> 5; word <= last; word++) if ((bits[word]! & maskOf(word, from, to)) !== 0) return false;
    for (let word = from >>> 5; word <= last; word++) bits[word]! |= maskOf(word, from, to);
    this.#size += to - from;
    return true;
  }

  /** Takes out whatever there is of `from` … `to` − 1. */
  deleteRange(from: number, to: number): void {
    if (this.#few !== undefined) {
      for (let value = from; value < to; value++) this.delete(value);
      return;
    }
    const bits = this.#bits;
    const end = Math.min((to + 31) >>> 5, bits.length);
    for (let word = from >>> 5; word < end; word++) {
      const found = bits[word]! & maskOf(word, from, to);
      if (found === 0) continue;
      this.#size -= countBits(found);
      bits[word]! &= ~found;
    }
  }

  /** Takes out the first `count` of `values`. */
  deleteAll(values: Uint32Array, count: number): void {
    if (this.#few !== undefined) {
      for (let i = 0; i < count; i++) this.delete(values[i]!);
      return;
    }
    const bits = this.#bits;
    let deleted = 0;
    let word = 0;
    let present = bits[0]!;
    for (let i = 0; i < count; i++) {
      const value = values[i]!;
      if (value >>> 5 !== word) {
        if (value >>> 5 >= bits.length) continue;
        bits[word] = present;
        word = value >>> 5;
        present = bits[word]!;
      }
      const bit = 1 << (value & 31);
      if ((present & bit) === 0) continue;
      present &= ~bit;
      deleted++;
    }
    bits[word] = present;
    this.#size -= deleted;
  }

  /** True when `value` was a member. */
  delete(value: number): boolean {
    if (this.#few === undefined) {
      const word = value >>> 5;
      if (word >= this.#bits.length) return false;
      const old = this.#bits[word]!;
      const bit = 1 << (value & 31);
      if ((old & bit) === 0) return false;
      this.#bits[word] = old & ~bit;
      this.#size--;
      return true;
    }
    const at = this.#few.indexOf(value);
    if (at < 0) return false;
    this.#few[at] = EMPTY;
    this.#size--;
    return true;
  }

  /** Makes the members 0 … `end` − 1, whatever they were. */
  fill(end: number): void {
    this.clear();
    if (end <= SMALL) for (let value = 0; value < end; value++) this.add(value);
    else {
      this.#few = undefined;
      this.#size = end;
      this.#bits = new Uint32Array((end + 31) >>> 5).fill(0xffff_ffff);
      if ((end & 31) !== 0) this.#bits[this.#bits.length - 1] = (1 << (end & 31)) - 1;
    }
  }

  /** Makes the members those of `other`. */
  copy(other: HandleSet): void {
    this.#size = other.#size;
    this.#few = other.#few?.slice();
    this.#bits = other.#bits.slice();
  }

  /** Empties the set and gives its memory back. */
  clear(): void {
    this.#size = 0;
    this.#few = new Uint32Array(SMALL).fill(EMPTY);
    this.#bits = new Uint32Array(0);
  }

  /** Visits the members, in ascending order once there are many, until `visit` returns false. */
  forEach(visit: (value: number) => unknown): void {
    if (this.#few !== undefined) {
      for (const value of this.#few) if (value !== EMPTY && visit(value) === false) return;
      return;
    }
    for (let word = 0; word < this.#bits.length; word++) {
      for (let rest = this.#bits[word]!; rest !== 0; rest &= rest - 1) {
        if (visit((word << 5) + (31 - Math.clz32(rest & -rest))) === false) return;
      }
    }
  }

  /** Hands the members over in pieces: the first `count` of `values`, which may be overwritten. */
  forEachPiece(visit: (values: Uint32Array, count: number) => void): void {
    if (this.#few !== undefined) {
      const few = this.#few.filter((value) => value !== EMPTY);
      if (few.length > 0) visit(few, few.length);
      return;
    }
    const bits = this.#bits;
    const piece = new Uint32Array(PIECE);
    let count = 0;
    for (let word = 0; word < bits.length; word++) {
      if (count > PIECE - 32) {
        visit(piece, count);
        count = 0;
      }
      for (let rest = bits[word]!; rest !== 0; rest &= rest - 1) piece[count++] = (word << 5) + (31 - Math.clz32(rest & -rest));
    }
    if (count > 0) visit(piece, count);
  }

  toArray(): number[] {
    const values: number[] = [];
    this.forEach((value) => {
      values.push(value);
    });
    return values.sort((a, b) => a - b);
  }

  #toBits(): void {
    const few = this.#few as Uint32Array;
    this.#few = undefined;
    this.#size = 0;
    this.#growBits(1);
    for (const value of few) if (value !== EMPTY) this.add(value);
  }

  #growBits(words: number): void {
    const grown = new Uint32Array(Math.max(words, this.#bits.length * 2, 8));
    grown.set(this.#bits);
    this.#bits = grown;
  }
}

/** Which bits of a word stand for `from` … `to` − 1, some of which are in it. */
function maskOf(word: number, from: number, to: number): number {
  const first = word << 5;
  const below = from > first ? (1 << (from - first)) - 1 : 0;
  const upTo = to - first >= 32 ? -1 : (1 << (to - first)) - 1;
  return upTo & ~below;
}

function countBits(word: number): number {
  let pairs = word - ((word >>> 1) & 0x5555_5555);
  pairs = (pairs & 0x3333_3333) + ((pairs >>> 2) & 0x3333_3333);
  return Math.imul((pairs + (pairs >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}
