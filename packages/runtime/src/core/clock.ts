import { performance } from 'node:perf_hooks';

/** Milliseconds on a clock that never goes back. */
export interface Clock {
  now(): number;
}

/** A clock that moves only when told. */
export class VirtualClock implements Clock {
  #time = 0;

  now(): number {
    return this.#time;
  }

  /** Moves to `time`; a time that has passed changes nothing. */
  moveTo(time: number): void {
    if (time > this.#time) this.#time = time;
  }
}

/**
 * The machine's monotonic clock. `performance.now()` begins at zero on each thread, so the difference to the clock that
 * all threads share is taken once: two actors on two threads read the same time.
 */
export class RealClock implements Clock {
  readonly #offset: number;

  constructor() {
    const [seconds, nanoseconds] = process.hrtime();
    this.#offset = seconds * 1_000 + nanoseconds / 1e6 - performance.now();
  }

  now(): number {
    return performance.now() + this.#offset;
  }
}
