import type { KeyRange } from '@tidegate/protocol';

const EMPTY = new Uint8Array(0);

/** The range of a complete table: an empty start stands before every key, an empty end behind every key. */
export const WHOLE_TABLE: KeyRange = { start: EMPTY, end: EMPTY };

/** Orders two keys byte by byte. */
export function compareKeys(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = a[i]! - b[i]!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Orders two range ends, where the empty key is the end of the table. */
export function compareEnds(a: Uint8Array, b: Uint8Array): number {
  if (a.length === 0 || b.length === 0) return Number(a.length === 0) - Number(b.length === 0);
  return compareKeys(a, b);
}

/** Whether a range is the complete table. */
export function isWhole({ start, end }: KeyRange): boolean {
  return start.length === 0 && end.length === 0;
}

/** Whether `outer` (undefined: the complete table) contains `inner`. */
export function contains(outer: KeyRange = WHOLE_TABLE, inner: KeyRange = WHOLE_TABLE): boolean {
  return compareKeys(outer.start, inner.start) <= 0 && compareEnds(outer.end, inner.end) >= 0;
}
