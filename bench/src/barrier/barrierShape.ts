import { type AddedTable, type BlockFacts, type EventKey, TRIGGER_TABLE_ID } from '@tidegate/protocol';
import { isTrigger } from './crowd.js';

/** Which dispatchers there are, and which of them an event concerns. */
export interface BarrierShape {
  readonly name: string;
  readonly tables: (dispatchers: number) => readonly AddedTable[];
  /** The one table is cut into a span for each dispatcher. */
  readonly isSplit?: boolean;
  /** Coverage is counted in key ranges. */
  readonly spanChecker?: boolean;
  readonly event: (commitTs: bigint, dispatchers: number) => BlockFacts;
  readonly takesPart: (handle: number) => boolean;
}

const everybody = (): boolean => true;
const noTrigger = (handle: number): boolean => !isTrigger(handle);

function tables(count: number): readonly AddedTable[] {
  return Array.from({ length: count }, (_, i) => ({ tableId: TRIGGER_TABLE_ID + 1 + i, schemaId: 1, splittable: true }));
}

function facts(key: EventKey, blockTables: NonNullable<BlockFacts['blockTables']>): BlockFacts {
  return { key, blockTables, adds: [], schemaChanges: [], admissions: [] };
}

const ddlAt = (commitTs: bigint): EventKey => ({ commitTs, isSyncPoint: false });

const ids = new Map<number, readonly number[]>();

/** The same list every time: it is the event's, not a barrier's, and its memory is no barrier's memory. */
function tableIds(count: number): readonly number[] {
  const known = ids.get(count) ?? tables(count).map(({ tableId }) => tableId);
  ids.set(count, known);
  return known;
}

export const SYNC_POINT: BarrierShape = {
  name: 'All',
  tables,
  event: (commitTs) => facts({ commitTs, isSyncPoint: true }, { type: 'all' }),
  takesPart: everybody,
};

/** {@link SYNC_POINT} where tables may be split. */
export const SYNC_POINT_SPANS: BarrierShape = { ...SYNC_POINT, name: 'All by ranges', spanChecker: true };

export const ONE_SCHEMA: BarrierShape = {
  name: 'DB',
  tables,
  event: (commitTs) => facts(ddlAt(commitTs), { type: 'db', schemaId: 1 }),
  takesPart: everybody,
};

export const LISTED_TABLES: BarrierShape = {
  name: 'Normal',
  tables,
  event: (commitTs, dispatchers) => facts(ddlAt(commitTs), { type: 'normal', tableIds: tableIds(dispatchers) }),
  takesPart: noTrigger,
};

export const SPLIT_TABLE: BarrierShape = {
  name: 'spans',
  tables: () => tables(1),
  isSplit: true,
  spanChecker: true,
  event: (commitTs) => facts(ddlAt(commitTs), { type: 'normal', tableIds: [1] }),
  takesPart: noTrigger,
};
