/*
 * What placement asks of the columns of one page, for neighbours at once.
 */

/** Whether the dispatchers from `at` on are placed, under the generations of rows [from, to). */
export function areHere(
  flags: Uint8Array,
  generation: Int32Array,
  at: number,
  generations: Uint32Array,
  from: number,
  to: number,
): boolean {
  let other = 0;
  for (let row = from; row < to; row++) {
    // Of flags that are 0, one less has the sign.
    other |= (generation[at + row - from]! ^ generations[row]!) | ((flags[at + row - from]! - 1) >> 31);
  }
  return other === 0;
}

/** Whether the `count` dispatchers from `at` on are all on one worker. */
export function areOn(worker: Uint8Array, at: number, count: number, one: number): boolean {
  let other = 0;
  for (let i = 0; i < count; i++) other |= worker[at + i]! ^ one;
  return other === 0;
}
