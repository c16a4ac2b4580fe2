import type { KeyRange } from '@tidegate/protocol';

/** True when both keys are the same bytes. */
function sameKey(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

/**
 * The range that consecutive ranges make up together, in the given order; undefined when they are not consecutive. An
 * empty start stands before every key and an empty end behind every key, so a range with an empty end has no successor,
 * and a complete table (absent) has no neighbour.
 */
export function joinRanges(ranges: readonly (KeyRange | undefined)[]): KeyRange | undefined {
  const [first] = ranges;
  const last = ranges.at(-1);
  if (first === undefined || last === undefined) return undefined;
  for (let at = 1; at < ranges.length; at++) {
    const before = ranges[at - 1];
    const range = ranges[at];
    if (before === undefined || range === undefined) return undefined;
    if (before.end.length === 0 || !sameKey(before.end, range.start)) return undefined;
  }
  return { start: first.start.slice(), end: last.end.slice() };
}

/** Whether a dispatcher's range is `range`; absent, it is the complete table. */
export function isRange(of: KeyRange | undefined, range: KeyRange): boolean {
  if (of === undefined) return range.start.length === 0 && range.end.length === 0;
  return sameKey(of.start, range.start) && sameKey(of.end, range.end);
}

/** Whether `outer` (absent: the complete table) holds every key of `inner`. */
export function holds(outer: KeyRange | undefined, inner: KeyRange | undefined): boolean {
  if (outer === undefined) return true;
  const { start, end } = inner ?? { start: new Uint8Array(0), end: new Uint8Array(0) };
  const endsInside = outer.end.length === 0 || (end.length > 0 && compareKeys(end, outer.end) <= 0);
  return compareKeys(outer.start, start) <= 0 && endsInside;
}

function compareKeys(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) if (a[at] !== b[at]) return a[at]! - b[at]!;
  return a.length - b.length;
}
