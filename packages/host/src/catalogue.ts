import type { SourceSnapshot } from '@tidegate/dispatcher';
import {
  type BlockEvent,
  type DdlEvent,
  type SchemaId,
  type TableId,
  type TableInfo,
  TRIGGER_SCHEMA_ID,
  TRIGGER_TABLE_ID,
} from '@tidegate/protocol';

/** The last event that concerned a table. */
export interface LastEvent {
  lastTs: bigint;
  lastIsSync: boolean;
}

/** Whether a stream from `startTs` has `last` in it: above its start, or a sync point there (B-1, D-2). */
export function wantsBefore(startTs: bigint, last: LastEvent | undefined): boolean {
  if (last === undefined) return false;
  return last.lastTs > startTs || (last.lastTs === startTs && last.lastIsSync);
}

/** A table that exists at a reader's place. Its last event is of those that concerned some tables; those for all are kept once. */
export interface TableEntry extends LastEvent {
  readonly tableId: TableId;
  schemaId: SchemaId;
  /** Absent for the table trigger's reserved table. */
  info: TableInfo | undefined;
  /** Bit m: every key was claimed by a dispatcher of mode m, some time since the table was created. */
  claimed: number;
}

/** What exists at one place of the source: names, schemas, and what each event concerns. */
export class Catalogue {
  readonly trigger: TableEntry;
  readonly #byTable = new Map<TableId, TableEntry>();
  readonly #bySchema = new Map<SchemaId, Set<TableId>>();

  constructor(snapshot: SourceSnapshot) {
    this.trigger = this.#add(TRIGGER_TABLE_ID, TRIGGER_SCHEMA_ID, undefined);
    for (const { splittable: _, ...info } of snapshot.tables) this.#add(info.tableId, info.schemaId, info);
  }

  /** Tables, the trigger's reserved one apart. */
  get tables(): number {
    return this.#byTable.size - 1;
  }

  get(tableId: TableId): TableEntry | undefined {
    return this.#byTable.get(tableId);
  }

  /** Every table, and the trigger's. */
  all(): IterableIterator<TableEntry> {
    return this.#byTable.values();
  }

  /** The tables that an event concerns, or the id of one that it names and that does not exist. */
  concerned(event: BlockEvent): readonly TableEntry[] | 'all' | { readonly unknown: TableId } {
    const influence = event.type === 'sync-point' ? ({ type: 'all' } as const) : event.blockTables;
    if (influence === undefined) return [this.trigger];
    if (influence.type === 'all') return 'all';
    if (influence.type === 'db') return [this.trigger, ...this.#ofSchema(influence.schemaId)];
    const entries: TableEntry[] = [];
    for (const tableId of influence.tableIds) {
      const entry = this.#byTable.get(tableId);
      if (entry === undefined) return { unknown: tableId };
      entries.push(entry);
    }
    return entries;
  }

  /** Takes over what a DDL changes, after it was delivered. `refused`: the id of a table that it adds though it exists. */
  apply(event: DdlEvent): { readonly dropped: readonly TableEntry[]; readonly added: TableEntry[]; readonly refused?: TableId } {
    const dropped = this.#dropped(event);
    for (const entry of dropped) this.#drop(entry);
    for (const change of event.schemaChanges) this.#moveToSchema(this.#byTable.get(change.tableId), change.newSchemaId);
    const added: TableEntry[] = [];
    for (const { tableId, schemaId } of event.adds) {
      if (this.#byTable.has(tableId)) return { dropped, added, refused: tableId };
      added.push(this.#add(tableId, schemaId, undefined));
    }
    for (const info of event.tables) {
      const entry = this.#byTable.get(info.tableId);
      if (entry !== undefined) entry.info = info;
    }
    return { dropped, added };
  }

  #dropped({ drops }: DdlEvent): TableEntry[] {
    if (drops === undefined || drops.type === 'all') return [];
    if (drops.type === 'db') return this.#ofSchema(drops.schemaId);
    return drops.tableIds.flatMap((tableId) => this.#byTable.get(tableId) ?? []);
  }

  #add(tableId: TableId, schemaId: SchemaId, info: TableInfo | undefined): TableEntry {
    const entry: TableEntry = { tableId, schemaId, info, lastTs: 0n, lastIsSync: false, claimed: 0 };
    this.#byTable.set(tableId, entry);
    this.#index(entry);
    return entry;
  }

  #drop(entry: TableEntry): void {
    this.#byTable.delete(entry.tableId);
    this.#unindex(entry);
  }

  #moveToSchema(entry: TableEntry | undefined, schemaId: SchemaId): void {
    if (entry === undefined || entry.schemaId === schemaId) return;
    this.#unindex(entry);
    entry.schemaId = schemaId;
    this.#index(entry);
  }

  #ofSchema(schemaId: SchemaId): TableEntry[] {
    return [...(this.#bySchema.get(schemaId) ?? [])].flatMap((tableId) => this.#byTable.get(tableId) ?? []);
  }

  #index(entry: TableEntry): void {
    let tables = this.#bySchema.get(entry.schemaId);
    if (tables === undefined) {
      tables = new Set();
      this.#bySchema.set(entry.schemaId, tables);
    }
    tables.add(entry.tableId);
  }

  #unindex(entry: TableEntry): void {
    const tables = this.#bySchema.get(entry.schemaId);
    tables?.delete(entry.tableId);
    if (tables?.size === 0) this.#bySchema.delete(entry.schemaId);
  }
}
