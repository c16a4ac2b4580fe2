import { growColumn } from './columns.js';
import { NONE } from './tableIndex.js';

/** Links the tasks of a table, by handle. Nothing is kept as long as no table has had several: then each is alone. */
export class TaskLinks {
  #next: Uint32Array = new Uint32Array(0);
  #prev: Uint32Array = new Uint32Array(0);
  #capacity = 0;

  grow(capacity: number): void {
    this.#capacity = capacity;
    if (this.#next.length > 0) this.#make();
  }

  next(handle: number): number {
    return this.#next[handle] ?? NONE;
  }

  /** Puts a task before the one that was the first of its table, or {@link NONE}. */
  link(handle: number, first: number): void {
    if (this.#next.length === 0) {
      if (first === NONE) return;
      this.#make();
    }
    this.#next[handle] = first;
    this.#prev[handle] = NONE;
    if (first !== NONE) this.#prev[first] = handle;
  }

  /** Takes a task out. Returns the next one if it was the first of its table, else undefined. */
  unlink(handle: number): number | undefined {
    const next = this.next(handle);
    const prev = this.#prev[handle] ?? NONE;
    if (next !== NONE) this.#prev[next] = prev;
    if (prev === NONE) return next;
    this.#next[prev] = next;
    return undefined;
  }

  #make(): void {
    const from = this.#next.length;
    this.#next = growColumn(this.#next, this.#capacity).fill(NONE, from);
    this.#prev = growColumn(this.#prev, this.#capacity).fill(NONE, from);
  }
}
