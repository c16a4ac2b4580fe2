import { PackedTableIds, type SchemaId, type TableId } from '@tidegate/protocol';
import { growColumn, grownCapacity } from './columns.js';

/** "None" in columns that link rows. */
export const NONE = 0xffff_ffff;

/**
 * The tables that have tasks. Each has a *slot*, a small dense number, while it has at least one task: coverage counts
 * slots, not ids. Table id → slot is an open-addressing hash of slots, never more than half full; the tables of a
 * schema are a doubly linked list.
 */
export class TableIndex {
  readonly #tableIds = new PackedTableIds();
  /** By slot: first task of the table, or {@link NONE}. */
  head: Uint32Array = new Uint32Array(0);
  /** By slot: bit 0: the table may be split. */
  splittable: Uint8Array = new Uint8Array(0);
  /** By slot: place of its schema. */
  #schema: Uint32Array = new Uint32Array(0);
  #schemaNext: Uint32Array = new Uint32Array(0);
  #schemaPrev: Uint32Array = new Uint32Array(0);
  #hash: Uint32Array = new Uint32Array(16).fill(NONE);
  #free: number[] = [];
  #slots = 0;
  #size = 0;
  /** By place: the schema, and the first of its tables. */
  readonly #schemaIds: SchemaId[] = [];
  readonly #schemaHead: number[] = [];
  readonly #places = new Map<SchemaId, number>();
  readonly #freePlaces: number[] = [];

  /** Number of tables. */
  get size(): number {
    return this.#size;
  }

  /** One more than the largest slot in use so far. */
  get slots(): number {
    return this.#slots;
  }

  get schemaCount(): number {
    return this.#places.size;
  }

  /** Makes room for `tables` tables at once, so that a bulk load does not grow step by step. */
  reserve(tables: number): void {
    if (tables > this.head.length) this.#grow(tables);
  }

  /** Slot of a table, or -1. */
  slotOf(tableId: TableId): number {
    const mask = this.#hash.length - 1;
    for (let at = hashOf(tableId) & mask; ; at = (at + 1) & mask) {
      const slot = this.#hash[at]!;
      if (slot === NONE) return -1;
      if (this.#tableIds.get(slot) === tableId) return slot;
    }
  }

  isLive(slot: number): boolean {
    return slot < this.#slots && this.head[slot] !== NONE;
  }

  /** Visits the slots below {@link slots} that no table has. */
  forEachFree(visit: (slot: number) => void): void {
    for (const slot of this.#free) visit(slot);
  }

  idOf(slot: number): TableId {
    return this.#tableIds.get(slot);
  }

  schemaOf(slot: number): SchemaId {
    return this.#schemaIds[this.#schema[slot]!]!;
  }

  /** Adds a table that has no slot yet. Its caller sets `head`. */
  add(tableId: TableId, schemaId: SchemaId, splittable: boolean): number {
    const slot = this.#free.pop() ?? this.#slots;
    if (slot >= this.head.length) this.#grow(grownCapacity(this.head.length, slot + 1));
    if (slot === this.#slots) this.#slots++;
    this.#tableIds.set(slot, tableId);
    this.head[slot] = NONE;
    this.splittable[slot] = splittable ? 1 : 0;
    this.#link(slot, schemaId);
    this.#size++;
    this.#insert(slot);
    return slot;
  }

  remove(slot: number): void {
    this.#unlink(slot);
    this.#erase(slot);
    this.head[slot] = NONE;
    this.#tableIds.clear(slot);
    this.#free.push(slot);
    this.#size--;
  }

  /** Moves one table to another schema (R-5: that table only). */
  moveToSchema(slot: number, schemaId: SchemaId): void {
    this.#unlink(slot);
    this.#link(slot, schemaId);
  }

  hasSchema(schemaId: SchemaId): boolean {
    return this.#places.has(schemaId);
  }

  /** Visits the tables of a schema until `visit` returns false. `visit` may remove the table that it is given. */
  forEachOfSchema(schemaId: SchemaId, visit: (slot: number) => unknown): void {
    let slot = this.#schemaHead[this.#places.get(schemaId) ?? -1] ?? NONE;
    while (slot !== NONE) {
      const next = this.#schemaNext[slot]!;
      if (visit(slot) === false) return;
      slot = next;
    }
  }

  #link(slot: number, schemaId: SchemaId): void {
    const place = this.#placeOf(schemaId);
    const first = this.#schemaHead[place]!;
    this.#schema[slot] = place;
    this.#schemaPrev[slot] = NONE;
    this.#schemaNext[slot] = first;
    if (first !== NONE) this.#schemaPrev[first] = slot;
    this.#schemaHead[place] = slot;
  }

  #unlink(slot: number): void {
    const place = this.#schema[slot]!;
    const next = this.#schemaNext[slot]!;
    const prev = this.#schemaPrev[slot]!;
    if (next !== NONE) this.#schemaPrev[next] = prev;
    if (prev !== NONE) this.#schemaNext[prev] = next;
    else this.#schemaHead[place] = next;
    if (this.#schemaHead[place] !== NONE) return;
    this.#places.delete(this.#schemaIds[place]!);
    this.#freePlaces.push(place);
  }

  #placeOf(schemaId: SchemaId): number {
    let place = this.#places.get(schemaId);
    if (place === undefined) {
      place = this.#freePlaces.pop() ?? this.#schemaIds.length;
      this.#schemaIds[place] = schemaId;
      this.#schemaHead[place] = NONE;
      this.#places.set(schemaId, place);
    }
    return place;
  }

  #insert(slot: number): void {
    const mask = this.#hash.length - 1;
    let at = hashOf(this.#tableIds.get(slot)) & mask;
    while (this.#hash[at] !== NONE) at = (at + 1) & mask;
    this.#hash[at] = slot;
  }

  /** Linear probing without tombstones: what follows the gap moves up if it may. */
  #erase(slot: number): void {
    const hash = this.#hash;
    const mask = hash.length - 1;
    let gap = hashOf(this.#tableIds.get(slot)) & mask;
    while (hash[gap] !== slot) gap = (gap + 1) & mask;
    for (let at = (gap + 1) & mask; hash[at] !== NONE; at = (at + 1) & mask) {
      const home = hashOf(this.#tableIds.get(hash[at]!)) & mask;
      if (((at - home) & mask) >= ((at - gap) & mask)) {
        hash[gap] = hash[at]!;
        gap = at;
      }
    }
    hash[gap] = NONE;
  }

  #rehash(length: number): void {
    this.#hash = new Uint32Array(length).fill(NONE);
    const dead = new Set(this.#free);
    for (let slot = 0; slot < this.#slots; slot++) if (!dead.has(slot)) this.#insert(slot);
  }

  #grow(capacity: number): void {
    this.#tableIds.grow(capacity);
    this.head = growColumn(this.head, capacity);
    this.splittable = growColumn(this.splittable, capacity);
    this.#schema = growColumn(this.#schema, capacity);
    this.#schemaNext = growColumn(this.#schemaNext, capacity);
    this.#schemaPrev = growColumn(this.#schemaPrev, capacity);
    let length = this.#hash.length;
    while (length < capacity * 2) length *= 2;
    if (length > this.#hash.length) this.#rehash(length);
  }
}

/** Spreads table ids, which may exceed 32 bits. */
function hashOf(tableId: number): number {
  const low = tableId >>> 0;
  const high = (tableId / 0x1_0000_0000) >>> 0;
  const mixed = Math.imul(low ^ Math.imul(high, 0x85eb_ca6b), 0x9e37_79b1);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
