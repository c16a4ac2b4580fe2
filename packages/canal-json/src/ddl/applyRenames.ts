import type { SchemaChange, TableInfo } from '@tidegate/protocol';
import type { Catalogue, NameResolver } from './catalogue.js';
import { type DdlEffect, TRIGGER_ONLY, withTrigger } from './effect.js';
import type { ObjectName } from './statement.js';

/**
 * Renames one pair after the other, as the server does, so that a swap through a third name comes out right. What is
 * reported is the outcome: each table once, with a schema change if it ended in another database.
 */
export function applyRenames(
  catalogue: Catalogue,
  names: NameResolver,
  pairs: readonly { readonly from: ObjectName; readonly to: ObjectName }[],
  ifExists: boolean,
  version: bigint,
): DdlEffect {
  const before = new Map<number, TableInfo>();
  const after = new Map<number, TableInfo>();
  for (const { from, to } of pairs) {
    if (names.isView(from)) {
      renameView(names, from, to);
      continue;
    }
    if (ifExists && names.find(from) === undefined) continue;
    const table = names.table(from);
    const moved = catalogue.moveTable(table, names.free(to), to.name, version);
    if (!before.has(table.tableId)) before.set(table.tableId, table);
    after.set(table.tableId, moved);
  }
  if (before.size === 0) return TRIGGER_ONLY;
  return withTrigger({ touched: [...before.values()], schemaChanges: schemaChanges(before, after), tables: [...after.values()] });
}

function schemaChanges(before: ReadonlyMap<number, TableInfo>, after: ReadonlyMap<number, TableInfo>): SchemaChange[] {
  const changes: SchemaChange[] = [];
  for (const [tableId, table] of after) {
    const oldSchemaId = before.get(tableId)?.schemaId ?? table.schemaId;
    if (oldSchemaId !== table.schemaId) changes.push({ tableId, oldSchemaId, newSchemaId: table.schemaId });
  }
  return changes;
}

function renameView(names: NameResolver, from: ObjectName, to: ObjectName): void {
  const target = names.free(to);
  names.schema(names.databaseOf(from)).views.delete(from.name);
  target.views.add(to.name);
}
