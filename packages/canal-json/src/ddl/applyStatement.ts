import type { TableInfo } from '@tidegate/protocol';
import { applyAlterTable } from './applyAlterTable.js';
import { applyRenames } from './applyRenames.js';
import { type Catalogue, NameResolver } from './catalogue.js';
import { type DdlEffect, EVERYTHING, onSchema, onTable, TRIGGER_ONLY, withTrigger } from './effect.js';
import type { Statement } from './statement.js';

/** The message around a statement. */
export interface StatementContext {
  readonly sql: string;
  /** Database of names that the statement does not qualify; may be empty. */
  readonly database: string;
  readonly commitTs: bigint;
}

type Of<Type extends Statement['type']> = Extract<Statement, { readonly type: Type }>;

/**
 * Carries a statement out on the catalogue and answers what it touches (section 3 of the protocol). Throws
 * `CatalogueError` when it contradicts what exists; the catalogue must then not be used further.
 */
export function applyStatement(catalogue: Catalogue, statement: Statement, context: StatementContext): DdlEffect {
  const names = new NameResolver(catalogue, context.sql, context.database);
  const version = context.commitTs;
  switch (statement.type) {
    case 'create-database':
      return createDatabase(catalogue, names, statement);
    case 'alter-database':
      return onSchema(
        names.schema(names.databaseOf(statement.name === undefined ? {} : { database: statement.name })).schemaId,
        false,
      );
    case 'drop-database':
      return dropDatabase(catalogue, names, statement);
    case 'create-table':
      return createTable(catalogue, names, statement, version);
    case 'drop-tables':
      return dropTables(catalogue, names, statement);
    case 'truncate-table':
      return replaceTable(catalogue, names.table(statement.table), [], version);
    case 'rename-tables':
      return applyRenames(catalogue, names, statement.pairs, statement.ifExists, version);
    case 'alter-table': {
      const table = statement.ifExists ? names.find(statement.table) : names.table(statement.table);
      return table === undefined ? TRIGGER_ONLY : applyAlterTable(catalogue, names, table, statement.steps, version);
    }
    case 'create-index':
    case 'drop-index':
      return onTable(catalogue.touchTable(names.table(statement.table), version));
    case 'create-view':
      return createView(names, statement);
    case 'alter-view':
      if (!names.isView(statement.view)) throw names.conflict(`there is no view '${statement.view.name}'`);
      return EVERYTHING;
    case 'drop-views':
      return dropViews(names, statement);
    case 'trigger':
      return EVERYTHING;
    case 'no-table-data':
      return TRIGGER_ONLY;
  }
}

function createDatabase(catalogue: Catalogue, names: NameResolver, statement: Of<'create-database'>): DdlEffect {
  const existing = catalogue.schema(statement.name);
  if (existing === undefined) {
    catalogue.addSchema(statement.name);
    return TRIGGER_ONLY;
  }
  if (statement.ifNotExists) return TRIGGER_ONLY;
  if (!statement.orReplace) throw names.conflict(`there is already a database '${statement.name}'`);
  catalogue.removeSchema(statement.name);
  catalogue.addSchema(statement.name);
  return onSchema(existing.schemaId, true);
}

function dropDatabase(catalogue: Catalogue, names: NameResolver, statement: Of<'drop-database'>): DdlEffect {
  if (statement.ifExists && catalogue.schema(statement.name) === undefined) return TRIGGER_ONLY;
  const { schemaId } = names.schema(statement.name);
  catalogue.removeSchema(statement.name);
  return onSchema(schemaId, true);
}

function createTable(catalogue: Catalogue, names: NameResolver, statement: Of<'create-table'>, version: bigint): DdlEffect {
  // Temporary tables are the session's own: their rows are not in the log.
  if (statement.temporary) return TRIGGER_ONLY;
  const existing = names.find(statement.table);
  if (statement.ifNotExists && (existing !== undefined || names.isView(statement.table))) return TRIGGER_ONLY;
  const sources = statement.like === undefined ? [] : [names.table(statement.like)];
  if (existing !== undefined && statement.orReplace) return replaceTable(catalogue, existing, sources, version);
  const added = catalogue.addTable(names.free(statement.table), statement.table.name, version);
  return withTrigger({ touched: sources, added: [added], tables: [added] });
}

/** TRUNCATE, CREATE OR REPLACE: the old table is dropped and a new one of the same name added. */
function replaceTable(catalogue: Catalogue, old: TableInfo, sources: readonly TableInfo[], version: bigint): DdlEffect {
  const schema = catalogue.schema(old.schema);
  if (schema === undefined) throw new Error(`catalogue: table ${old.tableId} lies in no database`);
  catalogue.removeTable(old);
  const added = catalogue.addTable(schema, old.table, version);
  return withTrigger({ touched: [old, ...sources], dropped: [old], added: [added], tables: [added] });
}

function dropTables(catalogue: Catalogue, names: NameResolver, statement: Of<'drop-tables'>): DdlEffect {
  if (statement.temporary) return TRIGGER_ONLY;
  const dropped: TableInfo[] = [];
  for (const name of statement.tables) {
    const table = statement.ifExists ? names.find(name) : names.table(name);
    if (table === undefined) continue;
    catalogue.removeTable(table);
    dropped.push(table);
  }
  return dropped.length === 0 ? TRIGGER_ONLY : withTrigger({ touched: dropped, dropped, tables: [] });
}

function createView(names: NameResolver, statement: Of<'create-view'>): DdlEffect {
  const { view } = statement;
  if (names.isView(view) || (statement.ifNotExists && names.find(view) !== undefined)) {
    if (statement.ifNotExists) return TRIGGER_ONLY;
    if (statement.orReplace) return EVERYTHING;
  }
  names.free(view).views.add(view.name);
  return EVERYTHING;
}

function dropViews(names: NameResolver, statement: Of<'drop-views'>): DdlEffect {
  for (const view of statement.views) {
    const database = names.databaseOf(view);
    if (names.isView(view)) names.schema(database).views.delete(view.name);
    else if (!statement.ifExists) throw names.conflict(`there is no view '${database}.${view.name}'`);
  }
  return TRIGGER_ONLY;
}
