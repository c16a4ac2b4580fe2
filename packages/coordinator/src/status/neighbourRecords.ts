import { STATUS_GENERATION, STATUS_HANDLE, STATUS_TS_HIGH, STATUS_TS_LOW, STATUS_WORDS } from '@tidegate/protocol';

// Local, so that the engine folds them: it loads an imported binding anew at every use.
const HANDLE = STATUS_HANDLE;
const GENERATION = STATUS_GENERATION;
const TS_LOW = STATUS_TS_LOW;
const TS_HIGH = STATUS_TS_HIGH;
const WORDS = STATUS_WORDS;
/** Records that are compared before the next look whether to go on. */
const PIECE = 32;

/**
 * How many of `most` records from the one at `at`, itself among them, say the same of dispatchers that were created one after the other:
 * header and ts alike, each handle and each generation one more than the one before.
 */
export function neighboursFrom(words: Uint32Array, at: number, most: number): number {
  if (most < 2 || words[at + WORDS + HANDLE]! - words[at + HANDLE]! !== 1) return 1;
  const handle = words[at + HANDLE]!;
  let count = 0;
  while (count < most) {
    // Repeats begin anew: mostly a piece ends where neighbours end.
    if (words[at + count * WORDS + HANDLE]! - handle !== count) return count;
    const piece = Math.min(PIECE, most - count);
    if (!areNeighbours(words, at, count, count + piece)) return count + alikeFrom(words, at, count, piece);
    count += piece;
  }
  return count;
}

/** Whether the records [from, to) are neighbours of the one at `at`. A loop without a way out. */
function areNeighbours(words: Uint32Array, at: number, from: number, to: number): boolean {
  const header = words[at]! >>> 8;
  const first = words[at + HANDLE]! | 0;
  const generation = words[at + GENERATION]! | 0;
  const low = words[at + TS_LOW]! | 0;
  const high = words[at + TS_HIGH]! | 0;
  let other = 0;
  for (let row = from, here = at + from * WORDS; row < to; row++, here += WORDS) {
    other |=
      ((words[here]! >>> 8) ^ header) |
      (words[here + HANDLE]! ^ (first + row)) |
      (words[here + GENERATION]! ^ (generation + row)) |
      (words[here + TS_LOW]! ^ low) |
      (words[here + TS_HIGH]! ^ high);
  }
  return other === 0;
}

/** How many of the records from number `from` on are neighbours of the one at `at`, one of `count` at least being none. */
function alikeFrom(words: Uint32Array, at: number, from: number, count: number): number {
  let row = from;
  while (row < from + count && areNeighbours(words, at, row, row + 1)) row++;
  return row - from;
}
