import { performance } from 'node:perf_hooks';
import type { Doorbell } from '@tidegate/ring';
import type { Parking } from '../core/loop.js';

/** How long to look before sleeping, in milliseconds: an answer that comes within it costs no wake-up. */
const SPIN_MS = 0.02;

/** Sleeps on the thread's doorbell, which peers ring when they have published, or freed room that was waited for. */
export class DoorbellParking implements Parking {
  readonly #bell: Doorbell;
  #woken = false;

  constructor(bell: Doorbell) {
    this.#bell = bell;
  }

  awake(): void {
    this.#woken = false;
  }

  async park(milliseconds: number, ready: () => boolean): Promise<void> {
    const start = performance.now();
    do if (this.#woken || ready()) return;
    while (performance.now() < start + SPIN_MS);
    for (let left = milliseconds; left > 0; left = start + milliseconds - performance.now()) {
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

  wake(): void {
    // Between two slices nobody is armed and a ring says nothing: the flag does.
    this.#woken = true;
    this.#bell.ring();
  }
}
