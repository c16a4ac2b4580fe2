/** Typed arrays that flat tables are made of. */
type Column = Int32Array | Uint8Array | Uint16Array | Uint32Array | Float64Array;

/** Next capacity of a table that must hold `needed` rows: half as much again, so that growing n rows copies O(n). */
export function grownCapacity(capacity: number, needed: number): number {
  return Math.max(needed, capacity + (capacity >>> 1), 64);
}

/** A copy of `column` with room for `capacity` elements, zero behind the old ones. */
export function growColumn<C extends Column>(column: C, capacity: number): C {
  const grown = new (column.constructor as new (length: number) => C)(capacity);
  grown.set(column as never);
  return grown;
}

/*
 * Of neighbours, [from, to) of a column. Loops without a way out of them: what is looked at in vain is cheaper than looking whether
 * to go on.
 */

/** Whether all of them are `value`. */
export function areAll(column: Int32Array, from: number, to: number, value: number): boolean {
  let other = 0;
  for (let at = from; at < to; at++) other |= column[at]! ^ value;
  return other === 0;
}

/** {@link areAll} of bytes: a loop that meets one kind of column is twice as fast as one that meets two. */
export function areAllBytes(column: Uint8Array, from: number, to: number, value: number): boolean {
  let other = 0;
  for (let at = from; at < to; at++) other |= column[at]! ^ value;
  return other === 0;
}

/** Whether they are what stands in `values` from `at` on. */
export function areSame(column: Uint32Array, from: number, to: number, values: Uint32Array, at: number): boolean {
  let other = 0;
  for (let i = from; i < to; i++) other |= column[i]! ^ values[at + i - from]!;
  return other === 0;
}

/** Whether each is one more than the one before. */
export function areConsecutive(column: Uint32Array, from: number, to: number): boolean {
  const offset = column[from]! - from;
  let other = 0;
  for (let at = from; at < to; at++) other |= (column[at]! - at) ^ offset;
  return other === 0;
}

/** Whether all of them are less than `bound`. Neither they nor it may be negative. */
export function areBelow(column: Int32Array, from: number, to: number, bound: number): boolean {
  let sign = 0;
  for (let at = from; at < to; at++) sign |= bound - 1 - column[at]!;
  return sign >= 0;
}

/** Makes them, from `first` on, what stands in `values` at [from, to). */
export function copyTo(column: Uint32Array, first: number, values: Uint32Array, from: number, to: number): void {
  for (let row = from; row < to; row++) column[first + row - from] = values[row]!;
}
