import type { Timer } from '../actor.js';

interface Entry<T> {
  readonly due: number;
  readonly order: number;
  readonly item: T;
  live: boolean;
}

/** Timers in order of time, those of one time in order of their making. A binary heap; a cancelled timer leaves when its time comes. */
export class TimerQueue<T> {
  #heap: Entry<T>[] = [];
  #order = 0;
  #live = 0;

  /** Timers that are neither fired nor cancelled. */
  get size(): number {
    return this.#live;
  }

  /** `onCancel` runs when the timer is cancelled in time. */
  add(due: number, item: T, onCancel?: () => void): Timer {
    const entry: Entry<T> = { due, order: this.#order++, item, live: true };
    this.#heap.push(entry);
    this.#live++;
    this.#up(this.#heap.length - 1);
    return {
      cancel: () => {
        if (!entry.live) return;
        entry.live = false;
        this.#live--;
        onCancel?.();
        this.#compact();
      },
    };
  }

  /** When the next timer is due, if there is one. */
  get nextDue(): number | undefined {
    this.#dropDead();
    return this.#heap[0]?.due;
  }

  /** What the next timer carries, if there is one. */
  get next(): T | undefined {
    this.#dropDead();
    return this.#heap[0]?.item;
  }

  /** Takes the next timer that is due at `now`. */
  take(now: number): T | undefined {
    this.#dropDead();
    const top = this.#heap[0];
    if (top === undefined || top.due > now) return undefined;
    top.live = false;
    this.#live--;
    this.#pop();
    return top.item;
  }

  /** Takes away all timers that carry what `matches` says; `onCancel` is not called. */
  remove(matches: (item: T) => boolean): void {
    for (const entry of this.#heap) if (matches(entry.item)) entry.live = false;
    this.#heap = this.#heap.filter((entry) => entry.live).sort(compare);
    this.#live = this.#heap.length;
  }

  #dropDead(): void {
    while (this.#heap[0]?.live === false) this.#pop();
  }

  /** Keeps cancelled timers from being most of the heap: who always schedules far ahead and cancels would fill memory. */
  #compact(): void {
    if (this.#heap.length < 64 || this.#live > this.#heap.length / 2) return;
    this.#heap = this.#heap.filter((entry) => entry.live).sort(compare);
  }

  #pop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#down(0);
  }

  #up(start: number): void {
    const heap = this.#heap;
    const entry = heap[start] as Entry<T>;
    let i = start;
    while (i > 0) {
      const parent = (i - 1) >>> 1;
      if (compare(heap[parent] as Entry<T>, entry) <= 0) break;
      heap[i] = heap[parent] as Entry<T>;
      i = parent;
    }
    heap[i] = entry;
  }

  #down(start: number): void {
    const heap = this.#heap;
    const entry = heap[start] as Entry<T>;
    let i = start;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && compare(heap[child + 1] as Entry<T>, heap[child] as Entry<T>) < 0) child++;
      if (compare(heap[child] as Entry<T>, entry) >= 0) break;
      heap[i] = heap[child] as Entry<T>;
      i = child;
    }
    heap[i] = entry;
  }
}

function compare(a: { due: number; order: number }, b: { due: number; order: number }): number {
  return a.due - b.due || a.order - b.order;
}
