import { isStatus, type StatusObject } from '../transport/status.js';
import type { Received } from '../transport/transport.js';

/** Takes statuses that come as calls or tasks, and checks each in every field. Their order is not promised, so each must come once. */
export class Receiver {
  #seen = new Set<number>();
  #faults = 0;

  take(status: StatusObject): void {
    if (!isStatus(status, status.tsLow) || this.#seen.has(status.tsLow)) this.#faults++;
    this.#seen.add(status.tsLow);
  }

  /** What came since the last call of this: different statuses, and what was wrong. */
  report(): Received {
    const report = { count: this.#seen.size, faults: this.#faults };
    this.#seen = new Set();
    this.#faults = 0;
    return report;
  }
}
