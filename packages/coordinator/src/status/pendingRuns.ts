import { stretchesOf } from '@tidegate/protocol';
import type { ColumnViews } from './columnViews.js';

/** Statuses as a request has them. */
export interface RunColumns {
  readonly handle: Uint32Array;
  readonly generation: Uint32Array;
  /** Undefined: not said. */
  readonly stretches: Uint32Array | undefined;
}

/** A stretch that is worth telling. */
const LEAST = 4;

/**
 * Statuses in order of arrival, as runs: dispatchers that were created one after the other, so that handles and generations follow each other,
 * and of which the same is said, are one entry, however many they are. Who fits nobody is a run of one. A ring with room for as
 * many runs as there can be statuses; nothing is allocated later.
 */
export class PendingRuns {
  /** Of the run in a slot: its first handle and generation, its statuses, and what all of them say. Signed, so that none is a boxed number. */
  readonly first: Int32Array;
  readonly generation: Int32Array;
  readonly count: Int32Array;
  readonly what: Int32Array;
  readonly mask: number;
  /** Slot of the first run. */
  head = 0;
  /** Runs, and statuses. */
  size = 0;
  length = 0;

  constructor(capacity: number) {
    const slots = 2 ** Math.ceil(Math.log2(capacity));
    this.first = new Int32Array(slots);
    this.generation = new Int32Array(slots);
    this.count = new Int32Array(slots);
    this.what = new Int32Array(slots);
    this.mask = slots - 1;
  }

  /** Adds statuses of dispatchers from `handle` on, the first of `generation`. There must be room. */
  push(handle: number, generation: number, what: number, count: number): void {
    const { mask } = this;
    this.length += count;
    const last = (this.head + this.size - 1) & mask;
    if (
      this.what[last] === what &&
      this.first[last]! + this.count[last]! === handle &&
      ((this.generation[last]! + this.count[last]!) | 0) === generation &&
      this.size > 0
    ) {
      this.count[last]! += count;
      return;
    }
    const at = (last + 1) & mask;
    this.first[at] = handle;
    this.generation[at] = generation;
    this.count[at] = count;
    this.what[at] = what;
    this.size++;
  }

  /** Whether the first `rows` statuses all say `what`. */
  saysOf(rows: number, what: number): boolean {
    let at = this.head;
    for (let left = rows; left > 0; at = (at + 1) & this.mask) {
      if (this.what[at] !== what) return false;
      left -= this.count[at]!;
    }
    return true;
  }

  /** Handles and generations of the first `rows` statuses, and where their stretches end. */
  columns(rows: number, views: ColumnViews): RunColumns {
    const { first, generation, count, mask, head } = this;
    if (count[head]! >= rows) {
      return {
        handle: views.neighbours(first[head]!, rows),
        generation: views.neighbours(generation[head]!, rows),
        stretches: rows < LEAST ? undefined : Uint32Array.of(rows),
      };
    }
    const handle = new Uint32Array(rows);
    const generations = new Uint32Array(rows);
    for (let at = head, from = 0, to = 0; from < rows; from = to, at = (at + 1) & mask) {
      to = Math.min(rows, from + count[at]!);
      fillUp(handle, from, to, first[at]!);
      fillUp(generations, from, to, generation[at]!);
    }
    return { handle, generation: generations, stretches: stretchesOf(handle) };
  }

  /** Takes the first `count` statuses. */
  drop(count: number): void {
    this.length -= count;
    while (count > 0) {
      const head = this.head;
      const here = this.count[head]!;
      if (count < here) {
        this.first[head]! += count;
        this.generation[head]! += count;
        this.count[head] = here - count;
        return;
      }
      count -= here;
      this.head = (head + 1) & this.mask;
      this.size--;
    }
  }
}

/** `first`, `first` + 1, … at [from, to). */
function fillUp(column: Uint32Array, from: number, to: number, first: number): void {
  for (let row = from; row < to; row++) column[row] = first + row - from;
}
