import {
  CONFIG_SKIP_DML,
  type ConfigColumns,
  type DispatcherConfig,
  type EventKey,
  isTrigger,
  joinTs,
  type KeyRange,
  type Mode,
  modeAt,
  PackedTexts,
  type StreamStarts,
  type TableInfo,
  tsHigh,
  tsLow,
} from '@tidegate/protocol';
import { Flag, Phase, Place } from './rowLayout.js';
import { SchemaNames } from './schemaNames.js';

type Column = Uint8Array | Uint16Array | Int32Array | Uint32Array | Float64Array;

/**
 * All dispatchers of one worker as columns: a row is one dispatcher, and at rest nothing of it lives outside of this
 * table. Freed rows are taken again. Columns are replaced when the table grows: do not keep one across an insert.
 */
export class RowTable {
  handle: Uint32Array = new Uint32Array(0);
  generation: Uint32Array = new Uint32Array(0);
  flags: Uint16Array = new Uint16Array(0);
  /** ComponentState (D-1). */
  state: Uint8Array = new Uint8Array(0);
  mode: Uint8Array = new Uint8Array(0);
  phase: Uint8Array = new Uint8Array(0);
  stage: Uint8Array = new Uint8Array(0);
  place: Uint8Array = new Uint8Array(0);
  /** Repetitions of the current WAITING so far. */
  attempts: Uint8Array = new Uint8Array(0);
  /** When its WAITING is next repeated: milliseconds of the clock, modulo 2^32. */
  retryAt: Uint32Array = new Uint32Array(0);
  entry: Int32Array = new Int32Array(0);
  next: Int32Array = new Int32Array(0);
  prev: Int32Array = new Int32Array(0);
  doneNext: Int32Array = new Int32Array(0);
  tableId: Float64Array = new Float64Array(0);
  schemaId: Float64Array = new Float64Array(0);
  startHigh: Uint32Array = new Uint32Array(0);
  startLow: Uint32Array = new Uint32Array(0);
  /** Its own resolved ts: valid while its stream is closed or it is fresh (see progress rules in checkpoint.ts). */
  resolvedHigh: Uint32Array = new Uint32Array(0);
  resolvedLow: Uint32Array = new Uint32Array(0);
  /** Largest commit ts that entered progress or was passed (D-13, D-16). */
  maxHigh: Uint32Array = new Uint32Array(0);
  maxLow: Uint32Array = new Uint32Array(0);
  /** Key of the last block event it finished (T-C), with LAST_DONE_SYNC. */
  doneHigh: Uint32Array = new Uint32Array(0);
  doneLow: Uint32Array = new Uint32Array(0);
  versionHigh: Uint32Array = new Uint32Array(0);
  versionLow: Uint32Array = new Uint32Array(0);
  /** Dispatcher id: four words a row. */
  id: Uint32Array = new Uint32Array(0);

  /** Rows ever used: indexes are below it. */
  used = 0;
  /** Rows in use. */
  live = 0;

  /** Place of the schema's name in `#schemaNames`. */
  #schema: Uint32Array = new Uint32Array(0);
  #schemaNames = new SchemaNames();
  #tableNames = new PackedTexts();
  #ranges = new Map<number, KeyRange>();
  #free: number[] = [];

  /** Takes a row for a new dispatcher, Initializing, its resolved ts at the start ts. */
  insert(config: DispatcherConfig): number {
    const row = this.#take(config, tsHigh(config.startTs), tsLow(config.startTs));
    for (let word = 0; word < 4; word++) this.id[row * 4 + word] = Number.parseInt(config.id.slice(word * 8, word * 8 + 8), 16);
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
    for (let word = 0; word < 4; word++) this.id[row * 4 + word] = columns.id[at * 4 + word]!;
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
    this.stage[row] = 0;
    this.place[row] = Place.NOWHERE;
    this.attempts[row] = 0;
    this.entry[row] = -1;
    this.tableId[row] = config.tableId;
    this.schemaId[row] = config.schemaId;
    this.startHigh[row] = this.resolvedHigh[row] = high;
    this.startLow[row] = this.resolvedLow[row] = low;
    this.maxHigh[row] = this.maxLow[row] = 0;
    this.doneHigh[row] = this.doneLow[row] = 0;
    return row;
  }

  free(row: number): void {
    this.flags[row] = 0;
    this.place[row] = Place.NOWHERE;
    this.#tableNames.clear(row);
    this.#ranges.delete(row);
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

  /** The last block event that it finished; undefined before the first. */
  lastDone(row: number): EventKey | undefined {
    const commitTs = joinTs(this.doneHigh[row]!, this.doneLow[row]!);
    return commitTs === 0n ? undefined : { commitTs, isSyncPoint: this.has(row, Flag.LAST_DONE_SYNC) };
  }

  /** What its table is called now; undefined for the table trigger and before its stream began. */
  tableOf(row: number): TableInfo | undefined {
    if (!this.has(row, Flag.HAS_TABLE)) return undefined;
    return {
      tableId: this.tableId[row]!,
      schemaId: this.schemaId[row]!,
      schema: this.#schemaNames.nameOf(this.#schema[row]!),
      table: this.#tableNames.get(row),
      version: (BigInt(this.versionHigh[row]!) << 32n) | BigInt(this.versionLow[row]!),
    };
  }

  setTable(row: number, info: TableInfo): void {
    this.set(row, Flag.HAS_TABLE);
    this.schemaId[row] = info.schemaId;
    this.#schema[row] = this.#schemaNames.placeOf(info.schema);
    this.#tableNames.set(row, info.table);
    this.versionHigh[row] = tsHigh(info.version);
    this.versionLow[row] = tsLow(info.version);
  }

  /** The same for one row of many that start together; `schemas` are the places of the message's schemas here. */
  setTableAt(row: number, message: StreamStarts, at: number, schemas: readonly number[]): void {
    this.set(row, Flag.HAS_TABLE);
    this.schemaId[row] = message.schemaId[at]!;
    this.#schema[row] = schemas[message.schema[at]!]!;
    this.#tableNames.setBytes(row, message.names.subarray(at === 0 ? 0 : message.nameEnd[at - 1]!, message.nameEnd[at]!));
    const words = new Uint32Array(message.version.buffer, message.version.byteOffset + at * 8, 2);
    this.versionHigh[row] = words[1]!;
    this.versionLow[row] = words[0]!;
  }

  /** Where the names of schemas have their places. */
  placesOf(schemas: readonly string[]): number[] {
    return schemas.map((name) => this.#schemaNames.placeOf(name));
  }

  /** The config that would create it again. */
  configOf(row: number): DispatcherConfig {
    const range = this.#ranges.get(row);
    let id = '';
    for (let word = 0; word < 4; word++) id += this.id[row * 4 + word]!.toString(16).padStart(8, '0');
    return {
      id,
      handle: this.handle[row]!,
      generation: this.generation[row]!,
      mode: this.mode[row]! as Mode,
      tableId: this.tableId[row]!,
      schemaId: this.schemaId[row]!,
      ...(range && { range }),
      startTs: (BigInt(this.startHigh[row]!) << 32n) | BigInt(this.startLow[row]!),
      skipDmlAsStartTs: this.has(row, Flag.SKIP_DML),
    };
  }

  // A quarter at a time: a resting row must not pay for a table of twice its size.
  #grow(): void {
    const capacity = Math.max(64, Math.ceil(this.handle.length * 1.25));
    this.handle = grown(this.handle, capacity);
    this.generation = grown(this.generation, capacity);
    this.flags = grown(this.flags, capacity);
    this.state = grown(this.state, capacity);
    this.mode = grown(this.mode, capacity);
    this.phase = grown(this.phase, capacity);
    this.stage = grown(this.stage, capacity);
    this.place = grown(this.place, capacity);
    this.attempts = grown(this.attempts, capacity);
    this.retryAt = grown(this.retryAt, capacity);
    this.entry = grown(this.entry, capacity);
    this.next = grown(this.next, capacity);
    this.prev = grown(this.prev, capacity);
    this.doneNext = grown(this.doneNext, capacity);
    this.tableId = grown(this.tableId, capacity);
    this.schemaId = grown(this.schemaId, capacity);
    this.startHigh = grown(this.startHigh, capacity);
    this.startLow = grown(this.startLow, capacity);
    this.resolvedHigh = grown(this.resolvedHigh, capacity);
    this.resolvedLow = grown(this.resolvedLow, capacity);
    this.maxHigh = grown(this.maxHigh, capacity);
    this.maxLow = grown(this.maxLow, capacity);
    this.doneHigh = grown(this.doneHigh, capacity);
    this.doneLow = grown(this.doneLow, capacity);
    this.versionHigh = grown(this.versionHigh, capacity);
    this.versionLow = grown(this.versionLow, capacity);
    this.id = grown(this.id, capacity * 4);
    this.#schema = grown(this.#schema, capacity);
    this.#tableNames.grow(capacity);
  }
}

function grown<T extends Column>(column: T, capacity: number): T {
  const next = new (column.constructor as new (length: number) => T)(capacity);
  next.set(column);
  return next;
}
