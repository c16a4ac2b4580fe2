/** Chance from a seed: the same seed, the same draws. Small on purpose; good enough to choose schedules, not secrets. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** An unsigned 32-bit number. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** A whole number from 0 to `bound - 1`. */
  below(bound: number): number {
    return this.next() % bound;
  }

  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** True in so many cases of a thousand. */
  chance(perMille: number): boolean {
    return this.next() % 1000 < perMille;
  }

  one<T>(...values: readonly [T, ...T[]]): T {
    return values[this.below(values.length)] as T;
  }

  pick<T>(values: readonly T[]): T {
    if (values.length === 0) throw new RangeError('there is nothing to pick from');
    return values[this.below(values.length)] as T;
  }

  /** A generator of its own for one purpose: what it draws does not shift what others draw. */
  fork(purpose: number): Random {
    return new Random(Math.imul(this.#state ^ 0x9e3779b9, purpose | 1) ^ purpose);
  }
}
