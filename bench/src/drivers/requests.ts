import {
  type BlockFacts,
  type BlockStatusRequest,
  type DispatcherRef,
  type EventKey,
  FIRST_HANDLE,
  Stage,
} from '@tidegate/protocol';

/** Statuses in one request, as the coordinator cuts them (C-5). */
export const BATCH = 2_048;

/** The columns of requests that together hold one status of each dispatcher, of one stage and one event. */
export function requestsOf(dispatchers: readonly DispatcherRef[], stage: Stage): Omit<BlockStatusRequest, 'events'>[] {
  const requests: Omit<BlockStatusRequest, 'events'>[] = [];
  for (let done = 0; done < dispatchers.length; done += BATCH) {
    const part = dispatchers.slice(done, done + BATCH);
    const rows = part.length;
    requests.push({
      type: 'block-statuses',
      from: 'host-0',
      mode: 0,
      epoch: 1,
      seq: 1 + done / BATCH,
      handle: Uint32Array.from(part, ({ handle }) => handle),
      generation: Uint32Array.from(part, ({ generation }) => generation),
      event: new Uint32Array(rows),
      stage: new Uint8Array(rows).fill(stage),
    });
  }
  return requests;
}

/** A sync point at `commitTs`: all dispatchers wait at it, nothing is dropped or added. */
export function syncPoint(commitTs: bigint): { readonly key: EventKey; readonly facts: BlockFacts } {
  const key = { commitTs, isSyncPoint: true };
  return { key, facts: { key, blockTables: { type: 'all' }, adds: [], schemaChanges: [], admissions: [] } };
}

/** A full request of WAITING, as it travels from a coordinator to its maintainer. */
export function fullRequest(): BlockStatusRequest {
  const dispatchers = Array.from({ length: BATCH }, (_, i) => ({ handle: FIRST_HANDLE + i, generation: 1 }));
  const columns = requestsOf(dispatchers, Stage.WAITING)[0];
  if (columns === undefined) throw new Error('a batch of nothing');
  return { ...columns, events: [syncPoint(462_000_000_000_000_000n)] };
}
