/** What a segment's name says. */
export interface SegmentName {
  readonly worker: string;
  /** Counts from 1, and on over the lives of the worker. */
  readonly number: number;
  /** Smallest and largest commit ts in it; a segment that is not sealed has none yet. */
  readonly sealed: { readonly first: bigint; readonly last: bigint } | undefined;
}

const PATTERN = /^([^.]+)\.(\d{8,15})\.(?:(open)|(\d{1,20})-(\d{1,20})\.redo)$/;

/** `worker-0.00000007.open` while it is written, `worker-0.00000007.{first}-{last}.redo` once sealed. */
export function formatSegmentName({ worker, number, sealed }: SegmentName): string {
  const start = `${encodeURIComponent(worker).replaceAll('.', '%2E')}.${String(number).padStart(8, '0')}`;
  return sealed === undefined ? `${start}.open` : `${start}.${sealed.first}-${sealed.last}.redo`;
}

/** Undefined for a file that is no segment. */
export function parseSegmentName(name: string): SegmentName | undefined {
  const [, worker, number, open, first, last] = PATTERN.exec(name) ?? [];
  if (worker === undefined) return undefined;
  const sealed = open === undefined ? { first: BigInt(first ?? 0), last: BigInt(last ?? 0) } : undefined;
  try {
    return { worker: decodeURIComponent(worker), number: Number(number), sealed };
  } catch {
    return undefined;
  }
}
