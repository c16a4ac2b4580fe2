import type { DdlEvent, TableId, TableInfo } from '@tidegate/protocol';
import type { Batch } from './batch.js';
import { formatTable } from './records.js';

interface Known {
  readonly schemaId: number;
  readonly generation: number;
  /** What the current segment calls the table: one, unless parts of it stand before and behind a DDL. */
  references: readonly { readonly info: TableInfo; readonly reference: number }[];
}

/**
 * Short numbers for tables, so that a row does not carry names. One entry for each table that had rows and was not dropped.
 *
 * What a table has of one generation is repeated by nothing in it. When a dispatcher begins again it may repeat what was
 * written before, so the table's rows get the next generation, which tells the reader that it may have them already.
 * The ts alone would not tell: the parts of a split table write in turn, each in its own order.
 */
export class TableReferences {
  readonly #tables = new Map<TableId, Known>();
  #nextReference = 0;
  /** Never given twice in a life, or a table that comes back would seem to go on where it was. */
  #nextGeneration = 0;

  get size(): number {
    return this.#tables.size;
  }

  /** The reference for a row of `info`; writes the table record into `batch` where the segment needs one. */
  of(info: TableInfo, batch: Batch): number {
    const known = this.#tables.get(info.tableId) ?? this.#add(info);
    for (const { info: other, reference } of known.references) if (other === info || sameInfo(other, info)) return reference;
    const reference = this.#nextReference++;
    known.references = [...known.references, { info, reference }];
    batch.table(reference, known.generation, formatTable(info));
    return reference;
  }

  /** Rows of the table that come from now on may repeat what came before. */
  restart(tableId: TableId): void {
    this.#tables.delete(tableId);
  }

  /** The next row goes to a segment that knows no table yet. */
  newSegment(): void {
    this.#nextReference = 0;
    for (const known of this.#tables.values()) known.references = [];
  }

  /** Tables that a DDL drops have no rows any more. */
  forget({ drops }: DdlEvent): void {
    if (drops === undefined) return;
    if (drops.type === 'all') {
      this.#tables.clear();
    } else if (drops.type === 'normal') {
      for (const tableId of drops.tableIds) this.#tables.delete(tableId);
    } else {
      for (const [tableId, { schemaId }] of this.#tables) if (schemaId === drops.schemaId) this.#tables.delete(tableId);
    }
  }

  #add(info: TableInfo): Known {
    const known: Known = { schemaId: info.schemaId, generation: this.#nextGeneration++, references: [] };
    this.#tables.set(info.tableId, known);
    return known;
  }
}

function sameInfo(a: TableInfo, b: TableInfo): boolean {
  return a.version === b.version && a.table === b.table && a.schema === b.schema && a.schemaId === b.schemaId;
}
