/**
 * Timestamps are unsigned 64-bit integers (a physical clock in the upper bits, a logical one in the lower 18), so they
 * pass 2^53. Public interfaces carry them as `bigint`; lanes and typed-array tables carry them as two 32-bit words.
 */

/** The largest timestamp. As a checkpoint it means "no constraint known", never a real position. */
export const MAX_TS: bigint = 0xffff_ffff_ffff_ffffn;

/** Low 32 bits of a timestamp, as an unsigned number. */
export function tsLow(ts: bigint): number {
  return Number(ts & 0xffff_ffffn);
}

/** High 32 bits of a timestamp, as an unsigned number. */
export function tsHigh(ts: bigint): number {
  return Number((ts >> 32n) & 0xffff_ffffn);
}

/** Joins two unsigned 32-bit words into a timestamp. */
export function joinTs(high: number, low: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

/** Orders two timestamps given as words: negative, zero or positive, as `Array.prototype.sort` expects. */
export function compareTsWords(aHigh: number, aLow: number, bHigh: number, bLow: number): number {
  const high = (aHigh >>> 0) - (bHigh >>> 0);
  return high !== 0 ? high : (aLow >>> 0) - (bLow >>> 0);
}

/** The smaller of two timestamps. */
export function minTs(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/** The larger of two timestamps. */
export function maxTs(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/** True when `value` is a whole number that fits an unsigned 64-bit timestamp. */
export function isTs(value: unknown): value is bigint {
  return typeof value === 'bigint' && value >= 0n && value <= MAX_TS;
}
