/**
 * Calls of which only the newest matters, one at a time: while one runs a later one waits, and takes the place of whatever
 * waited. So they are bounded however slow the other side is, and never overtake each other.
 */
export class LatestOnly<T> {
  #begin: (value: T) => void;
  #running = false;
  #next: T | undefined;

  /** `begin` begins a call; whoever began it calls {@link over} when it has ended, in whatever way. */
  constructor(begin: (value: T) => void) {
    this.#begin = begin;
  }

  offer(value: T): void {
    if (this.#running) {
      this.#next = value;
      return;
    }
    this.#running = true;
    this.#begin(value);
  }

  over(): void {
    this.#running = false;
    const next = this.#next;
    this.#next = undefined;
    if (next !== undefined) this.offer(next);
  }
}
