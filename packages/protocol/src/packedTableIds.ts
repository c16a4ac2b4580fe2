import type { TableId } from './ids.js';

const LARGEST_WORD = 0xffff_ffff;

/** The id of a table for each of many rows: four bytes; ids that pass 32 bits, which few sources give out, are kept aside. */
export class PackedTableIds {
  #words: Uint32Array = new Uint32Array(0);
  readonly #large = new Map<number, TableId>();

  /** Makes room for rows below `rows`. */
  grow(rows: number): void {
    if (rows <= this.#words.length) return;
    const words = new Uint32Array(rows);
    words.set(this.#words);
    this.#words = words;
  }

  set(row: number, tableId: TableId): void {
    this.#words[row] = tableId;
    if (tableId > LARGEST_WORD) this.#large.set(row, tableId);
    else if (this.#large.size > 0) this.#large.delete(row);
  }

  get(row: number): TableId {
    if (this.#large.size === 0) return this.#words[row]!;
    return this.#large.get(row) ?? this.#words[row]!;
  }

  /** Its id is not kept any longer. */
  clear(row: number): void {
    if (this.#large.size > 0) this.#large.delete(row);
  }
}
