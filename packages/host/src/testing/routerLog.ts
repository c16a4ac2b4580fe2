import type { SourceEvent, SourceSnapshot } from '@tidegate/dispatcher';
import type { DdlEvent, KeyRange, TableId, TableInfo } from '@tidegate/protocol';

/** Numbers from 0 to below a bound, from a seed. */
export function chance(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % bound;
  };
}

interface Wanted {
  readonly tableId: TableId;
  readonly startTs: bigint;
  readonly range?: KeyRange | undefined;
  /** Nothing at or below it exists for anybody. */
  readonly floorTs: bigint;
}

/** What a log says of each event, so that a test can compare: `7@120#0a` for a row, `ddl@130`, `sync-point@130`. */
export function nameOf(event: SourceEvent): string {
  if (event.type === 'rows') return new TextDecoder().decode(event.bytes);
  return event.type === 'resolved' ? `resolved@${event.ts}` : `${event.type}@${event.commitTs}`;
}

/** A random commit-ordered log with everything that routing knows, and a plain account of who gets what of it. */
export class RouterLog {
  readonly events: SourceEvent[] = [];
  readonly #below: (bound: number) => number;
  #ts = 10n;
  #resolved = 0n;
  #next = 1;
  #rows = 0;
  #live: { id: TableId; schema: number }[] = [];

  constructor(seed: number, length: number) {
    this.#below = chance(seed);
    while (this.events.length < length) this.#step();
  }

  /** Tables at `ts`, with what they are called there. */
  tablesAt(ts: bigint): Map<TableId, TableInfo> {
    const tables = new Map<TableId, TableInfo>();
    for (const event of this.events) if (event.type === 'ddl' && event.commitTs <= ts) applyTo(tables, event);
    return tables;
  }

  snapshotAt(startTs: bigint): SourceSnapshot {
    return { startTs, tables: [...this.tablesAt(startTs).values()].map((info) => ({ ...info, splittable: true })) };
  }

  /** What is read of it when it is opened at `startTs`. */
  after(startTs: bigint): SourceEvent[] {
    return this.events.filter((event) => (event.type === 'resolved' ? event.ts : event.commitTs) > startTs);
  }

  /** Exactly what a dispatcher must be given, in order. */
  wantedBy({ tableId, startTs, range, floorTs }: Wanted): string[] {
    const tables = new Map<TableId, TableInfo>();
    const wanted: string[] = [];
    for (const event of this.events) {
      if (event.type === 'resolved') continue;
      const isLate = event.commitTs > startTs || (event.commitTs === startTs && event.type === 'sync-point');
      if (isLate && event.commitTs > floorTs && concerns(event, tableId, range, tables)) wanted.push(nameOf(event));
      if (event.type === 'ddl') applyTo(tables, event);
    }
    return wanted;
  }

  #step(): void {
    const kind = this.#live.length < 3 ? 0 : this.#below(60);
    if (kind < 3) this.#create();
    else if (kind < 5) this.#drop(false);
    else if (kind < 6) this.#drop(true);
    else if (kind < 7) this.#dropSchema();
    else if (kind < 9) this.#move();
    else if (kind < 10) this.#ddl({ blockTables: { type: 'all' } });
    else if (kind < 12) this.#alter();
    else if (kind < 13) this.#ddl({ blockTables: { type: 'db', schemaId: 1 + this.#below(2) } });
    else if (kind < 16) this.events.push({ type: 'sync-point', commitTs: this.#tsOfSyncPoint() });
    else if (kind < 23) this.#mark();
    else this.#transaction();
  }

  #transaction(): void {
    const commitTs = this.#tick();
    for (let left = 1 + this.#below(5); left > 0; left--) {
      const tableId = this.#any().id;
      const key = Uint8Array.of(this.#below(256));
      const bytes = new TextEncoder().encode(`${tableId}@${commitTs}#${this.#rows++}`);
      this.events.push({ type: 'rows', tableId, commitTs, count: 1, bytes, key });
    }
  }

  #mark(): void {
    if (this.#ts === this.#resolved) return;
    this.#resolved = this.#ts;
    this.events.push({ type: 'resolved', ts: this.#ts });
  }

  #tsOfSyncPoint(): bigint {
    return this.events.at(-1)?.type === 'ddl' && this.#below(2) === 0 ? this.#ts : this.#tick();
  }

  #create(): void {
    const table = { id: this.#next++, schema: 1 + this.#below(2) };
    this.#ddl({ blockTables: { type: 'normal', tableIds: [0] } }, [table]);
  }

  #drop(again: boolean): void {
    const [old] = this.#live.splice(this.#below(this.#live.length), 1) as [{ id: TableId; schema: number }];
    const fresh = again ? [{ id: this.#next++, schema: old.schema }] : [];
    const tableIds = [old.id];
    this.#ddl({ blockTables: { type: 'normal', tableIds: [old.id, 0] }, drops: { type: 'normal', tableIds } }, fresh);
  }

  #dropSchema(): void {
    const schemaId = 1 + this.#below(2);
    this.#live = this.#live.filter((table) => table.schema !== schemaId);
    this.#ddl({ blockTables: { type: 'db', schemaId }, drops: { type: 'db', schemaId } });
  }

  #move(): void {
    const table = this.#any();
    const oldSchemaId = table.schema;
    table.schema = 3 - oldSchemaId;
    const schemaChanges = [{ tableId: table.id, oldSchemaId, newSchemaId: table.schema }];
    this.#ddl({ blockTables: { type: 'normal', tableIds: [table.id, 0] }, schemaChanges }, [], [table]);
  }

  #alter(): void {
    const tables = [...new Set([this.#any(), this.#any()])];
    this.#ddl({ blockTables: { type: 'normal', tableIds: tables.map(({ id }) => id) } }, [], tables);
  }

  #ddl(fields: Partial<DdlEvent>, added: { id: TableId; schema: number }[] = [], changed: typeof added = []): void {
    const commitTs = this.#tick();
    this.#live.push(...added);
    const infoOf = ({ id, schema }: { id: TableId; schema: number }): TableInfo => ({
      tableId: id,
      schemaId: schema,
      schema: `s${schema}`,
      table: `t${id}v${commitTs}`,
      version: commitTs,
    });
    this.events.push({
      type: 'ddl',
      commitTs,
      query: `ddl ${commitTs}`,
      kind: 'test',
      schema: '',
      table: '',
      adds: added.map(({ id, schema }) => ({ tableId: id, schemaId: schema, splittable: true })),
      schemaChanges: [],
      admissions: [],
      tables: [...added, ...changed].map(infoOf),
      ...fields,
    });
  }

  #any(): { id: TableId; schema: number } {
    return this.#live[this.#below(this.#live.length)] as { id: TableId; schema: number };
  }

  #tick(): bigint {
    this.#ts += BigInt(1 + this.#below(3));
    return this.#ts;
  }
}

function applyTo(tables: Map<TableId, TableInfo>, event: DdlEvent): void {
  for (const [id, info] of tables) {
    const { drops } = event;
    if (drops?.type === 'db' && drops.schemaId === info.schemaId) tables.delete(id);
    if (drops?.type === 'normal' && drops.tableIds.includes(id)) tables.delete(id);
  }
  for (const info of event.tables) tables.set(info.tableId, info);
}

function concerns(
  event: Exclude<SourceEvent, { type: 'resolved' }>,
  tableId: TableId,
  range: KeyRange | undefined,
  tables: Map<TableId, TableInfo>,
): boolean {
  if (event.type === 'rows') {
    const key = event.key?.[0] as number;
    const isAbove = range === undefined || key >= (range.start[0] ?? 0);
    return event.tableId === tableId && isAbove && (range === undefined || key < (range.end[0] ?? 256));
  }
  const info = tables.get(tableId);
  if (tableId !== 0 && info === undefined) return false;
  const influence = event.type === 'sync-point' ? { type: 'all' as const } : event.blockTables;
  if (influence === undefined) return tableId === 0;
  if (influence.type === 'all') return true;
  if (influence.type === 'db') return tableId === 0 || info?.schemaId === influence.schemaId;
  return influence.tableIds.includes(tableId);
}
