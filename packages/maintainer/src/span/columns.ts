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
