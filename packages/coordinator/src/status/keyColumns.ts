import { Stage } from '@tidegate/protocol';
import { GENERATIONS, type KeyTable, OWNERS, PAGE_MASK, PAGE_SHIFT } from './keyTable.js';
import { DONE_BITS, EITHER_OUTSTANDING, OUTSTANDING, PENDING, RESERVED, stageShift } from './stageBits.js';

/*
 * What is done to the keys of neighbours in one page at once, where all of them say the same: columns are compared and filled, which
 * costs a tenth of a visit to each. Where one says something else, nothing is changed and each is visited (keyRuns.ts).
 */

// The engine loads an imported binding anew at every use, and folds a local constant.
const GENERATION_AT = GENERATIONS;
const EVENT_SHIFT = 8;
const BITS = 0xff;
/** Words that are compared before the next look whether to go on. */
const PIECE = 32;
const ANYWHERE = PENDING | RESERVED | OUTSTANDING;

/** Rows [from, to), dispatchers from `handle` on: see `KeyRuns.deliver`. All of them are outstanding then. */
export function deliverNeighbours(
  keys: KeyTable,
  handle: number,
  generations: Uint32Array,
  from: number,
  to: number,
  event: number,
  stage: Stage,
  seq: number,
): boolean {
  const page = keys.pageAt(handle);
  const slot = handle & PAGE_MASK;
  const word = page[slot]!;
  if (word >>> EVENT_SHIFT !== event || (stage === Stage.WAITING && (word & DONE_BITS) !== 0)) return false;
  const end = slot + to - from;
  if (!areAlike(page, slot, end, word, generations, from)) return false;
  const shift = stageShift(stage);
  const clear = (ANYWHERE << shift) | (stage === Stage.DONE ? OUTSTANDING : 0);
  if ((word & EITHER_OUTSTANDING) === 0) keys.countOutstanding(event, end - slot);
  page.fill((word & ~clear) | (OUTSTANDING << shift), slot, end);
  page.fill(seq | 0, OWNERS + slot, OWNERS + end);
  return true;
}

/** Rows [from, to), dispatchers from `handle` on: see `KeyRuns.settle`. */
export function settleNeighbours(
  keys: KeyTable,
  handle: number,
  generations: Uint32Array,
  from: number,
  to: number,
  event: number,
  bits: number,
  own: number,
  seq: number,
): boolean {
  const page = keys.pageAt(handle);
  const slot = handle & PAGE_MASK;
  const word = page[slot]!;
  const end = slot + to - from;
  if (word >>> EVENT_SHIFT !== event || !areAlike(page, slot, end, word, generations, from)) return false;
  if (own !== 0 && !hold(page, OWNERS + slot, OWNERS + end, seq | 0)) return false;
  const next = word & ~(bits | own);
  if ((word & EITHER_OUTSTANDING) !== 0 && (next & EITHER_OUTSTANDING) === 0) keys.countOutstanding(event, slot - end);
  const isGone = (next & BITS) === 0;
  page.fill(isGone ? 0 : next, slot, end);
  if (isGone) keys.gone(handle >>> PAGE_SHIFT, page, event, end - slot);
  return true;
}

/** Whether the entries [slot, end) all have `word`, and the generations named from `row` on. */
function areAlike(page: Int32Array, slot: number, end: number, word: number, generations: Uint32Array, row: number): boolean {
  let other = 0;
  for (let at = slot; at < end; at++) {
    other |= (page[at]! ^ word) | (page[GENERATION_AT + at]! ^ generations[row + at - slot]!);
  }
  return other === 0;
}

/** Whether the words [from, to) all are `value`. */
function hold(page: Int32Array, from: number, to: number, value: number): boolean {
  let other = 0;
  for (let at = from; at < to; at++) other |= page[at]! ^ value;
  return other === 0;
}

/** How many of the words from `from` on, before `to`, are `value`. */
export function heldFrom(page: Int32Array, from: number, to: number, value: number): number {
  let at = from;
  // Mostly a piece ends where they do.
  while (at < to && page[at] === value && hold(page, at, Math.min(at + PIECE, to), value)) at += PIECE;
  while (at < to && page[at] === value) at++;
  return Math.min(at, to) - from;
}

/** Whether the words [from, to) are `first`, `first` + 1, …. */
export function goUp(page: Int32Array, from: number, to: number, first: number): boolean {
  const offset = first - from;
  let other = 0;
  for (let at = from; at < to; at++) other |= page[at]! ^ (offset + at);
  return other === 0;
}

/** Makes the words [from, to) `first`, `first` + 1, …. */
export function fillUp(page: Int32Array, from: number, to: number, first: number): void {
  const offset = first - from;
  for (let at = from; at < to; at++) page[at] = offset + at;
}
