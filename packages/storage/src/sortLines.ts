import { commitTsOf } from './commitTs.js';

const LINE_FEED = 10;

/** Lines by commit ts; those of one ts, and any without one behind their neighbour, stay as they stand. Every line ends with a line feed. */
export function sortLines(chunks: readonly Uint8Array[]): Uint8Array {
  const all = Buffer.concat(chunks);
  const lines: { readonly start: number; readonly end: number; readonly ts: bigint }[] = [];
  let ts = 0n;
  for (let start = 0; start < all.length; ) {
    const end = all.indexOf(LINE_FEED, start) + 1;
    ts = commitTsOf(all.subarray(start, end - 1)) ?? ts;
    lines.push({ start, end, ts });
    start = end;
  }
  lines.sort((a, b) => (a.ts < b.ts ? -1 : a.ts > b.ts ? 1 : 0));
  const sorted = Buffer.allocUnsafe(all.length);
  let at = 0;
  for (const { start, end } of lines) at += all.copy(sorted, at, start, end);
  return sorted;
}
