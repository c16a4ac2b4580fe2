import { FIRST_HANDLE, MAX_HANDLE } from '@tidegate/protocol';
import { HandleSpaceError } from '../errors.js';

/** Handles that rest before one is given out again: late statuses of a former owner then seldom meet the next one. */
const REST = 1024;

/**
 * Gives out dispatcher handles, dense from {@link FIRST_HANDLE}, and their generations. Freed handles queue up and are
 * reused oldest first, and only once enough of them rest or no fresh one is left. The pipelines of a changefeed share one:
 * workers and coordinators know a dispatcher by handle and generation, whatever its mode.
 */
export class Handles {
  #next = FIRST_HANDLE;
  #ring: Uint32Array = new Uint32Array(64);
  #head = 0;
  #count = 0;
  readonly #limit: number;
  #nextGeneration: number;

  /** `firstGeneration`: the lower bound of all generations, the maintainer's epoch. */
  constructor(options: { readonly limit?: number; readonly firstGeneration?: number } = {}) {
    this.#limit = options.limit ?? MAX_HANDLE;
    this.#nextGeneration = (options.firstGeneration ?? 0) >>> 0;
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

  /** A generation that no handle has had. */
  takeGeneration(): number {
    const generation = this.#nextGeneration;
    this.#nextGeneration = (generation + 1) >>> 0;
    return generation;
  }

  /** Later generations are larger than one that a host reported. */
  raiseGeneration(generation: number): void {
    this.#nextGeneration = Math.max(this.#nextGeneration, (generation + 1) >>> 0);
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
