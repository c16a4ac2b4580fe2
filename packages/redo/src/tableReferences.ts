import type { DdlEvent, TableId, TableInfo } from '@tidegate/protocol';
import type { Batch } from './batch.js';
import { formatTable } from './records.js';

interface Known {
  info: TableInfo;
  /** Undefined until the current segment has its table record. */
  reference: number | undefined;
  generation: number;
  lastTs: bigint;
}

/**
 * Short numbers for tables, so that a row does not carry names. One entry for each table that had rows and was not dropped.
 *
 * Rows of a table come in commit order; when its ts goes back, another dispatcher has taken the table over and
 * repeats. Then its generation grows, which tells the reader that these rows may be those that it has already.
 */
export class TableReferences {
  readonly #tables = new Map<TableId, Known>();
  #next = 0;

  get size(): number {
    return this.#tables.size;
  }

  /** The reference for a row of `info` at `commitTs`; writes the table record into `batch` where the segment needs one. */
  of(info: TableInfo, commitTs: bigint, batch: Batch): number {
    const known = this.#tables.get(info.tableId) ?? this.#add(info, commitTs);
    if (known.info !== info && !sameInfo(known.info, info)) {
      known.info = info;
      known.reference = undefined;
    }
    if (commitTs < known.lastTs) {
      known.generation++;
      known.reference = undefined;
    }
    known.lastTs = commitTs;
    if (known.reference === undefined) {
      known.reference = this.#next++;
      batch.table(known.reference, known.generation, formatTable(info));
    }
    return known.reference;
  }

  /** The next row goes to a segment that knows no table yet. */
  newSegment(): void {
    this.#next = 0;
    for (const known of this.#tables.values()) known.reference = undefined;
  }

  /** Tables that a DDL drops have no rows any more. */
  forget({ drops }: DdlEvent): void {
    if (drops === undefined) return;
    if (drops.type === 'all') {
      this.#tables.clear();
    } else if (drops.type === 'normal') {
      for (const tableId of drops.tableIds) this.#tables.delete(tableId);
    } else {
      for (const [tableId, { info }] of this.#tables) if (info.schemaId === drops.schemaId) this.#tables.delete(tableId);
    }
  }

  #add(info: TableInfo, lastTs: bigint): Known {
    const known: Known = { info, reference: undefined, generation: 0, lastTs };
    this.#tables.set(info.tableId, known);
    return known;
  }
}

function sameInfo(a: TableInfo, b: TableInfo): boolean {
  return a.version === b.version && a.table === b.table && a.schema === b.schema && a.schemaId === b.schemaId;
}
