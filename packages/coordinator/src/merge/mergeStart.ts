import { type EventKey, minTs, sameEventKey } from '@tidegate/protocol';

/** Where a source of a merge stands still. */
export interface Stand {
  readonly checkpointTs: bigint;
  /** The event at which it is parked, if it is. */
  readonly parkedAt?: EventKey;
}

/**
 * T-6: where the target of a merge starts. If all sources are parked at one event: at a sync point at its ts, everything up
 * to it is flushed; at a DDL just below it, without the rows of its own ts, which are downstream. Otherwise at the least
 * checkpoint. At least one source.
 */
export function mergeStart(stands: readonly Stand[]): { readonly startTs: bigint; readonly skipDmlAsStartTs: boolean } {
  const event = stands[0]?.parkedAt;
  const isShared = event !== undefined && stands.every(({ parkedAt }) => parkedAt !== undefined && sameEventKey(parkedAt, event));
  if (isShared) {
    if (event.isSyncPoint) return { startTs: event.commitTs, skipDmlAsStartTs: false };
    if (event.commitTs > 0n) return { startTs: event.commitTs - 1n, skipDmlAsStartTs: true };
  }
  const [first, ...rest] = stands;
  const startTs = rest.reduce((least, { checkpointTs }) => minTs(least, checkpointTs), first?.checkpointTs ?? 0n);
  return { startTs, skipDmlAsStartTs: false };
}
