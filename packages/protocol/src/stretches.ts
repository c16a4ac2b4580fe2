/** Rows that a stretch has on average, at least: shorter ones are not worth it. */
const LEAST = 4;

/**
 * Where stretches of neighbours end in a column of handles: within a stretch each handle is one more than the one before. Row numbers,
 * ascending; the last is the number of rows. Undefined when there are too many to be worth it.
 *
 * Dispatchers that were created together report together: what is kept by handle can then be read and written by columns.
 */
export function stretchesOf(handle: Uint32Array): Uint32Array | undefined {
  const rows = handle.length;
  const most = Math.floor(rows / LEAST);
  if (most === 0) return undefined;
  const ends: number[] = [];
  for (let row = 0; row < rows; ) {
    if (ends.length === most) return undefined;
    row = stretchEnd(handle, row);
    ends.push(row);
  }
  return Uint32Array.from(ends);
}

/** Where the stretch ends that begins at `row`. */
function stretchEnd(handle: Uint32Array, row: number): number {
  const offset = handle[row]! - row;
  let end = row + 1;
  while (end < handle.length && handle[end]! - end === offset) end++;
  return end;
}

/** Where the neighbours end that begin at `row`: with their stretch, or with the page of `pageRows` handles that they begin in. */
export function pieceEnd(handle: Uint32Array, row: number, stretch: number, pageRows: number): number {
  return Math.min(stretch, row + pageRows - (handle[row]! & (pageRows - 1)));
}
