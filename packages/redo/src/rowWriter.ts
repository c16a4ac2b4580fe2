import type { Sink, TableRows } from '@tidegate/dispatcher';
import type { TableId, TableInfo } from '@tidegate/protocol';
import type { RedoRow } from './redoEvent.js';

/** Bytes gathered before they are written. */
const GATHER = 4 * 1024 * 1024;
/** Bytes written and not durable before no more are taken. */
const OUTSTANDING = 32 * 1024 * 1024;
/** Memory of a change beside its bytes. */
const OVERHEAD = 64;

/** Gives rows to a sink by table, and waits while too much is not durable. */
export class RowWriter {
  readonly #sink: Sink;
  readonly #from: bigint;
  /** Tables that the sink was told of: an earlier replay to it may have written the same rows. */
  readonly #begun = new Set<TableId>();
  #gathered = new Map<TableId, GatheredRows>();
  #gatheredBytes = 0;
  #outstanding: Promise<void>[] = [];
  #outstandingBytes = 0;
  rows = 0;
  changes = 0;

  /** Gives `sink` rows above `from`. */
  constructor(sink: Sink, from: bigint) {
    this.#sink = sink;
    this.#from = from;
  }

  /** Takes a change, in commit order. True when all changes below its ts are durable, as they are from time to time. */
  async add(row: RedoRow): Promise<boolean> {
    const flushed = this.#gatheredBytes >= GATHER && (await this.#write());
    let rows = this.#gathered.get(row.table.tableId);
    if (rows !== undefined && rows.table !== row.table && rows.table.version !== row.table.version) {
      await this.#write();
      rows = undefined;
    }
    if (rows === undefined) {
      rows = new GatheredRows(row.table);
      this.#gathered.set(row.table.tableId, rows);
    }
    rows.list.push(row);
    this.#gatheredBytes += row.bytes.length + OVERHEAD;
    this.rows += row.rows;
    this.changes++;
    return flushed;
  }

  /** Settles when everything that was added is durable. */
  async flush(): Promise<void> {
    this.#writeGathered();
    if (this.#outstanding.length === 0) return;
    await Promise.all([this.#sink.flush(undefined), ...this.#outstanding]);
    this.#outstanding = [];
    this.#outstandingBytes = 0;
  }

  async #write(): Promise<boolean> {
    this.#writeGathered();
    if (this.#outstandingBytes < OUTSTANDING) return false;
    await this.flush();
    return true;
  }

  #writeGathered(): void {
    for (const rows of this.#gathered.values()) {
      const { table } = rows;
      if (!this.#begun.has(table.tableId)) this.#sink.restart?.(table, this.#from);
      this.#begun.add(table.tableId);
      // A failure is met where it is waited for; until then it must not count as unhandled.
      const written = Promise.resolve(this.#sink.write(rows));
      written.catch(() => undefined);
      this.#outstanding.push(written);
    }
    this.#outstandingBytes += this.#gatheredBytes;
    this.#gatheredBytes = 0;
    this.#gathered = new Map();
  }
}

class GatheredRows implements TableRows {
  readonly table: TableInfo;
  readonly list: RedoRow[] = [];

  constructor(table: TableInfo) {
    this.table = table;
  }

  get length(): number {
    return this.list.length;
  }

  commitTs(index: number): bigint {
    return this.#at(index).commitTs;
  }

  rows(index: number): number {
    return this.#at(index).rows;
  }

  bytes(index: number): Uint8Array {
    return this.#at(index).bytes;
  }

  #at(index: number): RedoRow {
    const row = this.list[index];
    if (row === undefined) throw new RangeError(`there is no change ${index} among ${this.list.length}`);
    return row;
  }
}
