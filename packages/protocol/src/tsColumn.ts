import { compareTsWords, joinTs, tsHigh, tsLow } from './timestamps.js';

const PAGE_SHIFT = 10;
const PAGE_ROWS = 1 << PAGE_SHIFT;
const PAGE_MASK = PAGE_ROWS - 1;

/** The ts of 1024 rows: one for all, until one of them gets another. */
class Page {
  readonly high: number;
  readonly low: number;
  /** By row, high before low; undefined as long as all have the same. */
  words: Uint32Array | undefined;

  constructor(high: number, low: number) {
    this.high = high >>> 0;
    this.low = low >>> 0;
  }
}

/**
 * A ts for each of many rows that mostly got theirs together: those who start at one checkpoint have one start ts. Rows side by side
 * that have the same take no memory, others eight bytes each. Made as it is written; there is nothing to grow.
 */
export class TsColumn {
  readonly #pages: (Page | undefined)[] = [];

  /** Two unsigned 32-bit words. What was never set may be anything. */
  set(row: number, high: number, low: number): void {
    const page = this.#pages[row >>> PAGE_SHIFT];
    if (page === undefined) {
      this.#pages[row >>> PAGE_SHIFT] = new Page(high, low);
      return;
    }
    if (page.words === undefined) {
      if (page.high === high >>> 0 && page.low === low >>> 0) return;
      page.words = new Uint32Array(2 * PAGE_ROWS);
      for (let at = 0; at < page.words.length; at += 2) {
        page.words[at] = page.high;
        page.words[at + 1] = page.low;
      }
    }
    const at = 2 * (row & PAGE_MASK);
    page.words[at] = high;
    page.words[at + 1] = low;
  }

  setTs(row: number, ts: bigint): void {
    this.set(row, tsHigh(ts), tsLow(ts));
  }

  /** Of a row that was set. */
  get(row: number): bigint {
    const page = this.#pages[row >>> PAGE_SHIFT];
    if (page === undefined) return 0n;
    if (page.words === undefined) return joinTs(page.high, page.low);
    const at = 2 * (row & PAGE_MASK);
    return joinTs(page.words[at]!, page.words[at + 1]!);
  }

  /** Orders a ts, given as words, and the one of a row that was set: negative, zero or positive. */
  compareTo(row: number, high: number, low: number): number {
    const page = this.#pages[row >>> PAGE_SHIFT]!;
    if (page.words === undefined) return compareTsWords(high, low, page.high, page.low);
    const at = 2 * (row & PAGE_MASK);
    return compareTsWords(high, low, page.words[at]!, page.words[at + 1]!);
  }
}
