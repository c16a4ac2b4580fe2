/** A value as one line of JSON. Timestamps pass 2^53, so bigints are written as strings; dates and functions have no place here. */
export function jsonLine(value: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? inner.toString() : inner))}\n`;
}

/** Milliseconds with three decimals: what is finer is noise. */
export function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
