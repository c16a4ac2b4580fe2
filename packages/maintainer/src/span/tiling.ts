import type { KeyRange } from '@tidegate/protocol';
import { compareEnds, compareKeys, isWhole, WHOLE_TABLE } from '../coverage/keyOrder.js';

/** What {@link Tiling.partsOf} says of a table that no task has a part of. */
export const UNDIVIDED = 0;
/** … and of one whose tasks leave a gap or overlap. */
const UNEVEN = -1;

const STALE = -2;

/** Visits the tasks of the table at a slot. */
type ForEachTask = (slot: number, visit: (handle: number) => void) => void;

/**
 * The key ranges of tasks that serve a part of their table, and of each such table whether its tasks tile it: then they cover
 * it when all of them do and not before, and nobody has to compare keys. Looked at when asked, and again only after the tasks
 * of the table have changed.
 */
export class Tiling {
  readonly #ranges = new Map<number, KeyRange>();
  /** By slot: number of parts, or {@link UNEVEN}, or stale. */
  readonly #parts = new Map<number, number>();
  readonly #forEachTask: ForEachTask;

  constructor(forEachTask: ForEachTask) {
    this.#forEachTask = forEachTask;
  }

  /** No table is divided. */
  get isEmpty(): boolean {
    return this.#parts.size === 0;
  }

  /** The range of a task; undefined for one that serves its table whole. */
  rangeOf(handle: number): KeyRange | undefined {
    return this.#ranges.size === 0 ? undefined : this.#ranges.get(handle);
  }

  /** A task of the table was added. True when the table is divided, now or before. */
  added(slot: number, handle: number, range: KeyRange | undefined): boolean {
    if (range !== undefined) this.#ranges.set(handle, range);
    else if (!this.#parts.has(slot)) return false;
    this.#parts.set(slot, STALE);
    return true;
  }

  /** A task of the table was removed; `isLast`: and no other is left. True when the table is divided still. */
  removed(slot: number, handle: number, isLast: boolean): boolean {
    if (this.#parts.size === 0) return false;
    this.#ranges.delete(handle);
    if (isLast) this.#parts.delete(slot);
    else if (this.#parts.has(slot)) this.#parts.set(slot, STALE);
    return this.#parts.has(slot);
  }

  /** How many tasks tile the table; {@link UNDIVIDED} or {@link UNEVEN} when it is not a matter of counting. */
  partsOf(slot: number): number {
    if (this.#parts.size === 0) return UNDIVIDED;
    const parts = this.#parts.get(slot);
    if (parts === undefined) return UNDIVIDED;
    return parts === STALE ? this.#look(slot) : parts;
  }

  #look(slot: number): number {
    const ranges: KeyRange[] = [];
    this.#forEachTask(slot, (handle) => ranges.push(this.#ranges.get(handle) ?? WHOLE_TABLE));
    // Tasks are mostly made in key order, and the latest is visited first.
    const parts = tiles(ranges.reverse().sort((a, b) => compareKeys(a.start, b.start))) ? ranges.length : UNEVEN;
    this.#parts.set(slot, parts);
    return parts;
  }
}

/** Whether ranges in order of their start follow each other from the start of the table to its end. */
function tiles(ranges: readonly KeyRange[]): boolean {
  if (ranges[0]?.start.length !== 0 || ranges.at(-1)?.end.length !== 0) return false;
  return ranges.every((range, index) => {
    if (index === 0) return ranges.length === 1 ? isWhole(range) : true;
    const { end } = ranges[index - 1]!;
    return end.length > 0 && compareEnds(end, range.start) === 0 && range.start.length > 0;
  });
}
