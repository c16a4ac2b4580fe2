/**
 * Lets one thread decide, step by step, how far another one gets: the other waits before each of its steps until it is
 * let through. Steps are whatever calls {@link Turnstile.pass}; {@link gateAtomics} makes one of every atomic operation,
 * so that the code under test is the code that ships.
 */
type AtomicsName = 'load' | 'store' | 'add' | 'sub' | 'compareExchange' | 'notify' | 'waitAsync';

const NAMES: readonly AtomicsName[] = ['load', 'store', 'add', 'sub', 'compareExchange', 'notify', 'waitAsync'];

/** Words: steps let through; steps arrived at (a finished course counts as one more); 1 when the course is over; the course. */
const GRANTED = 0;
const ARRIVED = 1;
const OVER = 2;
const COURSE = 3;

/** How long either side waits for the other before it says that it hangs, in milliseconds. */
const PATIENCE_MS = 20_000;

/** Calls `gate` before every atomic operation of this thread. Returns what undoes that. */
export function gateAtomics(gate: (name: AtomicsName) => void): () => void {
  const atomics: Record<AtomicsName, (...values: never[]) => unknown> = Atomics;
  const real = { ...Object.fromEntries(NAMES.map((name) => [name, atomics[name]])) } as typeof atomics;
  for (const name of NAMES) {
    atomics[name] = (...values: never[]) => {
      gate(name);
      return real[name](...values);
    };
  }
  return () => void Object.assign(atomics, real);
}

export class Turnstile {
  readonly #words: Int32Array;
  // The real operations, whatever is gated later.
  readonly #load = Atomics.load.bind(Atomics);
  readonly #store = Atomics.store.bind(Atomics);
  readonly #add = Atomics.add.bind(Atomics);
  readonly #notify = Atomics.notify.bind(Atomics);
  #arrived = 0;

  constructor(sab: SharedArrayBuffer) {
    this.#words = new Int32Array(sab);
  }

  static create(): SharedArrayBuffer {
    return new SharedArrayBuffer(16);
  }

  /** Stepping thread: waits until the next step is let through. */
  pass(): void {
    this.#arrive();
    this.#await(GRANTED, (granted) => granted >= this.#arrived);
  }

  /** Stepping thread: waits for the next course and returns what it is; each starts before its first step. */
  nextCourse(): number {
    this.#await(COURSE, (course) => course !== 0);
    const course = this.#load(this.#words, COURSE);
    this.#arrived = 0;
    this.#store(this.#words, COURSE, 0);
    return course;
  }

  /** Stepping thread: the course is over. */
  over(): void {
    this.#store(this.#words, OVER, 1);
    this.#arrive();
  }

  /** Deciding thread: starts a course (not 0) and returns when the other stands before its first step. */
  start(course: number): void {
    for (const word of [GRANTED, ARRIVED, OVER]) this.#store(this.#words, word, 0);
    this.#store(this.#words, COURSE, course);
    this.#notify(this.#words, COURSE);
    this.#await(ARRIVED, (arrived) => arrived > 0);
  }

  /** Deciding thread: lets one step through and returns when it is done. False: the course is over. */
  step(): boolean {
    if (this.isOver) return false;
    const granted = this.#add(this.#words, GRANTED, 1) + 1;
    this.#notify(this.#words, GRANTED);
    this.#await(ARRIVED, (arrived) => arrived > granted);
    return true;
  }

  get isOver(): boolean {
    return this.#load(this.#words, OVER) === 1;
  }

  #arrive(): void {
    this.#arrived++;
    this.#store(this.#words, ARRIVED, this.#arrived);
    this.#notify(this.#words, ARRIVED);
  }

  #await(word: number, enough: (value: number) => boolean): void {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const value = this.#load(this.#words, word);
      if (enough(value)) return;
      if (performance.now() > deadline)
        throw new Error(`turnstile: the other side is not getting on (word ${word} stays ${value})`);
      Atomics.wait(this.#words, word, value, 1000);
    }
  }
}
