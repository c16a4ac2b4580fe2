import type { DispatcherConfig } from '@tidegate/protocol';

const LAST_KEY = 0x1_0000;

/** The keys of a dispatcher as numbers: [from, to). */
export function rangeOf({ range }: Pick<DispatcherConfig, 'range'>): { readonly from: number; readonly to: number } {
  if (range === undefined) return { from: 0, to: LAST_KEY };
  return { from: keyOf(range.start, 0), to: keyOf(range.end, LAST_KEY) };
}

function keyOf(bytes: Uint8Array, open: number): number {
  return bytes.length === 0 ? open : ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
}
