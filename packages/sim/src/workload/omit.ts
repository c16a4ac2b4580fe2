import type { SourceEvent } from '@tidegate/dispatcher';
import { applyDdl, type WorkloadTable } from './workload.js';

/** Leaves out events, and all that name a table which is not there without them: a smaller log is a sound one. */
export function keepConsistent(
  initial: readonly WorkloadTable[],
  events: readonly SourceEvent[],
  omit: readonly (readonly [number, number])[],
): SourceEvent[] {
  const tables = new Map(initial.map((table) => [table.tableId, table]));
  return events.filter((event, index) => {
    if (omit.some(([from, to]) => index >= from && index < to)) return false;
    if (event.type === 'rows') return tables.has(event.tableId);
    if (event.type !== 'ddl') return true;
    if (!namesWhatExists(event, tables)) return false;
    applyDdl(tables, event);
    return true;
  });
}

function namesWhatExists(event: Extract<SourceEvent, { type: 'ddl' }>, tables: ReadonlyMap<number, WorkloadTable>): boolean {
  const added = new Set(event.adds.map(({ tableId }) => tableId));
  const named = [
    ...(event.blockTables?.type === 'normal' ? event.blockTables.tableIds : []),
    ...event.tables.map(({ tableId }) => tableId),
  ];
  return (
    named.every((table) => table === 0 || added.has(table) || tables.has(table)) &&
    event.schemaChanges.every(({ tableId, oldSchemaId }) => tables.get(tableId)?.schemaId === oldSchemaId)
  );
}
