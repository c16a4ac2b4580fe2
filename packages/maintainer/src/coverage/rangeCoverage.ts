import type { KeyRange } from '@tidegate/protocol';
import { compareEnds, compareKeys, WHOLE_TABLE } from './keyOrder.js';

/**
 * Which part of one range has been reported: disjoint pieces in order; pieces that touch or overlap merge. Covered when
 * one piece runs from exactly the start to exactly the end (V-2).
 */
export class RangeCoverage {
  readonly #whole: KeyRange;
  #pieces: KeyRange[] = [];

  constructor(whole: KeyRange = WHOLE_TABLE) {
    this.#whole = whole;
  }

  get covered(): boolean {
    const piece = this.#pieces[0];
    return (
      this.#pieces.length === 1 &&
      piece !== undefined &&
      compareKeys(piece.start, this.#whole.start) === 0 &&
      compareEnds(piece.end, this.#whole.end) === 0
    );
  }

  /** The disjoint pieces reported so far. */
  get pieces(): readonly KeyRange[] {
    return this.#pieces;
  }

  add(range: KeyRange): void {
    const pieces = this.#pieces;
    const first = this.#firstEndingAtOrAfter(range.start);
    let { start, end } = range;
    let last = first;
    while (last < pieces.length && !startsAfterEnd(pieces[last]!.start, end)) {
      const piece = pieces[last++]!;
      if (compareKeys(piece.start, start) < 0) start = piece.start;
      if (compareEnds(piece.end, end) > 0) end = piece.end;
    }
    if (last === first + 1) pieces[first] = { start, end };
    else pieces.splice(first, last - first, { start, end });
  }

  reset(): void {
    this.#pieces = [];
  }

  #firstEndingAtOrAfter(key: Uint8Array): number {
    let low = 0;
    let high = this.#pieces.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (startsAfterEnd(key, this.#pieces[middle]!.end)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function startsAfterEnd(start: Uint8Array, end: Uint8Array): boolean {
  return end.length > 0 && compareKeys(start, end) > 0;
}
