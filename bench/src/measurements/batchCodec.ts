import { type BlockStatusRequest, MESSAGE_STRUCTURES } from '@tidegate/protocol';
import { Packr } from 'msgpackr';
import { BATCH, fullRequest } from '../drivers/requests.js';
import { loadRuntimeCodec, type RuntimeCodec } from '../drivers/runtimeCodec.js';
import type { Measurement } from '../harness/measurement.js';
import { type MicroCase, microCase } from '../harness/microCase.js';

interface StatusObject {
  readonly handle: number;
  readonly generation: number;
  readonly commitTs: bigint;
  readonly isSyncPoint: boolean;
  readonly stage: number;
}

const OBJECTS_CLONED = 'structuredClone of objects';

/** What it costs to get 2 048 statuses into another thread's memory, the transport itself aside. */
export const batchCodec: Measurement = {
  name: 'batch-codec',
  title: 'encode and decode a request of 2 048 statuses',
  unit: 'statuses',
  open: async (scale) => {
    const codec = await loadRuntimeCodec(MESSAGE_STRUCTURES);
    return {
      cases: [columns(codec), columnsCloned(), objectsPacked(), objectsCloned()].map((one) => microCase(one, scale)),
      close: async () => {},
    };
  },
};

function columns(codec: RuntimeCodec): MicroCase {
  const request = fullRequest();
  // As a lane does: the encoder's buffer is used again, so the bytes are copied out of it.
  const lane = new Uint8Array(1 << 18);
  let last: unknown;
  return {
    name: "columns, the runtime's codec",
    baseline: OBJECTS_CLONED,
    items: BATCH,
    body: () => {
      const bytes = codec.encode(request);
      lane.set(bytes, 8);
      last = codec.decode(lane, 8, bytes.length);
    },
    check: () => faultOfRequest(last as BlockStatusRequest),
  };
}

function columnsCloned(): MicroCase {
  const request = fullRequest();
  let last: BlockStatusRequest | undefined;
  return {
    name: 'structuredClone of columns',
    baseline: OBJECTS_CLONED,
    items: BATCH,
    body: () => {
      last = structuredClone(request);
    },
    check: () => faultOfRequest(last),
  };
}

function objectsPacked(): MicroCase {
  const statuses = statusObjects();
  const packr = new Packr({ structures: [], useBigIntExtension: true });
  let last: StatusObject[] | undefined;
  return {
    name: 'msgpackr of objects',
    baseline: OBJECTS_CLONED,
    items: BATCH,
    body: () => {
      last = packr.unpack(packr.pack(statuses)) as StatusObject[];
    },
    check: () => faultOfObjects(last, statuses),
  };
}

function objectsCloned(): MicroCase {
  const statuses = statusObjects();
  let last: StatusObject[] | undefined;
  return {
    name: OBJECTS_CLONED,
    items: BATCH,
    body: () => {
      last = structuredClone(statuses);
    },
    check: () => faultOfObjects(last, statuses),
  };
}

function statusObjects(): StatusObject[] {
  const { handle, stage, events } = fullRequest();
  const { commitTs, isSyncPoint } = events[0]?.key ?? { commitTs: 0n, isSyncPoint: false };
  return Array.from(handle, (one, row) => ({ handle: one, generation: 1, commitTs, isSyncPoint, stage: stage[row]! }));
}

function faultOfRequest(request: BlockStatusRequest | undefined): string | undefined {
  const sent = fullRequest();
  const isEqual =
    request?.events[0]?.key.commitTs === sent.events[0]?.key.commitTs &&
    [...sent.handle].every((handle, row) => request?.handle[row] === handle && request.stage[row] === sent.stage[row]);
  return isEqual ? undefined : 'what was decoded differs';
}

function faultOfObjects(got: readonly StatusObject[] | undefined, sent: readonly StatusObject[]): string | undefined {
  const isEqual = sent.every(({ handle, commitTs }, row) => got?.[row]?.handle === handle && got[row]?.commitTs === commitTs);
  return isEqual && got?.length === sent.length ? undefined : 'what was decoded differs';
}
