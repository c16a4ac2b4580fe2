export const SHIFT = 12;
export const ROWS: number = 1 << SHIFT;
export const MASK: number = ROWS - 1;

/** Columns of 4096 handles: 14 bytes a dispatcher. */
export class Page {
  readonly generation: Int32Array = new Int32Array(ROWS);
  readonly seq: Uint32Array = new Uint32Array(ROWS);
  readonly tableId: Uint32Array = new Uint32Array(ROWS);
  readonly worker: Uint8Array = new Uint8Array(ROWS);
  readonly flags: Uint8Array = new Uint8Array(ROWS);
}

/** What was found of all dispatchers of a column, after so many removals. */
export interface Found {
  readonly generations: Uint32Array;
  readonly worker: number;
  readonly removals: number;
}
