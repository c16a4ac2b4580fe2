import type { KeyRange } from '@tidegate/protocol';

/** The range of a complete table: an empty start stands before every key, an empty end behind every key. */
export const WHOLE_TABLE: KeyRange = { start: new Uint8Array(0), end: new Uint8Array(0) };

/** True when `range` holds `key`. */
export function holdsKey(range: KeyRange, key: Uint8Array): boolean {
  return Buffer.compare(key, range.start) >= 0 && (range.end.length === 0 || Buffer.compare(key, range.end) < 0);
}

/** True when every key of `inner` lies in one of `ranges`, which are disjoint and do not touch. */
export function coversRange(ranges: readonly KeyRange[], inner: KeyRange): boolean {
  return ranges.some(({ start, end }) => Buffer.compare(start, inner.start) <= 0 && compareEnds(inner.end, end) <= 0);
}

/** What is left of `ranges` without the keys of `gone`. */
export function withoutRange(ranges: readonly KeyRange[], gone: KeyRange): KeyRange[] {
  const left: KeyRange[] = [];
  for (const range of ranges) {
    if (isEmpty({ start: gone.start, end: range.end }) || isEmpty({ start: range.start, end: gone.end })) {
      left.push(range);
      continue;
    }
    if (Buffer.compare(range.start, gone.start) < 0) left.push({ start: range.start, end: gone.start });
    if (compareEnds(gone.end, range.end) < 0) left.push({ start: gone.end, end: range.end });
  }
  return left;
}

function isEmpty({ start, end }: KeyRange): boolean {
  return end.length > 0 && Buffer.compare(start, end) >= 0;
}

/** Orders two ends, where the empty key is the end of the table. */
function compareEnds(a: Uint8Array, b: Uint8Array): number {
  if (a.length === 0 || b.length === 0) return Number(a.length === 0) - Number(b.length === 0);
  return Buffer.compare(a, b);
}
