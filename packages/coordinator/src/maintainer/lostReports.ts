import type { ComponentStatusRow } from './statusWindow.js';

/** Heartbeat intervals in which what was lost is told once more. */
const REPEATS = 3;

/**
 * Dispatchers that were lost with their worker. The maintainer does not acknowledge component statuses and asked for none
 * of these, so one lost message would leave it with dispatchers that do not exist: each is told again a few times. Bounded
 * by the dispatchers of the lost workers.
 */
export class LostReports {
  #rows: ComponentStatusRow[] = [];
  #repeats = 0;

  add(row: ComponentStatusRow): void {
    this.#rows.push(row);
    this.#repeats = REPEATS;
  }

  /** Tells all of them once more. */
  repeat(tell: (row: ComponentStatusRow) => void): void {
    if (this.#repeats > 0) this.#rows.forEach(tell);
  }

  /** They have left once more. True: that was the last time. */
  told(): boolean {
    if (this.#repeats === 0 || --this.#repeats > 0) return false;
    this.#rows = [];
    return true;
  }

  clear(): void {
    this.#rows = [];
    this.#repeats = 0;
  }
}
