import type { TableInfo } from '@tidegate/protocol';
import { CatalogueError } from '../errors.js';
import type { NameJournal } from './nameJournal.js';

/** A database as the catalogue keeps it. */
export interface Schema {
  readonly schemaId: number;
  readonly name: string;
  readonly tables: Map<string, TableInfo>;
  readonly views: Set<string>;
}

/**
 * What exists at one ts of the log: databases, tables, views, and the ids that this source gives them. Ids count from 1 in
 * the order of the log and are never reused, so the same log gives the same ids from whatever ts it is read. A rename keeps
 * a table's id; TRUNCATE and CREATE OR REPLACE give a new one. Names are compared exactly as they are written
 * (lower_case_table_names = 0). Grows with what the log creates and shrinks with what it drops; it has no other bound.
 */
export class Catalogue {
  readonly #schemas = new Map<string, Schema>();
  readonly #names: NameJournal | undefined;
  #nextSchemaId = 1;
  #nextTableId = 1;

  /** `names` is told of every name that comes or goes; whoever passes it takes from it after each statement. */
  constructor(names?: NameJournal) {
    this.#names = names;
  }

  schema(name: string): Schema | undefined {
    return this.#schemas.get(name);
  }

  table(database: string, name: string): TableInfo | undefined {
    return this.#schemas.get(database)?.tables.get(name);
  }

  hasView(database: string, name: string): boolean {
    return this.#schemas.get(database)?.views.has(name) ?? false;
  }

  /** Every table, by id. */
  tables(): TableInfo[] {
    const all: TableInfo[] = [];
    for (const schema of this.#schemas.values()) all.push(...schema.tables.values());
    return all.sort((a, b) => a.tableId - b.tableId);
  }

  addSchema(name: string): Schema {
    const schema = { schemaId: this.#nextSchemaId++, name, tables: new Map(), views: new Set<string>() };
    this.#schemas.set(name, schema);
    return schema;
  }

  removeSchema(name: string): void {
    this.#schemas.delete(name);
    this.#names?.schemaRemoved(name);
  }

  /** Adds a table under a new id. The name must be free. */
  addTable(schema: Schema, table: string, version: bigint): TableInfo {
    const info = { tableId: this.#nextTableId++, schemaId: schema.schemaId, schema: schema.name, table, version };
    schema.tables.set(table, info);
    this.#names?.tableAdded(schema.name, table);
    return info;
  }

  removeTable(info: TableInfo): void {
    this.#schemas.get(info.schema)?.tables.delete(info.table);
    this.#names?.tableRemoved(info.schema, info.table);
  }

  /** Puts a table under another name, perhaps in another database, keeping its id. The name must be free. */
  moveTable(info: TableInfo, schema: Schema, table: string, version: bigint): TableInfo {
    this.removeTable(info);
    const moved = { ...info, schemaId: schema.schemaId, schema: schema.name, table, version };
    schema.tables.set(table, moved);
    this.#names?.tableAdded(schema.name, table);
    return moved;
  }

  /** Notes that a table's definition changed. */
  touchTable(info: TableInfo, version: bigint): TableInfo {
    const touched = { ...info, version };
    this.#schemas.get(info.schema)?.tables.set(info.table, touched);
    return touched;
  }
}

/** Names of one statement, looked up; every failure quotes the statement. */
export class NameResolver {
  readonly #catalogue: Catalogue;
  readonly #sql: string;
  readonly #database: string;

  /** `database` is that of the message: it holds names which the statement does not qualify. */
  constructor(catalogue: Catalogue, sql: string, database: string) {
    this.#catalogue = catalogue;
    this.#sql = sql;
    this.#database = database;
  }

  databaseOf(name: { readonly database?: string }): string {
    const database = name.database ?? this.#database;
    if (database === '') throw this.conflict('a name has no database, and neither does the message');
    return database;
  }

  schema(name: string): Schema {
    const schema = this.#catalogue.schema(name);
    if (schema === undefined) throw this.conflict(`there is no database '${name}'`);
    return schema;
  }

  find(name: { readonly database?: string; readonly name: string }): TableInfo | undefined {
    return this.#catalogue.table(this.databaseOf(name), name.name);
  }

  table(name: { readonly database?: string; readonly name: string }): TableInfo {
    const found = this.find(name);
    if (found === undefined) throw this.conflict(`there is no table '${this.databaseOf(name)}.${name.name}'`);
    return found;
  }

  isView(name: { readonly database?: string; readonly name: string }): boolean {
    return this.#catalogue.hasView(this.databaseOf(name), name.name);
  }

  /** Requires that neither a table nor a view has this name, and answers its database. */
  free(name: { readonly database?: string; readonly name: string }): Schema {
    const schema = this.schema(this.databaseOf(name));
    if (schema.tables.has(name.name)) throw this.conflict(`there is already a table '${schema.name}.${name.name}'`);
    if (schema.views.has(name.name)) throw this.conflict(`there is already a view '${schema.name}.${name.name}'`);
    return schema;
  }

  conflict(reason: string): CatalogueError {
    return new CatalogueError(this.#sql, reason);
  }
}
