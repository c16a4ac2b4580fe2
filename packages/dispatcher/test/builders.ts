import type {
  AddedTable,
  DdlEvent,
  DispatcherConfig,
  EventKey,
  Influence,
  RowsMessage,
  SyncPointEvent,
  TableInfo,
} from '@tidegate/protocol';

export function keyOf(commitTs: bigint, isSyncPoint = false): EventKey {
  return { commitTs, isSyncPoint };
}

export function configOf(given: Partial<DispatcherConfig> = {}): DispatcherConfig {
  const handle = given.handle ?? 10;
  return {
    id: handle.toString(16).padStart(32, '0'),
    handle,
    generation: 1,
    mode: 0,
    tableId: handle < 2 ? 0 : 1,
    schemaId: handle < 2 ? 0 : 1,
    startTs: 0n,
    skipDmlAsStartTs: false,
    ...given,
  };
}

/** Half of a table: such a dispatcher must block at a DDL of its own table alone (D-18). */
export const HALF: { start: Uint8Array; end: Uint8Array } = { start: Uint8Array.of(0), end: Uint8Array.of(0x80) };

export function tableOf(tableId: number, schemaId = 1, version = 1n): TableInfo {
  return { tableId, schemaId, schema: `s${schemaId}`, table: `t${tableId}`, version };
}

export function normal(...tableIds: number[]): Influence {
  return { type: 'normal', tableIds };
}

export function added(tableId: number, schemaId = 1): AddedTable {
  return { tableId, schemaId, splittable: false };
}

export function ddl(commitTs: bigint, given: Partial<DdlEvent> = {}): DdlEvent {
  return {
    type: 'ddl',
    commitTs,
    query: `ddl at ${commitTs}`,
    kind: 'test',
    schema: 's1',
    table: 't1',
    adds: [],
    schemaChanges: [],
    admissions: [],
    tables: [],
    ...given,
  };
}

export function syncPoint(commitTs: bigint): SyncPointEvent {
  return { type: 'sync-point', commitTs };
}

/** A message of rows, one change of eight bytes each. */
export function rowsMessage(
  changes: readonly { handle: number; generation?: number; commitTs: bigint; bytes?: number }[],
): RowsMessage {
  const offset = new Uint32Array(changes.length + 1);
  changes.forEach((change, i) => {
    offset[i + 1] = (offset[i] as number) + (change.bytes ?? 8);
  });
  return {
    type: 'rows',
    handle: Uint32Array.from(changes, (change) => change.handle),
    generation: Uint32Array.from(changes, (change) => change.generation ?? 1),
    commitTs: BigUint64Array.from(changes, (change) => change.commitTs),
    rows: new Uint32Array(changes.length).fill(1),
    offset,
    bytes: new Uint8Array(offset[changes.length] as number).map((_, i) => i),
  };
}
