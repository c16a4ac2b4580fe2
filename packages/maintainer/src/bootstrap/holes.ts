import type { KeyRange } from '@tidegate/protocol';
import { compareEnds, compareKeys, WHOLE_TABLE } from '../coverage/keyOrder.js';
import { RangeCoverage } from '../coverage/rangeCoverage.js';

/** What of `whole` none of `ranges` covers, in key order. They may overlap, and reach beyond it. */
export function findHoles(ranges: Iterable<KeyRange>, whole: KeyRange = WHOLE_TABLE): KeyRange[] {
  const coverage = new RangeCoverage(whole);
  for (const range of ranges) coverage.add(range);
  const holes: KeyRange[] = [];
  let start = whole.start;
  for (const piece of coverage.pieces) {
    if (compareKeys(piece.start, start) > 0) {
      const end = compareEnds(piece.start, whole.end) < 0 ? piece.start : whole.end;
      if (isBefore(start, end)) holes.push({ start, end });
    }
    if (piece.end.length === 0) return holes;
    if (compareKeys(piece.end, start) > 0) start = piece.end;
  }
  if (isBefore(start, whole.end)) holes.push({ start, end: whole.end });
  return holes;
}

/** Whether two ranges have a key in common. */
export function overlaps(a: KeyRange, b: KeyRange): boolean {
  return isBefore(a.start, b.end) && isBefore(b.start, a.end);
}

/** A key lies before the end of a range, where the empty end is behind every key. */
function isBefore(key: Uint8Array, end: Uint8Array): boolean {
  return end.length === 0 || compareKeys(key, end) < 0;
}
