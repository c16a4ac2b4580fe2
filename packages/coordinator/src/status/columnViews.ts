/** Handles of a page of numbers, and how many pages are kept: 2 MiB. */
const PAGE_SHIFT = 16;
const PAGE_ENTRIES = 1 << PAGE_SHIFT;
const MOST_PAGES = 8;
/** For fewer rows a page is not worth it. */
const LEAST_ROWS = 256;

/**
 * Columns that many batches have alike, as views of memory that nobody writes to any more: numbers that follow each other, which are the
 * handles of neighbours, and one value for every row. They cost a batch no copy and no memory of its own, and memory outside
 * of the heap makes the engine collect all of it.
 */
export class ColumnViews {
  readonly #pages = new Map<number, Uint32Array>();
  #same: Uint32Array = new Uint32Array(0);

  /** `first`, `first` + 1, …: `count` of them. */
  neighbours(first: number, count: number): Uint32Array {
    const from = first & (PAGE_ENTRIES - 1);
    if (count < LEAST_ROWS || from + count > PAGE_ENTRIES) return consecutive(first, count);
    const index = first >>> PAGE_SHIFT;
    let page = this.#pages.get(index);
    if (page === undefined) {
      if (this.#pages.size === MOST_PAGES) this.#pages.delete(this.#pages.keys().next().value as number);
      page = consecutive(index << PAGE_SHIFT, PAGE_ENTRIES);
      this.#pages.set(index, page);
    }
    return page.subarray(from, from + count);
  }

  /** `value` in each of `count` rows. */
  same(value: number, count: number): Uint32Array {
    if (count > this.#same.length || this.#same[0] !== value >>> 0) this.#same = new Uint32Array(Math.max(count, 1)).fill(value);
    return this.#same.subarray(0, count);
  }
}

function consecutive(first: number, count: number): Uint32Array {
  const column = new Uint32Array(count);
  for (let at = 0; at < count; at++) column[at] = first + at;
  return column;
}
