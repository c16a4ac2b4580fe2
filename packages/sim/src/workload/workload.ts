import type { SourceEvent, SourceSnapshot } from '@tidegate/dispatcher';
import type { BlockEvent, EventKey, TableInfo } from '@tidegate/protocol';
import { eventKeyOf } from '@tidegate/protocol';
import type { Routing } from './routing.js';

/** A table as a snapshot lists it. */
export type WorkloadTable = TableInfo & { readonly splittable: boolean };

/** One row change that the log holds; its place in {@link Workload.rows} is what its bytes say. */
export interface RowFact {
  readonly tableId: number;
  readonly commitTs: bigint;
  /** 0 … 65 535. */
  readonly key: number;
}

/** One block event of the log, with the tables that it holds up. */
export interface BlockFact {
  readonly index: number;
  readonly event: BlockEvent;
  readonly key: EventKey;
  /** Tables of which nothing larger may be written before it is done, 0 for the table trigger; those it adds are among them. */
  readonly tables: readonly number[];
  /** The sink is not asked to execute it (M-4). */
  readonly silent: boolean;
}

/** A log together with what an oracle must know of it. */
export interface Workload {
  /** What exists before the first event. */
  readonly initial: readonly WorkloadTable[];
  /** Commit ts behind which the log begins. */
  readonly startTs: bigint;
  readonly endTs: bigint;
  readonly events: readonly SourceEvent[];
  readonly rows: readonly RowFact[];
  readonly blocks: readonly BlockFact[];
  /** Places of a table's rows in {@link rows}, in commit order. */
  readonly rowsOf: ReadonlyMap<number, readonly number[]>;
  /** Block events that hold up a table, in order. */
  readonly blocksOf: ReadonlyMap<number, readonly BlockFact[]>;
  /** The block event that adds a table; absent for initial ones. */
  readonly addedBy: ReadonlyMap<number, BlockFact>;
  readonly droppedBy: ReadonlyMap<number, BlockFact>;
  /** Absent: names are not routed, and nothing is admitted (section 23). */
  readonly routing?: Routing;
}

const ROW_BYTES = 4;

/** Bytes of a row change: its place among the log's rows. */
export function rowBytes(row: number): Uint8Array {
  const bytes = new Uint8Array(ROW_BYTES);
  new DataView(bytes.buffer).setUint32(0, row);
  return bytes;
}

/** What {@link rowBytes} wrote; -1 when the bytes are none of ours. */
export function rowOf(bytes: Uint8Array): number {
  if (bytes.length !== ROW_BYTES) return -1;
  return ((bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!) >>> 0;
}

/** A key as rows and ranges carry it: two bytes, so that they compare as the numbers do. */
export function keyBytes(key: number): Uint8Array {
  return Uint8Array.of(key >>> 8, key & 0xff);
}

/** What exists at `startTs`: the initial tables and what every DDL at or below it did. */
export function snapshotAt({ initial, events }: Pick<Workload, 'initial' | 'events'>, startTs: bigint): SourceSnapshot {
  const tables = new Map(initial.map((table) => [table.tableId, table]));
  for (const event of events) {
    if (event.type === 'resolved') continue;
    if (event.commitTs > startTs) break;
    if (event.type === 'ddl') applyDdl(tables, event);
  }
  return { startTs, tables: [...tables.values()] };
}

/** Changes a list of tables as a DDL does. */
export function applyDdl(tables: Map<number, WorkloadTable>, event: BlockEvent): void {
  if (event.type !== 'ddl') return;
  if (event.drops?.type === 'normal') for (const id of event.drops.tableIds) tables.delete(id);
  if (event.drops?.type === 'db') {
    const { schemaId } = event.drops;
    for (const [id, table] of tables) if (table.schemaId === schemaId) tables.delete(id);
  }
  for (const info of event.tables) {
    const splittable =
      event.adds.find(({ tableId }) => tableId === info.tableId)?.splittable ?? tables.get(info.tableId)?.splittable ?? false;
    tables.set(info.tableId, { ...info, splittable });
  }
}

/** Completes a commit-ordered log with what an oracle must know of it. */
export function workloadOf(initial: readonly WorkloadTable[], startTs: bigint, events: readonly SourceEvent[]): Workload {
  const tables = new Map(initial.map((table) => [table.tableId, table]));
  const rows: RowFact[] = [];
  const blocks: BlockFact[] = [];
  const rowsOf = new Map<number, number[]>();
  const blocksOf = new Map<number, BlockFact[]>();
  const addedBy = new Map<number, BlockFact>();
  const droppedBy = new Map<number, BlockFact>();
  const numbered: SourceEvent[] = [];
  let endTs = startTs;
  for (const event of events) {
    endTs = event.type === 'resolved' ? event.ts : event.commitTs;
    if (event.type === 'resolved') numbered.push(event);
    else if (event.type === 'rows') {
      const row = rows.length;
      const key = event.key === undefined ? 0 : ((event.key[0] ?? 0) << 8) | (event.key[1] ?? 0);
      rows.push({ tableId: event.tableId, commitTs: event.commitTs, key });
      append(rowsOf, event.tableId, row);
      numbered.push({ ...event, bytes: rowBytes(row) });
    } else {
      const before = new Set(tables.keys());
      const involved = involvedTables(event, tables);
      applyDdl(tables, event);
      const silent = event.type === 'ddl' && event.notToSync === true;
      const fact: BlockFact = { index: blocks.length, event, key: eventKeyOf(event), tables: involved, silent };
      blocks.push(fact);
      for (const table of involved) append(blocksOf, table, fact);
      for (const table of tables.keys()) if (!before.has(table)) addedBy.set(table, fact);
      for (const table of before) if (!tables.has(table)) droppedBy.set(table, fact);
      numbered.push(event);
    }
  }
  return { initial, startTs, endTs, events: numbered, rows, blocks, rowsOf, blocksOf, addedBy, droppedBy };
}

function involvedTables(event: BlockEvent, tables: ReadonlyMap<number, WorkloadTable>): number[] {
  const influence = event.type === 'ddl' ? event.blockTables : ({ type: 'all' } as const);
  const adds = event.type === 'ddl' ? event.adds.map(({ tableId }) => tableId) : [];
  if (influence === undefined) return adds;
  if (influence.type === 'normal') return [...new Set([...influence.tableIds, ...adds])];
  const all = influence.type === 'all';
  const found = [...tables.values()].filter((table) => all || table.schemaId === influence.schemaId);
  return [0, ...found.map(({ tableId }) => tableId), ...adds];
}

function append<T>(lists: Map<number, T[]>, table: number, entry: T): void {
  const list = lists.get(table);
  if (list === undefined) lists.set(table, [entry]);
  else list.push(entry);
}
