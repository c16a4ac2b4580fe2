import { performance } from 'node:perf_hooks';
import type { Doorbell } from '@tidegate/ring';
import type { Parking } from '../core/loop.js';

/** How long to look before sleeping, in milliseconds: an answer that comes within it costs no wake-up. */
const SPIN_MS = 0.02;

/** Sleeps on the thread's doorbell, which peers ring when they have published, or freed room that was waited for. */
export class DoorbellParking implements Parking {
  readonly #bell: Doorbell;

  constructor(bell: Doorbell) {
    this.#bell = bell;
  }

  async park(milliseconds: number, ready: () => boolean): Promise<void> {
    const spinEnd = performance.now() + SPIN_MS;
    do if (ready()) return;
    while (performance.now() < spinEnd);
    // Announce the sleep, then look once more: who publishes later sees a sleeper and rings.
    const ticket = this.#bell.arm();
    if (ready()) this.#bell.disarm();
    else await this.#bell.sleep(ticket, milliseconds);
  }

  wake(): void {
    this.#bell.ring();
  }
}
