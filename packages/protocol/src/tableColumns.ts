import type { AddedTable } from './blockEvent.js';
import type { SchemaId, TableId } from './ids.js';

/** Tables as columns, one row a table: what a changefeed of a million tables is started with. */
export interface TableColumns {
  readonly tableId: Float64Array;
  readonly schemaId: Float64Array;
  /** 1: the table may be split. */
  readonly splittable: Uint8Array;
}

/** Tables as a list or as columns. */
export type Tables = readonly AddedTable[] | TableColumns;

/** Puts tables into columns. */
export function tableColumnsOf(tables: readonly AddedTable[]): TableColumns {
  const columns = {
    tableId: new Float64Array(tables.length),
    schemaId: new Float64Array(tables.length),
    splittable: new Uint8Array(tables.length),
  };
  for (let row = 0; row < tables.length; row++) {
    const { tableId, schemaId, splittable } = tables[row] as AddedTable;
    columns.tableId[row] = tableId;
    columns.schemaId[row] = schemaId;
    columns.splittable[row] = splittable ? 1 : 0;
  }
  return columns;
}

export function countTables(tables: Tables): number {
  return 'tableId' in tables ? tables.tableId.length : tables.length;
}

/** Visits every table, in order; makes no object for one that stands in columns. */
export function forEachTable(tables: Tables, visit: (tableId: TableId, schemaId: SchemaId, splittable: boolean) => void): void {
  if (!('tableId' in tables)) {
    for (const { tableId, schemaId, splittable } of tables) visit(tableId, schemaId, splittable);
    return;
  }
  const { tableId, schemaId, splittable } = tables;
  for (let row = 0; row < tableId.length; row++) visit(tableId[row]!, schemaId[row]!, splittable[row] === 1);
}
