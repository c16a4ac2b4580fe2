import { compareTsWords, joinTs, type TableInfo, tsHigh, tsLow } from '@tidegate/protocol';
import type { RecordVisitor } from './records.js';

/** At one ts: rows of versions that end there, then DDLs, rows of versions that begin there, sync points. */
export const RANK = { earlierRows: 0, ddl: 1, laterRows: 2, syncPoint: 3 } as const;

/** A table as a segment refers to it. */
export interface TableReference {
  readonly generation: number;
  readonly info: TableInfo;
}

/** In place of a table reference. */
const NO_TABLE = 0xffff_ffff;
const FIRST_CAPACITY = 1024;

/** Bytes of memory for one record: seven columns of 32 bits. */
const ENTRY_BYTES = 28;

/**
 * Where in a segment its rows, DDLs and sync points lie, sorted as the reader gives them: by ts, rank, table, generation, and then
 * as they were written. Flat columns, so that a segment of a million changes costs 28 MB and no objects.
 */
export class SegmentIndex {
  readonly tables: TableReference[] = [];
  length = 0;
  #high: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  #low: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  #rankAndRows: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  #table: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  #at: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  #size: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  #order: Uint32Array = new Uint32Array(0);

  /** Bytes of memory that it takes once sorted. */
  get bytes(): number {
    return this.#high.length * ENTRY_BYTES;
  }

  /** Takes records above `from` and up to `upTo`; `offset` is the place of their batch's body in the file. */
  visitor(from: bigint, upTo: bigint, offset: number): RecordVisitor {
    const wanted = (ts: bigint): boolean => ts > from && ts <= upTo;
    return {
      table: (reference, generation, info) => {
        this.tables[reference] = { generation, info };
      },
      row: (ts, reference, rows, at, size) => {
        if (!wanted(ts)) return;
        const version = this.tables[reference]?.info.version ?? 0n;
        this.#add(ts, ts > version ? RANK.earlierRows : RANK.laterRows, rows, reference, offset + at, size);
      },
      ddl: (ts, at, size) => {
        if (wanted(ts)) this.#add(ts, RANK.ddl, 0, NO_TABLE, offset + at, size);
      },
      syncPoint: (ts) => {
        if (wanted(ts)) this.#add(ts, RANK.syncPoint, 0, NO_TABLE, offset, 0);
      },
    };
  }

  sort(): void {
    const order = new Uint32Array(this.length);
    for (let at = 0; at < order.length; at++) order[at] = at;
    // Stable: what is equal stays as it was written. Mostly in order already.
    this.#order = order.sort((a, b) => this.#compare(a, b));
  }

  ts(position: number): bigint {
    const at = this.#order[position]!;
    return joinTs(this.#high[at]!, this.#low[at]!);
  }

  rank(position: number): number {
    return this.#rankAndRows[this.#order[position]!]! & 3;
  }

  rows(position: number): number {
    return this.#rankAndRows[this.#order[position]!]! >>> 2;
  }

  /** Undefined for a DDL or a sync point. */
  table(position: number): TableReference | undefined {
    return this.tables[this.#table[this.#order[position]!]!];
  }

  /** Place in the file of the change, or of the DDL's JSON. */
  at(position: number): number {
    return this.#at[this.#order[position]!]!;
  }

  size(position: number): number {
    return this.#size[this.#order[position]!]!;
  }

  /** Whether two records have the same ts, rank and table. */
  together(position: number, other: number): boolean {
    const a = this.#order[position]!;
    const b = this.#order[other]!;
    if (this.#low[a] !== this.#low[b] || this.#high[a] !== this.#high[b]) return false;
    return ((this.#rankAndRows[a]! ^ this.#rankAndRows[b]!) & 3) === 0 && this.#tableId(a) === this.#tableId(b);
  }

  #compare(a: number, b: number): number {
    const byTs = compareTsWords(this.#high[a]!, this.#low[a]!, this.#high[b]!, this.#low[b]!);
    if (byTs !== 0) return byTs;
    const byRank = (this.#rankAndRows[a]! & 3) - (this.#rankAndRows[b]! & 3);
    if (byRank !== 0) return byRank;
    return this.#tableId(a) - this.#tableId(b) || this.#generation(a) - this.#generation(b) || a - b;
  }

  #tableId(entry: number): number {
    return this.tables[this.#table[entry]!]?.info.tableId ?? -1;
  }

  #generation(entry: number): number {
    return this.tables[this.#table[entry]!]?.generation ?? 0;
  }

  #add(ts: bigint, rank: number, rows: number, table: number, at: number, size: number): void {
    if (this.length === this.#high.length) this.#grow();
    const entry = this.length++;
    this.#high[entry] = tsHigh(ts);
    this.#low[entry] = tsLow(ts);
    this.#rankAndRows[entry] = (rows << 2) | rank;
    this.#table[entry] = table;
    this.#at[entry] = at;
    this.#size[entry] = size;
  }

  #grow(): void {
    this.#high = twice(this.#high);
    this.#low = twice(this.#low);
    this.#rankAndRows = twice(this.#rankAndRows);
    this.#table = twice(this.#table);
    this.#at = twice(this.#at);
    this.#size = twice(this.#size);
  }
}

function twice(column: Uint32Array): Uint32Array {
  const larger = new Uint32Array(2 * column.length);
  larger.set(column);
  return larger;
}
