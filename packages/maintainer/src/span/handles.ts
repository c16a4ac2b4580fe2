import { FIRST_HANDLE, MAX_HANDLE } from '@tidegate/protocol';
import { HandleSpaceError } from '../errors.js';

/** Handles that rest before one is given out again: late statuses of a former owner then seldom meet the next one. */
const REST = 1024;

/**
 * Gives out dispatcher handles, dense from {@link FIRST_HANDLE}. Freed ones queue up and are reused oldest first, and
 * only once enough of them rest or no fresh one is left.
 */
export class Handles {
  #next = FIRST_HANDLE;
  #ring: Uint32Array = new Uint32Array(64);
  #head = 0;
  #count = 0;
  readonly #limit: number;

  constructor(limit: number = MAX_HANDLE) {
    this.#limit = limit;
  }

  /** One more than the largest handle in use so far. */
  get end(): number {
    return this.#next;
  }

  /** Throws {@link HandleSpaceError} when every handle is in use. */
  take(): number {
    if (this.#count > REST || (this.#next > this.#limit && this.#count > 0)) {
      const handle = this.#ring[this.#head]!;
      this.#head = (this.#head + 1) & (this.#ring.length - 1);
      this.#count--;
      return handle;
    }
    if (this.#next > this.#limit) throw new HandleSpaceError(this.#limit - FIRST_HANDLE + 1);
    return this.#next++;
  }

  /** Marks a handle as in use that a host reported; those skipped over become free. */
  claimUpTo(handle: number): void {
    while (this.#next <= handle) this.give(this.#next++);
  }

  /** Takes one particular handle out of the free ones. Linear: for bootstrap, after {@link claimUpTo}. */
  withdraw(taken: ReadonlySet<number>): void {
    const kept: number[] = [];
    for (let i = 0; i < this.#count; i++) {
      const handle = this.#ring[(this.#head + i) & (this.#ring.length - 1)]!;
      if (!taken.has(handle)) kept.push(handle);
    }
    this.#count = 0;
    this.#head = 0;
    for (const handle of kept) this.give(handle);
  }

  give(handle: number): void {
    if (this.#count === this.#ring.length) this.#growRing();
    this.#ring[(this.#head + this.#count++) & (this.#ring.length - 1)] = handle;
  }

  #growRing(): void {
    const grown = new Uint32Array(this.#ring.length * 2);
    for (let i = 0; i < this.#count; i++) grown[i] = this.#ring[(this.#head + i) & (this.#ring.length - 1)]!;
    this.#ring = grown;
    this.#head = 0;
  }
}
