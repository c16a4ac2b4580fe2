import type { NameChanges, TableName } from '@tidegate/protocol';

/**
 * Notes which table names come and go while one statement is carried out, and tells the outcome: a name that is there
 * before and after it (TRUNCATE, a swap) has not changed. Holds no more than one statement names.
 */
export class NameJournal {
  readonly #schemas = new Set<string>();
  /** By `schema`, then `table`: whether the name was there before the statement, and whether it is now. */
  readonly #tables = new Map<string, Map<string, { readonly before: boolean; now: boolean }>>();

  schemaRemoved(schema: string): void {
    this.#schemas.add(schema);
    // Its tables go with it: they need not be named one by one.
    this.#tables.delete(schema);
  }

  tableAdded(schema: string, table: string): void {
    this.#note(schema, table, true);
  }

  tableRemoved(schema: string, table: string): void {
    this.#note(schema, table, false);
  }

  /** What changed since the last call. */
  take(): NameChanges {
    const dropped: TableName[] = [];
    const added: TableName[] = [];
    for (const [schema, tables] of this.#tables) {
      for (const [table, { before, now }] of tables) {
        if (before && !now) dropped.push({ schema, table });
        else if (now && !before) added.push({ schema, table });
      }
    }
    const changes = { droppedSchemas: [...this.#schemas], dropped, added };
    this.#schemas.clear();
    this.#tables.clear();
    return changes;
  }

  #note(schema: string, table: string, now: boolean): void {
    let tables = this.#tables.get(schema);
    if (tables === undefined) {
      tables = new Map();
      this.#tables.set(schema, tables);
    }
    const known = tables.get(table);
    if (known === undefined) tables.set(table, { before: !now, now });
    else known.now = now;
  }
}
