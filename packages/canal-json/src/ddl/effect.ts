import { type AddedTable, type Influence, type SchemaChange, type TableInfo, TRIGGER_TABLE_ID } from '@tidegate/protocol';

/** What a DDL touches: the fields of a `DdlEvent` that follow from section 3 of the protocol. */
export interface DdlEffect {
  readonly blockTables: Influence;
  readonly drops?: Influence;
  readonly adds: readonly AddedTable[];
  readonly schemaChanges: readonly SchemaChange[];
  /** The state afterwards of every table that it creates or changes. */
  readonly tables: readonly TableInfo[];
}

const NOTHING = { adds: [], schemaChanges: [], tables: [] } as const;

/** Touches the table trigger only: Normal [T0]. */
export const TRIGGER_ONLY: DdlEffect = { blockTables: normal([TRIGGER_TABLE_ID]), ...NOTHING };

/** Every table takes part. M-2: All never carries drops. */
export const EVERYTHING: DdlEffect = { blockTables: { type: 'all' }, ...NOTHING };

/** Normal over these tables, each named once. */
function normal(tableIds: readonly number[]): Influence {
  return { type: 'normal', tableIds: [...new Set(tableIds)] };
}

/** One table, without the trigger: an alteration. */
export function onTable(table: TableInfo): DdlEffect {
  return { ...NOTHING, blockTables: normal([table.tableId]), tables: [table] };
}

/** M-1: what adds, drops or moves tables includes T0, so that the trigger writes it. */
export function withTrigger(parts: {
  readonly touched: readonly TableInfo[];
  readonly dropped?: readonly TableInfo[];
  readonly added?: readonly TableInfo[];
  readonly schemaChanges?: readonly SchemaChange[];
  readonly tables: readonly TableInfo[];
}): DdlEffect {
  const { touched, dropped = [], added = [], schemaChanges = [], tables } = parts;
  return {
    blockTables: normal([...touched.map((table) => table.tableId), TRIGGER_TABLE_ID]),
    ...(dropped.length > 0 && { drops: normal(dropped.map((table) => table.tableId)) }),
    // Rows are routed by table alone, so a table is served by one dispatcher.
    adds: added.map(({ tableId, schemaId }) => ({ tableId, schemaId, splittable: false })),
    schemaChanges,
    tables,
  };
}

/** A whole database: DB(s). */
export function onSchema(schemaId: number, drops: boolean): DdlEffect {
  const influence: Influence = { type: 'db', schemaId };
  return { ...NOTHING, blockTables: influence, ...(drops && { drops: influence }) };
}
