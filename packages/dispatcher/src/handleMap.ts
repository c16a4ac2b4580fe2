const PAGE_BITS = 10;
const PAGE_MASK = (1 << PAGE_BITS) - 1;

/** Handle -> local row, in pages that are allocated on first use. Handles of other workers cost four bytes where they share a page. */
export class HandleMap {
  // A page holds row + 1, so that a fresh page means "no row".
  #pages: (Int32Array | undefined)[] = [];

  /** The row of a handle, or -1. */
  get(handle: number): number {
    const page = this.#pages[handle >>> PAGE_BITS];
    return page === undefined ? -1 : page[handle & PAGE_MASK]! - 1;
  }

  set(handle: number, row: number): void {
    let page = this.#pages[handle >>> PAGE_BITS];
    if (page === undefined) {
      page = new Int32Array(1 << PAGE_BITS);
      this.#pages[handle >>> PAGE_BITS] = page;
    }
    page[handle & PAGE_MASK] = row + 1;
  }

  delete(handle: number): void {
    const page = this.#pages[handle >>> PAGE_BITS];
    if (page !== undefined) page[handle & PAGE_MASK] = 0;
  }
}
