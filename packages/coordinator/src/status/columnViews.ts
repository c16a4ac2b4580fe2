/** Numbers of a page, and how many pages are kept: 2 MiB. */
const PAGE_SHIFT = 16;
const PAGE_ENTRIES = 1 << PAGE_SHIFT;
const MOST_PAGES = 8;
/** For fewer rows a page is not worth it. */
const LEAST_ROWS = 256;

/**
 * Columns of numbers that follow each other, as the handles and the generations of neighbours do: views of memory that nobody writes to any
 * more. They cost a batch no copy and no memory of its own, and memory outside of the heap makes the engine collect all of it.
 */
export class ColumnViews {
  readonly #pages = new Map<number, Uint32Array>();

  /** `first`, `first` + 1, …: `count` of them. */
  neighbours(first: number, count: number): Uint32Array {
    first >>>= 0;
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
}

function consecutive(first: number, count: number): Uint32Array {
  const column = new Uint32Array(count);
  for (let at = 0; at < count; at++) column[at] = first + at;
  return column;
}
