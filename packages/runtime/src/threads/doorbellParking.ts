import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Doorbell } from '@tidegate/ring';
import type { Parking } from '../core/loop.js';
import type { OwedBell } from './owedBell.js';

/**
 * How long to look before sleeping, in milliseconds: what comes within it costs no wake-up, which takes longer than the least of it
 * and costs whoever has to ring as much. Where sleeps turn out short, traffic is heavy and looking longer saves them; where they
 * turn out long, or nobody gets to answer because one looks, it is for nothing.
 */
const SPIN_LEAST_MS = 0.02;
const SPIN_MOST_MS = 0.2;

/** Sleeps on the thread's doorbell, which peers ring when they have published, or freed room that was waited for. */
export class DoorbellParking implements Parking {
  readonly #bell: Doorbell;
  readonly #others: readonly OwedBell[];
  readonly #blocks: boolean;
  #woken = false;
  #spin = SPIN_LEAST_MS;

  /** `others`: the bells of the threads that this one publishes to. `blocks`: it sleeps with its event loop standing still. */
  constructor(bell: Doorbell, others: Iterable<OwedBell>, blocks: boolean) {
    this.#bell = bell;
    this.#others = [...others];
    this.#blocks = blocks;
  }

  awake(): void {
    this.#woken = false;
  }

  async park(milliseconds: number, ready: () => boolean): Promise<void> {
    const start = performance.now();
    do if (this.#woken || ready()) return;
    while (performance.now() < start + this.#spin);
    // What lies in a port is taken before the loop stands still; who posts later knocks.
    if (this.#blocks) await nextTurn();
    const asleep = performance.now();
    if (this.#blocks) this.#bell.sleepUntilBlocking(() => this.#isWanted(ready), start + milliseconds - asleep);
    else await this.#sleep(start + milliseconds, ready);
    const isShort = performance.now() - asleep < SPIN_MOST_MS;
    this.#spin = isShort ? Math.min(this.#spin * 2, SPIN_MOST_MS) : Math.max(this.#spin / 2, SPIN_LEAST_MS);
  }

  async #sleep(until: number, ready: () => boolean): Promise<void> {
    for (let left = until - performance.now(); left > 0; left = until - performance.now()) {
      // Announce the sleep, then look once more: who publishes later sees a sleeper and rings.
      const ticket = this.#bell.arm();
      if (this.#woken || ready()) {
        this.#bell.disarm();
        return;
      }
      // The bell sleeps in slices; one that ends without a ring is no reason to turn the whole loop.
      await this.#bell.sleep(ticket, left);
    }
  }

  #isWanted(ready: () => boolean): boolean {
    return this.#woken || ready() || this.#bell.takeKnock();
  }

  wake(): void {
    // Between two slices nobody is armed and a ring says nothing: the flag does.
    this.#woken = true;
    this.#bell.ring();
  }

  wakeOthers(): void {
    for (const bell of this.#others) bell.settle();
  }
}
