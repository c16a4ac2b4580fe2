import type { SourceEvent, SourceSnapshot } from '@tidegate/dispatcher';
import type { DdlEvent, TableInfo } from '@tidegate/protocol';

/** Unsigned 32-bit numbers from a seed. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
}

interface Table {
  readonly id: number;
  schema: number;
  name: string;
}

/**
 * A random commit-ordered log that keeps to section 3 of the protocol: tables come and go, are truncated, moved and
 * altered, schemas are dropped, everything stops now and then; rows in between, and marks.
 */
export class RandomLog {
  readonly events: SourceEvent[] = [];
  readonly #random: () => number;
  readonly #tables: Table[] = [];
  #ts = 100n;
  #nextTable = 1;
  #nextSchema = 3;
  #schemas = [1, 2];

  constructor(seed: number, length: number) {
    this.#random = generator(seed);
    while (this.events.length < length) this.#step();
    this.events.push({ type: 'resolved', ts: this.#ts });
  }

  get endTs(): bigint {
    return this.#ts;
  }

  #below(bound: number): number {
    return this.#random() % bound;
  }

  #step(): void {
    const kind = this.#tables.length < 3 ? 0 : this.#below(100);
    if (kind < 4) this.#create();
    else if (kind < 6) this.#drop();
    else if (kind < 9) this.#truncate();
    else if (kind < 12) this.#move();
    else if (kind < 15) this.#alter();
    else if (kind < 18) this.#alterParts();
    else if (kind < 19) this.#alterSchema();
    else if (kind < 21) this.#everything();
    else if (kind < 22) this.#dropSchema();
    else if (kind < 23) this.#swap();
    else if (kind < 25 || (kind < 50 && this.events.at(-1)?.type === 'ddl' && this.#below(8) === 0)) this.#syncPoint();
    else if (kind < 33) this.#emit({ type: 'resolved', ts: this.#ts });
    else this.#rows();
  }

  #rows(): void {
    const commitTs = this.#tick();
    for (let left = 1 + this.#below(4); left > 0; left--) {
      const table = this.#anyTable();
      this.#emit({
        type: 'rows',
        tableId: table.id,
        commitTs,
        count: 1,
        bytes: new TextEncoder().encode(`${table.id}@${commitTs}`),
      });
    }
  }

  #create(): void {
    const like = this.#tables.length > 0 && this.#below(4) === 0 ? [this.#anyTable().id] : [];
    const table = this.#newTable(this.#schemas[this.#below(this.#schemas.length)] as number);
    this.#ddl('create table', {
      blockTables: { type: 'normal', tableIds: [0, ...like] },
      adds: [{ tableId: table.id, schemaId: table.schema, splittable: false }],
      tables: [table],
    });
  }

  #drop(): void {
    const dropped = [...new Set([this.#anyTable(), ...(this.#below(2) === 0 ? [this.#anyTable()] : [])])];
    const tableIds = dropped.map((table) => table.id);
    this.#ddl('drop tables', {
      blockTables: { type: 'normal', tableIds: [...tableIds, 0] },
      drops: { type: 'normal', tableIds },
    });
    for (const table of dropped) this.#tables.splice(this.#tables.indexOf(table), 1);
  }

  #truncate(): void {
    const old = this.#anyTable();
    this.#tables.splice(this.#tables.indexOf(old), 1);
    const table = this.#newTable(old.schema);
    this.#ddl('truncate table', {
      blockTables: { type: 'normal', tableIds: [old.id, 0] },
      drops: { type: 'normal', tableIds: [old.id] },
      adds: [{ tableId: table.id, schemaId: table.schema, splittable: false }],
      tables: [table],
    });
  }

  #move(): void {
    const table = this.#anyTable();
    const oldSchemaId = table.schema;
    table.schema = this.#schemas[this.#below(this.#schemas.length)] as number;
    table.name = `moved${this.#ts}`;
    this.#ddl('rename table', {
      blockTables: { type: 'normal', tableIds: [table.id, 0] },
      schemaChanges: oldSchemaId === table.schema ? [] : [{ tableId: table.id, oldSchemaId, newSchemaId: table.schema }],
      tables: [table],
    });
  }

  #alter(): void {
    const table = this.#anyTable();
    this.#ddl('alter table', { blockTables: { type: 'normal', tableIds: [table.id] }, tables: [table] });
  }

  /** Of a partitioned table: several tables and not the trigger, so whoever arrives last writes (B-29). */
  #alterParts(): void {
    const parts = [...new Set([this.#anyTable(), this.#anyTable(), this.#anyTable()])];
    this.#ddl('alter partitions', {
      blockTables: { type: 'normal', tableIds: parts.map((table) => table.id) },
      tables: parts,
    });
  }

  /** A schema is stopped and nothing is dropped. */
  #alterSchema(): void {
    const schemaId = this.#schemas[this.#below(this.#schemas.length)] as number;
    this.#ddl('alter schema', { blockTables: { type: 'db', schemaId }, tables: [] });
  }

  /** Two tables change places, and schemas if they are in two. */
  #swap(): void {
    const [one, other] = [this.#anyTable(), this.#anyTable()];
    if (one === other) return;
    const schemaChanges =
      one.schema === other.schema
        ? []
        : [
            { tableId: one.id, oldSchemaId: one.schema, newSchemaId: other.schema },
            { tableId: other.id, oldSchemaId: other.schema, newSchemaId: one.schema },
          ];
    [one.schema, other.schema] = [other.schema, one.schema];
    [one.name, other.name] = [other.name, one.name];
    this.#ddl('rename tables', {
      blockTables: { type: 'normal', tableIds: [one.id, other.id, 0] },
      schemaChanges,
      tables: [one, other],
    });
  }

  /** At a ts of its own, or right behind a DDL of the same ts (B-1). */
  #syncPoint(): void {
    const last = this.events.at(-1);
    const commitTs = last?.type === 'ddl' && this.#below(2) === 0 ? last.commitTs : this.#tick();
    this.#emit({ type: 'sync-point', commitTs });
  }

  #everything(): void {
    this.#ddl('create view', { blockTables: { type: 'all' }, tables: [] });
  }

  #dropSchema(): void {
    if (this.#schemas.length < 2) return;
    const [schemaId] = this.#schemas.splice(this.#below(this.#schemas.length), 1) as [number];
    this.#ddl('drop schema', { blockTables: { type: 'db', schemaId }, drops: { type: 'db', schemaId }, tables: [] });
    for (const table of this.#tables.filter(({ schema }) => schema === schemaId))
      this.#tables.splice(this.#tables.indexOf(table), 1);
    this.#schemas.push(this.#nextSchema++);
  }

  #ddl(kind: string, fields: Omit<Partial<DdlEvent>, 'tables'> & { tables?: Table[] }): void {
    const commitTs = this.#tick();
    const tables = (fields.tables ?? []).map((table): TableInfo => infoOf(table, commitTs));
    const query = `${kind} ${tables.map((table) => table.table).join()} at ${commitTs}`;
    this.#emit({
      type: 'ddl',
      commitTs,
      query,
      kind,
      schema: '',
      table: '',
      adds: [],
      schemaChanges: [],
      admissions: [],
      ...fields,
      tables,
    });
  }

  #newTable(schema: number): Table {
    const table = { id: this.#nextTable, schema, name: `t${this.#nextTable++}` };
    this.#tables.push(table);
    return table;
  }

  #anyTable(): Table {
    return this.#tables[this.#below(this.#tables.length)] as Table;
  }

  #tick(): bigint {
    this.#ts += BigInt(1 + this.#below(3));
    return this.#ts;
  }

  #emit(event: SourceEvent): void {
    this.events.push(event);
  }
}

/** What exists at `startTs` of a log that begins with nothing. */
export function snapshotAt(events: readonly SourceEvent[], startTs: bigint): SourceSnapshot {
  const tables = new Map<number, TableInfo>();
  for (const event of events) {
    if (event.type !== 'ddl' || event.commitTs > startTs) continue;
    const { drops } = event;
    for (const [id, { schemaId }] of tables)
      if (drops?.type === 'normal' ? drops.tableIds.includes(id) : drops?.type === 'db' && drops.schemaId === schemaId)
        tables.delete(id);
    for (const info of event.tables) tables.set(info.tableId, info);
  }
  return { startTs, tables: [...tables.values()].map((info) => ({ ...info, splittable: false })) };
}

function infoOf(table: Table, version: bigint): TableInfo {
  return { tableId: table.id, schemaId: table.schema, schema: `s${table.schema}`, table: table.name, version };
}
