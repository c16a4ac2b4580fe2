import type { TableInfo } from '@tidegate/protocol';
import { applyRenames } from './applyRenames.js';
import type { Catalogue, NameResolver } from './catalogue.js';
import { type DdlEffect, onTable, withTrigger } from './effect.js';
import type { AlterStep } from './statement.js';

/**
 * ALTER TABLE. Mostly Normal [table], without the trigger. What moves, adds or drops a table, or moves rows between two,
 * includes T0 (M-1). A partitioned table is one physical table here, so its partitions are no tables of their own.
 */
export function applyAlterTable(
  catalogue: Catalogue,
  names: NameResolver,
  altered: TableInfo,
  steps: readonly AlterStep[],
  version: bigint,
): DdlEffect {
  const table = catalogue.touchTable(altered, version);
  for (const step of steps) {
    switch (step.type) {
      case 'exchange': {
        const other = catalogue.touchTable(names.table(step.with), version);
        return withTrigger({ touched: [table, other], tables: [table, other] });
      }
      case 'split-off': {
        const added = catalogue.addTable(names.free(step.to), step.to.name, version);
        return withTrigger({ touched: [table], added: [added], tables: [table, added] });
      }
      case 'take-in': {
        const taken = names.table(step.from);
        catalogue.removeTable(taken);
        return withTrigger({ touched: [table, taken], dropped: [taken], tables: [table] });
      }
      case 'rename': {
        // ALTER TABLE t RENAME TO t is allowed and does nothing.
        if (names.find(step.to)?.tableId === table.tableId) break;
        const from = { database: table.schema, name: table.table };
        return applyRenames(catalogue, names, [{ from, to: step.to }], false, version);
      }
      default:
      // Changes of columns and rows stay within the table.
    }
  }
  return onTable(table);
}
