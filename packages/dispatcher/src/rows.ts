import {
  CONFIG_SKIP_DML,
  type ConfigColumns,
  type DispatcherConfig,
  type EventKey,
  idWords,
  isTrigger,
  joinTs,
  type KeyRange,
  type Mode,
  modeAt,
  PackedIds,
  PackedTableIds,
  PackedTexts,
  type SchemaId,
  type Stage,
  type StreamStarts,
  type TableId,
  type TableInfo,
  TsColumn,
  tsHigh,
  tsLow,
} from '@tidegate/protocol';
import { Flag, Phase, Place } from './rowLayout.js';
import { SchemaNames } from './schemaNames.js';

type Column = Uint8Array | Uint16Array | Int32Array | Uint32Array;

/**
 * All dispatchers of one worker as columns: a row is one dispatcher, and at rest nothing of it lives outside of this
 * table. Freed rows are taken again. Columns are replaced when the table grows: do not keep one across an insert.
 *
 * What is used only while somebody is at an event, 22 bytes a row, is there from {@link needEvents} to {@link restEvents}.
 */
export class RowTable {
  handle: Uint32Array = new Uint32Array(0);
  generation: Uint32Array = new Uint32Array(0);
  flags: Uint16Array = new Uint16Array(0);
  /** ComponentState (D-1). */
  state: Uint8Array = new Uint8Array(0);
  mode: Uint8Array = new Uint8Array(0);
  phase: Uint8Array = new Uint8Array(0);
  place: Uint8Array = new Uint8Array(0);
  readonly start: TsColumn = new TsColumn();
  /** Its own resolved ts: valid while its stream is closed or it is fresh (see progress rules in checkpoint.ts). */
  resolvedHigh: Uint32Array = new Uint32Array(0);
  resolvedLow: Uint32Array = new Uint32Array(0);
  /** Largest commit ts that entered progress or was passed (D-13, D-16). */
  maxHigh: Uint32Array = new Uint32Array(0);
  maxLow: Uint32Array = new Uint32Array(0);
  /** Key of the last block event it finished (T-C), with LAST_DONE_SYNC. */
  doneHigh: Uint32Array = new Uint32Array(0);
  doneLow: Uint32Array = new Uint32Array(0);
  // ------------------------------------------------------------------ only while somebody is at an event

  /** Repetitions of the current WAITING so far. */
  attempts: Uint8Array = new Uint8Array(0);
  /** When its WAITING is next repeated: milliseconds of the clock, modulo 2^32. */
  retryAt: Uint32Array = new Uint32Array(0);
  next: Int32Array = new Int32Array(0);
  prev: Int32Array = new Int32Array(0);
  doneNext: Int32Array = new Int32Array(0);
  #stage: Uint8Array = new Uint8Array(0);
  /** Index of the event in hand and one more. */
  #entry: Uint32Array = new Uint32Array(0);

  /** Somebody needed them since this was last set to false. */
  usedEvents = false;
  /** Rows ever used: indexes are below it. */
  used = 0;
  /** Rows in use. */
  live = 0;

  readonly #ids = new PackedIds();
  readonly #tableIds = new PackedTableIds();
  /** Place of the schema in `#schemaNames`. */
  #schema: Uint32Array = new Uint32Array(0);
  readonly #version = new TsColumn();
  #schemaNames = new SchemaNames();
  #tableNames = new PackedTexts();
  #ranges = new Map<number, KeyRange>();
  #free: number[] = [];

  /** Takes a row for a new dispatcher, Initializing, its resolved ts at the start ts. */
  insert(config: DispatcherConfig): number {
    const row = this.#take(config, tsHigh(config.startTs), tsLow(config.startTs));
    this.#ids.set(row, config.handle, idWords(config.id));
    if (config.range !== undefined) {
      this.#ranges.set(row, config.range);
      this.set(row, Flag.SPLIT);
    }
    return row;
  }

  /** The same for one row of columns. */
  insertAt(columns: ConfigColumns, at: number): number {
    const config = {
      handle: columns.handle[at]!,
      generation: columns.generation[at]!,
      mode: modeAt(columns, at),
      tableId: columns.tableId[at]!,
      schemaId: columns.schemaId[at]!,
      skipDmlAsStartTs: (columns.flags[at]! & CONFIG_SKIP_DML) !== 0,
    };
    const row = this.#take(config, columns.startHigh[at]!, columns.startLow[at]!);
    const { id } = columns;
    this.#ids.setWords(row, config.handle, id[at * 4]!, id[at * 4 + 1]!, id[at * 4 + 2]!, id[at * 4 + 3]!);
    return row;
  }

  #take(config: Omit<DispatcherConfig, 'id' | 'range' | 'startTs'>, high: number, low: number): number {
    let row = this.#free.pop();
    if (row === undefined) {
      row = this.used;
      if (row === this.handle.length) this.#grow();
      this.used++;
    }
    this.live++;
    this.handle[row] = config.handle;
    this.generation[row] = config.generation;
    this.flags[row] = (isTrigger(config.handle) ? Flag.TRIGGER : 0) | (config.skipDmlAsStartTs ? Flag.SKIP_DML : 0);
    this.mode[row] = config.mode;
    this.phase[row] = Phase.OPEN;
    this.place[row] = Place.NOWHERE;
    this.setStage(row, 0);
    this.setEntry(row, -1);
    this.#tableIds.set(row, config.tableId);
    this.#schema[row] = this.#schemaNames.take(config.schemaId, '');
    this.start.set(row, high, low);
    this.resolvedHigh[row] = high;
    this.resolvedLow[row] = low;
    this.maxHigh[row] = this.maxLow[row] = 0;
    this.doneHigh[row] = this.doneLow[row] = 0;
    return row;
  }

  free(row: number): void {
    this.flags[row] = 0;
    this.place[row] = Place.NOWHERE;
    this.#tableNames.clear(row);
    this.#ids.clear(row);
    this.#ranges.delete(row);
    this.#tableIds.clear(row);
    this.#schemaNames.leave(this.#schema[row]!);
    this.#free.push(row);
    this.live--;
  }

  has(row: number, flag: number): boolean {
    return (this.flags[row]! & flag) !== 0;
  }

  set(row: number, flag: number): void {
    this.flags[row]! |= flag;
  }

  clear(row: number, flag: number): void {
    this.flags[row]! &= ~flag;
  }

  tableId(row: number): TableId {
    return this.#tableIds.get(row);
  }

  schemaId(row: number): SchemaId {
    return this.#schemaNames.idOf(this.#schema[row]!);
  }

  setSchemaId(row: number, schemaId: SchemaId): void {
    this.#toSchema(row, schemaId, this.#schemaNames.nameOf(this.#schema[row]!));
  }

  #toSchema(row: number, schemaId: SchemaId, name: string): void {
    this.#schema[row] = this.#schemaNames.move(this.#schema[row]!, schemaId, name);
  }

  /** Stage of its slot (section 5). */
  stage(row: number): Stage {
    return (this.#stage[row] ?? 0) as Stage;
  }

  /** A stage other than NONE only behind {@link setEntry}. */
  setStage(row: number, stage: Stage): void {
    if (this.#stage.length > 0) this.#stage[row] = stage;
  }

  /** Index of the event in hand, -1 for none. */
  entry(row: number): number {
    return (this.#entry[row] ?? 0) - 1;
  }

  setEntry(row: number, index: number): void {
    if (index >= 0) this.needEvents();
    if (this.#entry.length > 0) this.#entry[row] = index + 1;
  }

  /** Somebody is at an event, or owes a DONE: the columns for that are there from now on. */
  needEvents(): void {
    this.usedEvents = true;
    if (this.#entry.length === 0) this.#growEvents(this.handle.length);
  }

  /** Nobody is at an event, and nobody owes anything: the columns for that are given back. */
  restEvents(): void {
    if (this.#entry.length > 0) this.#growEvents(0);
  }

  /** The last block event that it finished; undefined before the first. */
  lastDone(row: number): EventKey | undefined {
    const commitTs = joinTs(this.doneHigh[row]!, this.doneLow[row]!);
    return commitTs === 0n ? undefined : { commitTs, isSyncPoint: this.has(row, Flag.LAST_DONE_SYNC) };
  }

  /** What its table is called now; undefined for the table trigger and before its stream began. */
  tableOf(row: number): TableInfo | undefined {
    if (!this.has(row, Flag.HAS_TABLE)) return undefined;
    return {
      tableId: this.tableId(row),
      schemaId: this.schemaId(row),
      schema: this.#schemaNames.nameOf(this.#schema[row]!),
      table: this.#tableNames.get(row),
      version: this.#version.get(row),
    };
  }

  setTable(row: number, info: TableInfo): void {
    this.set(row, Flag.HAS_TABLE);
    this.#toSchema(row, info.schemaId, info.schema);
    this.#tableNames.set(row, info.table);
    this.#version.setTs(row, info.version);
  }

  /** The same for one row of many that start together. */
  setTableAt(row: number, message: StreamStarts, at: number): void {
    this.set(row, Flag.HAS_TABLE);
    this.#toSchema(row, message.schemaId[at]!, message.schemas[message.schema[at]!]!);
    this.#tableNames.setBytes(row, message.names.subarray(at === 0 ? 0 : message.nameEnd[at - 1]!, message.nameEnd[at]!));
    const words = new Uint32Array(message.version.buffer, message.version.byteOffset + at * 8, 2);
    this.#version.set(row, words[1]!, words[0]!);
  }

  /** The config that would create it again. */
  configOf(row: number): DispatcherConfig {
    const range = this.#ranges.get(row);
    return {
      id: this.#ids.get(row, this.handle[row]!),
      handle: this.handle[row]!,
      generation: this.generation[row]!,
      mode: this.mode[row]! as Mode,
      tableId: this.tableId(row),
      schemaId: this.schemaId(row),
      ...(range && { range }),
      startTs: this.start.get(row),
      skipDmlAsStartTs: this.has(row, Flag.SKIP_DML),
    };
  }

  // An eighth at a time: a resting row must not pay for a table of twice its size.
  #grow(): void {
    const capacity = Math.max(64, Math.ceil(this.handle.length * 1.125));
    this.handle = grown(this.handle, capacity);
    this.generation = grown(this.generation, capacity);
    this.flags = grown(this.flags, capacity);
    this.state = grown(this.state, capacity);
    this.mode = grown(this.mode, capacity);
    this.phase = grown(this.phase, capacity);
    this.place = grown(this.place, capacity);
    this.resolvedHigh = grown(this.resolvedHigh, capacity);
    this.resolvedLow = grown(this.resolvedLow, capacity);
    this.maxHigh = grown(this.maxHigh, capacity);
    this.maxLow = grown(this.maxLow, capacity);
    this.doneHigh = grown(this.doneHigh, capacity);
    this.doneLow = grown(this.doneLow, capacity);
    this.#tableIds.grow(capacity);
    this.#ids.grow(capacity);
    if (this.#entry.length > 0) this.#growEvents(capacity);
    this.#schema = grown(this.#schema, capacity);
    this.#tableNames.grow(capacity);
  }

  /** 0: nothing is kept. */
  #growEvents(capacity: number): void {
    this.attempts = grown(this.attempts, capacity);
    this.retryAt = grown(this.retryAt, capacity);
    this.next = grown(this.next, capacity);
    this.prev = grown(this.prev, capacity);
    this.doneNext = grown(this.doneNext, capacity);
    this.#stage = grown(this.#stage, capacity);
    this.#entry = grown(this.#entry, capacity);
  }
}

function grown<T extends Column>(column: T, capacity: number): T {
  const next = new (column.constructor as new (length: number) => T)(capacity);
  if (capacity > 0) next.set(column);
  return next;
}
