import type { TableInfo } from '@tidegate/protocol';
import type { Catalogue } from './ddl/catalogue.js';
import type { MessageScanner } from './message/messageScanner.js';
import type { Span } from './message/span.js';

const SLOTS = 1024;

interface Slot {
  readonly database: Uint8Array;
  readonly table: Uint8Array;
  readonly info: TableInfo;
}

/**
 * Finds a row's table by the bytes of its names, so that no string is made per row: a direct-mapped cache before the
 * catalogue. Must be cleared with every DDL. Holds at most {@link SLOTS} tables; a collision only costs a look-up.
 */
export class TableCache {
  readonly #catalogue: Catalogue;
  readonly #slots: (Slot | undefined)[] = new Array<Slot | undefined>(SLOTS).fill(undefined);

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
  }

  clear(): void {
    this.#slots.fill(undefined);
  }

  /** The table that a scanned row message names; undefined when there is none. */
  find(scanner: MessageScanner, bytes: Uint8Array): TableInfo | undefined {
    const { database, table } = scanner;
    const index = hash(bytes, table, hash(bytes, database, 0x811c9dc5)) & (SLOTS - 1);
    const slot = this.#slots[index];
    if (slot !== undefined && equal(slot.database, bytes, database) && equal(slot.table, bytes, table)) return slot.info;
    const info = this.#catalogue.table(database.text(bytes), table.text(bytes));
    if (info !== undefined) this.#slots[index] = { database: copy(bytes, database), table: copy(bytes, table), info };
    return info;
  }
}

function hash(bytes: Uint8Array, span: Span, seed: number): number {
  let value = seed;
  for (let at = span.start; at < span.end; at++) value = Math.imul(value ^ (bytes[at] as number), 0x01000193);
  return value ^ (value >>> 15);
}

function equal(kept: Uint8Array, bytes: Uint8Array, span: Span): boolean {
  if (kept.length !== span.end - span.start) return false;
  for (let index = 0; index < kept.length; index++) if (kept[index] !== bytes[span.start + index]) return false;
  return true;
}

function copy(bytes: Uint8Array, span: Span): Uint8Array {
  return bytes.slice(span.start, span.end);
}
