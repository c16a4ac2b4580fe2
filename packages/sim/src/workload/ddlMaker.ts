import type { SourceEvent } from '@tidegate/dispatcher';
import type { AddedTable, DdlEvent, SchemaChange, TableInfo } from '@tidegate/protocol';
import type { Random } from '../random.js';
import type { WorkloadOptions } from './generate.js';
import { Names } from './names.js';
import type { WorkloadTable } from './workload.js';

interface Table {
  readonly id: number;
  schema: number;
  name: string;
  readonly splittable: boolean;
}

type DdlFields = Omit<Partial<DdlEvent>, 'tables'> & { readonly tables?: readonly Table[] };

/** With fewer tables than this there is nothing to do but to create some. */
const FEWEST_TABLES = 3;

/** Kinds of block events with their weights. Those of partitioned tables treat each partition as a table of its own. */
const KINDS = {
  create: 16,
  createLike: 5,
  createBatch: 3,
  drop: 7,
  truncate: 11,
  rename: 9,
  swap: 4,
  alter: 12,
  alterParts: 10,
  addPartition: 4,
  reorganize: 5,
  exchange: 4,
  alterSchema: 4,
  dropSchema: 3,
  createView: 5,
  silent: 3,
  syncPoint: 9,
} as const;

type Kind = keyof typeof KINDS;

const WHEEL: readonly Kind[] = (Object.keys(KINDS) as Kind[]).flatMap((kind) => Array<Kind>(KINDS[kind]).fill(kind));

/** Makes the block events of a random log, and knows which tables there are. */
export class DdlMaker {
  readonly initial: readonly WorkloadTable[];
  readonly #random: Random;
  readonly #options: WorkloadOptions;
  readonly #tables: Table[] = [];
  readonly #schemas: number[];
  /** Absent: names are not routed, and each table has one of its own. */
  readonly #names: Names | undefined;
  #ts: bigint;
  #nextTable = 1;
  #nextSchema: number;

  constructor(random: Random, options: WorkloadOptions, firstTs: bigint) {
    this.#random = random;
    this.#options = options;
    this.#ts = firstTs;
    this.#names = options.routes && new Names(options.seed, options.routes === 'clash');
    this.#schemas = Array.from({ length: Math.max(1, options.schemas) }, (_, i) => i + 1);
    this.#nextSchema = this.#schemas.length + 1;
    for (let i = 0; i < options.tables; i++) this.#newTable(this.#anySchema());
    this.initial = this.#tables.map((table) => ({ ...infoOf(table, firstTs), splittable: table.splittable }));
  }

  get ts(): bigint {
    return this.#ts;
  }

  /** There are too few tables for anything but a DDL. */
  get wanted(): boolean {
    return this.#tables.length < FEWEST_TABLES;
  }

  tick(): bigint {
    this.#ts += BigInt(this.#random.between(1, 3));
    return this.#ts;
  }

  anyTable(): { readonly id: number } {
    return this.#anyTable();
  }

  /** The next block event. A kind that is not possible now gives another one, or none. */
  next(last: SourceEvent | undefined): SourceEvent[] {
    const kind = this.wanted ? 'create' : this.#random.pick(WHEEL);
    // B-1: a sync point likes to stand right behind a DDL of the same ts.
    if (this.#options.syncPoints && last?.type === 'ddl' && this.#random.chance(120))
      return [{ type: 'sync-point', commitTs: last.commitTs }];
    if (kind === 'syncPoint') return this.#options.syncPoints ? [{ type: 'sync-point', commitTs: this.tick() }] : [];
    const event = this.#make(kind);
    return event === undefined ? [] : [event];
  }

  #make(kind: Exclude<Kind, 'syncPoint'>): SourceEvent | undefined {
    switch (kind) {
      case 'create':
        return this.#create('create table', [], 1);
      case 'createLike':
        return this.#create('create table like', [this.#anyTable().id], 1);
      case 'createBatch':
        return this.#create('create tables', [], this.#random.between(2, 4));
      case 'drop':
        return this.#drop();
      case 'truncate':
        return this.#replace('truncate table', [this.#anyTable()], 1);
      case 'reorganize':
        return this.#replace('reorganize partition', this.#some(this.#random.between(1, 3)), this.#random.between(1, 3));
      case 'addPartition':
        return this.#addPartition();
      case 'rename':
        return this.#rename();
      case 'swap':
      case 'exchange':
        return this.#swap(kind);
      case 'alter':
      case 'silent':
        return this.#alter(kind === 'silent');
      case 'alterParts':
        return this.#alterParts();
      case 'alterSchema':
        return this.#ddl('alter schema', { blockTables: { type: 'db', schemaId: this.#anySchema() } });
      case 'dropSchema':
        return this.#dropSchema();
      case 'createView':
        return this.#ddl('create view', { blockTables: { type: 'all' } });
    }
  }

  #create(kind: string, like: readonly number[], count: number): SourceEvent {
    const tables = Array.from({ length: count }, () => this.#newTable(this.#anySchema()));
    const adds = tables.map(addOf);
    return this.#ddl(kind, { blockTables: { type: 'normal', tableIds: [0, ...like] }, adds, tables });
  }

  #drop(): SourceEvent {
    const dropped = this.#some(this.#random.between(1, 2));
    const tableIds = dropped.map(({ id }) => id);
    for (const table of dropped) this.#remove(table);
    return this.#ddl('drop tables', {
      blockTables: { type: 'normal', tableIds: [...tableIds, 0] },
      drops: { type: 'normal', tableIds },
      table: dropped.map(({ name }) => name).join(),
    });
  }

  #replace(kind: string, old: readonly Table[], count: number): SourceEvent {
    const tableIds = old.map(({ id }) => id);
    const schema = (old[0] as Table).schema;
    for (const table of old) this.#remove(table);
    const tables = Array.from({ length: count }, () => this.#newTable(schema));
    // A truncated table is another one under the same name: nothing changes for its target.
    if (this.#names && kind === 'truncate table') for (const table of tables) table.name = (old[0] as Table).name;
    return this.#ddl(kind, {
      blockTables: { type: 'normal', tableIds: [...tableIds, 0] },
      drops: { type: 'normal', tableIds },
      adds: tables.map(addOf),
      tables,
    });
  }

  #addPartition(): SourceEvent {
    const existing = this.#some(this.#random.between(1, 3)).map(({ id }) => id);
    const tables = [this.#newTable(this.#anySchema())];
    const blockTables = { type: 'normal', tableIds: [...existing, 0] } as const;
    return this.#ddl('add partition', { blockTables, adds: tables.map(addOf), tables });
  }

  #rename(): SourceEvent {
    const table = this.#anyTable();
    const oldSchemaId = table.schema;
    table.schema = this.#anySchema();
    const others = this.#tables.filter((each) => each !== table);
    table.name = this.#names?.next(table.schema, others) ?? `r${table.id}_${this.#ts}`;
    return this.#ddl('rename table', {
      blockTables: { type: 'normal', tableIds: [table.id, 0] },
      schemaChanges: moved(table.id, oldSchemaId, table.schema),
      tables: [table],
    });
  }

  /** Two tables change places, and schemas if they are in two. */
  #swap(kind: 'swap' | 'exchange'): SourceEvent | undefined {
    const [one, other] = this.#some(2);
    if (one === undefined || other === undefined) return undefined;
    const schemaChanges = [...moved(one.id, one.schema, other.schema), ...moved(other.id, other.schema, one.schema)];
    [one.schema, other.schema] = [other.schema, one.schema];
    [one.name, other.name] = [other.name, one.name];
    return this.#ddl(kind === 'swap' ? 'rename tables' : 'exchange partition', {
      blockTables: { type: 'normal', tableIds: [one.id, other.id, 0] },
      schemaChanges,
      tables: [one, other],
    });
  }

  #alter(silent: boolean): SourceEvent {
    const table = this.#anyTable();
    const blockTables = { type: 'normal', tableIds: [table.id] } as const;
    return this.#ddl('alter table', { blockTables, tables: [table], ...(silent && { notToSync: true }) });
  }

  /** Several tables and not the trigger, so whoever arrives last writes (B-29). */
  #alterParts(): SourceEvent {
    const tables = this.#some(this.#random.between(2, 3));
    return this.#ddl('alter partitions', { blockTables: { type: 'normal', tableIds: tables.map(({ id }) => id) }, tables });
  }

  #dropSchema(): SourceEvent | undefined {
    if (this.#schemas.length < 2) return undefined;
    const [schemaId] = this.#schemas.splice(this.#random.below(this.#schemas.length), 1) as [number];
    for (const table of this.#tables.filter(({ schema }) => schema === schemaId)) this.#remove(table);
    this.#schemas.push(this.#nextSchema++);
    return this.#ddl('drop schema', { blockTables: { type: 'db', schemaId }, drops: { type: 'db', schemaId } });
  }

  #ddl(kind: string, { tables = [], ...fields }: DdlFields): SourceEvent {
    const commitTs = this.tick();
    const names = tables.map(({ name }) => name).join();
    const query = `${kind} ${names || (fields.table ?? '')}`.trimEnd();
    const base = { schema: '', table: '', adds: [], schemaChanges: [], admissions: [] };
    return { ...base, ...fields, type: 'ddl', commitTs, query, kind, tables: tables.map((table) => infoOf(table, commitTs)) };
  }

  #newTable(schema: number): Table {
    const id = this.#nextTable++;
    const name = this.#names?.next(schema, this.#tables) ?? `t${id}`;
    const table = { id, schema, name, splittable: this.#random.chance(this.#options.splittable) };
    this.#tables.push(table);
    return table;
  }

  #remove(table: Table): void {
    this.#tables.splice(this.#tables.indexOf(table), 1);
  }

  #some(count: number): Table[] {
    return [...new Set(Array.from({ length: count }, () => this.#anyTable()))];
  }

  #anyTable(): Table {
    return this.#random.pick(this.#tables);
  }

  #anySchema(): number {
    return this.#random.pick(this.#schemas);
  }
}

function addOf({ id, schema, splittable }: Table): AddedTable {
  return { tableId: id, schemaId: schema, splittable };
}

function moved(tableId: number, oldSchemaId: number, newSchemaId: number): SchemaChange[] {
  return oldSchemaId === newSchemaId ? [] : [{ tableId, oldSchemaId, newSchemaId }];
}

function infoOf({ id, schema, name }: Table, version: bigint): TableInfo {
  return { tableId: id, schemaId: schema, schema: `s${schema}`, table: name, version };
}
