import {
  ADD,
  COMPARE_EXCHANGE,
  isAtomic,
  LOAD,
  NOTIFY,
  OPERATION_NAMES,
  READ,
  STORE,
  SUB,
  WAIT,
  WRITE,
  WRITE_BYTE,
} from './operations.js';

/** Threads of one scenario at most, successors included; and words that they touch. */
export const MAX_THREADS = 4;
const MAX_PLACES = 256;

/** Per word: its value, then the clock that its last atomic store released. */
const CELL = 1 + MAX_THREADS;
/** Per word: when each thread last touched it in each of four ways. */
const PLAIN_READ = 0;
const PLAIN_WRITE = MAX_THREADS;
const ATOMIC_READ = 2 * MAX_THREADS;
const ATOMIC_WRITE = 3 * MAX_THREADS;
const TOUCHES = 4 * MAX_THREADS;

export interface MemorySnapshot {
  places: number;
  readonly cells: Int32Array;
  readonly touches: Int32Array;
  readonly clocks: Int32Array;
}

/**
 * Shared memory as the explorer sees it: sequentially consistent values, and what happens before what.
 *
 * Every thread has a vector clock. An atomic load takes over the clock that the store it reads from released, as the memory
 * model of JavaScript promises; a notification orders nothing here, although the language has it do so. Two operations on one
 * word, at least one of them plain and at least one a write, that are not ordered by these clocks are a race: on real
 * hardware the payload could be torn or old, whatever the values here say.
 */
export class SharedMemory {
  readonly #initial: Int32Array[];
  /** Where a word lies, by region and word; -1 until it is touched. */
  readonly #placeOf: Int32Array[];
  readonly #words: number[] = [];
  readonly #first: number[] = [];
  readonly #cells = new Int32Array(MAX_PLACES * CELL);
  readonly #touches = new Int32Array(MAX_PLACES * TOUCHES);
  readonly #clocks = new Int32Array(MAX_THREADS * MAX_THREADS);
  readonly #spare: MemorySnapshot[] = [];
  /** The race that the last operation was part of. */
  race: string | undefined;

  constructor(regions: readonly SharedArrayBuffer[]) {
    this.#initial = regions.map((region) => new Int32Array(region).slice());
    this.#placeOf = this.#initial.map((words) => new Int32Array(words.length).fill(-1));
  }

  /** The number of a word, the same for the whole exploration. */
  place(region: number, word: number): number {
    const placeOf = this.#placeOf[region]!;
    let place = placeOf[word]!;
    if (place === -1) {
      place = this.#words.length;
      if (place === MAX_PLACES) throw new Error(`a scenario may touch ${MAX_PLACES} words: make it smaller`);
      placeOf[word] = place;
      this.#words.push(region * 2 ** 20 + word);
      this.#first.push(this.#initial[region]![word]!);
      this.#cells[place * CELL] = this.#first[place]!;
    }
    return place;
  }

  /** Region and word of a place. */
  where(place: number): { region: number; word: number } {
    const at = this.#words[place]!;
    return { region: Math.floor(at / 2 ** 20), word: at % 2 ** 20 };
  }

  peek(place: number): number {
    return this.#cells[place * CELL]!;
  }

  /** Performs anything but a wait's sleeping and a notification's waking, and sees whether it races. */
  perform(thread: number, operation: number, place: number, value: number, other: number): number {
    const now = ++this.#clocks[thread * MAX_THREADS + thread]!;
    const at = place * CELL;
    const cells = this.#cells;
    const old = cells[at]!;
    if (operation === NOTIFY) return 0;
    if (isAtomic(operation)) {
      const swaps = operation !== COMPARE_EXCHANGE || old === value;
      const writes = operation !== LOAD && operation !== WAIT && swaps;
      this.#seeRaces(thread, operation, place, PLAIN_WRITE);
      if (writes) this.#seeRaces(thread, operation, place, PLAIN_READ);
      this.#touches[place * TOUCHES + (writes ? ATOMIC_WRITE : ATOMIC_READ) + thread] = now;
      if (operation === WAIT) return old;
      if (operation !== STORE) this.#acquire(thread, at);
      if (!writes) return old;
      if (operation === STORE) cells[at] = value;
      else if (operation === ADD) cells[at] = old + value;
      else if (operation === SUB) cells[at] = old - value;
      else cells[at] = other;
      this.#release(thread, at);
      return old;
    }
    const writes = operation !== READ;
    this.#seeRaces(thread, operation, place, PLAIN_WRITE);
    this.#seeRaces(thread, operation, place, ATOMIC_WRITE);
    if (writes) {
      this.#seeRaces(thread, operation, place, PLAIN_READ);
      this.#seeRaces(thread, operation, place, ATOMIC_READ);
    }
    this.#touches[place * TOUCHES + (writes ? PLAIN_WRITE : PLAIN_READ) + thread] = now;
    if (operation === WRITE) cells[at] = value;
    if (operation === WRITE_BYTE) cells[at] = (old & ~(0xff << (8 * other))) | ((value & 0xff) << (8 * other));
    return old;
  }

  /** Everything that `before` has done happens before what `after` will do: it was started by it, or follows its exit. */
  order(before: number, after: number): void {
    this.#join(after, this.#clocks, before * MAX_THREADS);
  }

  snapshot(): MemorySnapshot {
    const places = this.#words.length;
    const snapshot = this.#spare.pop() ?? {
      places,
      cells: new Int32Array(MAX_PLACES * CELL),
      touches: new Int32Array(MAX_PLACES * TOUCHES),
      clocks: new Int32Array(MAX_THREADS * MAX_THREADS),
    };
    snapshot.places = places;
    snapshot.cells.set(this.#cells.subarray(0, places * CELL));
    snapshot.touches.set(this.#touches.subarray(0, places * TOUCHES));
    snapshot.clocks.set(this.#clocks);
    return snapshot;
  }

  /** The snapshot is not needed any more: its memory is used again. */
  discard(snapshot: MemorySnapshot): void {
    this.#spare.push(snapshot);
  }

  restore(snapshot: MemorySnapshot): void {
    const { places } = snapshot;
    this.#cells.set(snapshot.cells.subarray(0, places * CELL));
    this.#touches.set(snapshot.touches.subarray(0, places * TOUCHES));
    this.#clocks.set(snapshot.clocks);
    const now = this.#words.length;
    this.#touches.fill(0, places * TOUCHES, now * TOUCHES);
    this.#cells.fill(0, places * CELL, now * CELL);
    for (let place = places; place < now; place++) this.#cells[place * CELL] = this.#first[place]!;
    this.race = undefined;
  }

  /**
   * A hash of what later operations can depend on. When each thread touched what follows from its own course, which is hashed
   * elsewhere. Words that were not written add nothing, so that it does not matter which were touched.
   */
  hash(seed: number): number {
    let sum = seed;
    for (const clock of this.#clocks) sum = mix(sum ^ clock);
    let cells = 0;
    for (let place = 0; place < this.#words.length; place++) {
      const at = place * CELL;
      let released = 0;
      for (let i = 1; i < CELL; i++) released = Math.imul(released ^ this.#cells[at + i]!, 0x01000193);
      const value = this.#cells[at]!;
      if (released !== 0 || value !== this.#first[place]) cells = (cells + mix(mix(seed ^ place ^ mix(value)) ^ released)) | 0;
    }
    return mix(sum ^ cells);
  }

  #seeRaces(thread: number, operation: number, place: number, touch: number): void {
    const at = place * TOUCHES + touch;
    for (let other = 0; other < MAX_THREADS; other++) {
      if (other === thread || this.#touches[at + other]! <= this.#clocks[thread * MAX_THREADS + other]!) continue;
      const how = touch === PLAIN_READ ? 'a read' : touch === PLAIN_WRITE ? 'a write' : 'an atomic operation';
      this.race = `${OPERATION_NAMES[operation]} is not ordered after ${how} of the same word by thread ${other}`;
    }
  }

  #acquire(thread: number, at: number): void {
    this.#join(thread, this.#cells, at + 1);
  }

  #release(thread: number, at: number): void {
    for (let i = 0; i < MAX_THREADS; i++) this.#cells[at + 1 + i] = this.#clocks[thread * MAX_THREADS + i]!;
  }

  #join(thread: number, clocks: Int32Array, from: number): void {
    for (let i = 0; i < MAX_THREADS; i++) {
      const at = thread * MAX_THREADS + i;
      if (clocks[from + i]! > this.#clocks[at]!) this.#clocks[at] = clocks[from + i]!;
    }
  }
}

/** A well-mixed 32-bit number. */
export function mix(value: number): number {
  let x = Math.imul(value ^ (value >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return x ^ (x >>> 15);
}
