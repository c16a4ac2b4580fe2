import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Scheduler } from './scheduler.js';

/** Milliseconds of work before the event loop gets its turn: completions of I/O and control calls must not starve. */
const WORK_SLICE = 1;
/**
 * Milliseconds of work after which other threads that sleep are woken for what was made visible to them. A wake-up costs who
 * gives it tens of microseconds: one for everything of a while, not one for every turn. Who has nothing to do wakes them at once.
 */
const WAKE_AFTER = 0.3;
/** Longest delay that a Node timer takes. */
const LONGEST_SLEEP = 2 ** 31 - 1;

/** Where a thread sleeps when its actors have nothing to do. */
export interface Parking {
  /** The thread begins to look for work: a {@link wake} before this moment is seen to, one after it keeps the next park from sleeping. */
  awake(): void;
  /** Sleeps at most `milliseconds`, shorter when woken or when `ready` turns out true. Holds the event loop open. */
  park(milliseconds: number, ready: () => boolean): Promise<void>;
  wake(): void;
  /** Wakes the other threads for which something was made visible. */
  wakeOthers(): void;
}

/** Runs a scheduler on the real clock until {@link end}. */
export class Loop {
  readonly #scheduler: Scheduler;
  readonly #parking: Parking;
  readonly #afterWork: () => void;
  #ended = false;

  /** `afterWork` runs between turns: the place to tell the outside. */
  constructor(scheduler: Scheduler, parking: Parking, afterWork: () => void) {
    this.#scheduler = scheduler;
    this.#parking = parking;
    this.#afterWork = afterWork;
    scheduler.onWake = () => parking.wake();
  }

  async run(): Promise<void> {
    const { clock } = this.#scheduler;
    const ready = () => this.#ended || this.#scheduler.ready;
    while (!this.#ended) {
      this.#parking.awake();
      let now = clock.now();
      const sliceEnd = now + WORK_SLICE;
      let wakeAt = now + WAKE_AFTER;
      let handled = 0;
      do {
        handled = this.#scheduler.iterate();
        now = clock.now();
        if (now < wakeAt) continue;
        this.#parking.wakeOthers();
        wakeAt = now + WAKE_AFTER;
      } while (handled > 0 && !this.#ended && now < sliceEnd);
      this.#parking.wakeOthers();
      this.#afterWork();
      if (handled > 0 || ready()) {
        await nextTurn();
      } else {
        const due = this.#scheduler.nextDue;
        const sleep = due === undefined ? LONGEST_SLEEP : Math.min(due - clock.now(), LONGEST_SLEEP);
        if (sleep > 0) await this.#parking.park(sleep, ready);
      }
    }
    this.#scheduler.refuseRest();
    this.#scheduler.releaseWaiters();
    this.#parking.wakeOthers();
    this.#afterWork();
  }

  end(): void {
    this.#ended = true;
    this.#parking.wake();
  }
}
