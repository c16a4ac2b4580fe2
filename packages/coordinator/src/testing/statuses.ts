import { type BlockFacts, type EventKey, type Mode, Stage } from '@tidegate/protocol';
import type { BlockStatus } from '../status/pendingMap.js';

interface Extra {
  readonly isSyncPoint?: boolean;
  readonly mode?: Mode;
  readonly generation?: number;
  readonly facts?: BlockFacts;
}

export function key(ts: number, isSyncPoint = false): EventKey {
  return { commitTs: BigInt(ts), isSyncPoint };
}

export function facts(ts: number, isSyncPoint = false): BlockFacts {
  return { key: key(ts, isSyncPoint), blockTables: { type: 'all' }, adds: [], schemaChanges: [], admissions: [] };
}

function status(stage: Stage, handle: number, ts: number, extra: Extra = {}): BlockStatus {
  const { isSyncPoint = false, mode = 0, generation = 1 } = extra;
  return { handle, generation, mode, key: key(ts, isSyncPoint), stage, ...(extra.facts && { facts: extra.facts }) };
}

export function waiting(handle: number, ts: number, extra: Extra = {}): BlockStatus {
  return status(Stage.WAITING, handle, ts, { facts: facts(ts, extra.isSyncPoint), ...extra });
}

export function done(handle: number, ts: number, extra: Extra = {}): BlockStatus {
  return status(Stage.DONE, handle, ts, extra);
}

export function none(handle: number, ts: number, extra: Extra = {}): BlockStatus {
  return status(Stage.NONE, handle, ts, { facts: facts(ts), ...extra });
}
