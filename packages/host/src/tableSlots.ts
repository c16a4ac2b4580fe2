import type { TableId } from '@tidegate/protocol';

/** Who needs the slot of a table. */
export const SlotUse = {
  /** It exists at the place of a reading. */
  TABLE: 1,
  /** Dispatchers have subscribed to it. */
  SUBSCRIBED: 2,
} as const;
export type SlotUse = (typeof SlotUse)[keyof typeof SlotUse];

/** No table has it. */
export const NO_SLOT = -1;

const FIRST_SLOTS = 64;
/** The golden ratio as a 32-bit fraction: ids that count spread evenly. */
const SPREAD = 0x9e37_79b1;

/**
 * A small dense number, the *slot*, for each table that exists or has subscribers: what is known of a table lies in columns by
 * slot. Id → slot is an open-addressing hash that is at most half full. 13 bytes a table.
 */
export class TableSlots {
  /** By slot; of a free one the next free one and one more. */
  tableId: Uint32Array = new Uint32Array(0);
  #uses: Uint8Array = new Uint8Array(0);
  /** Slots and one more, 0: nothing. */
  #hash: Uint32Array = new Uint32Array(2 * FIRST_SLOTS);
  #shift = 32 - Math.log2(2 * FIRST_SLOTS);
  #free = 0;
  #end = 0;

  /** One more than the largest slot that was ever given out. */
  get end(): number {
    return this.#end;
  }

  /** Columns by slot have to be so long. */
  get capacity(): number {
    return this.tableId.length;
  }

  /** Makes room for `tables` at once. */
  reserve(tables: number): void {
    if (tables > this.tableId.length) this.#grow(tables);
  }

  /** Slot of a table, or {@link NO_SLOT}. */
  slotOf(tableId: TableId): number {
    const hash = this.#hash;
    const mask = hash.length - 1;
    for (let at = Math.imul(tableId, SPREAD) >>> this.#shift; ; at = (at + 1) & mask) {
      const slot = hash[at]! - 1;
      if (slot < 0 || this.tableId[slot] === tableId) return slot;
    }
  }

  has(slot: number, use: SlotUse): boolean {
    return slot >= 0 && (this.#uses[slot]! & use) !== 0;
  }

  /** The slot of a table, which keeps it until {@link unuse}. */
  use(tableId: TableId, use: SlotUse): number {
    let slot = this.slotOf(tableId);
    if (slot < 0) {
      slot = this.#take();
      this.tableId[slot] = tableId;
      this.#insert(slot);
    }
    this.#uses[slot]! |= use;
    return slot;
  }

  /** Without a use left, the slot becomes free. */
  unuse(slot: number, use: SlotUse): void {
    this.#uses[slot]! &= ~use;
    if (this.#uses[slot] !== 0) return;
    this.#erase(slot);
    this.tableId[slot] = this.#free;
    this.#free = slot + 1;
  }

  #take(): number {
    if (this.#free > 0) {
      const slot = this.#free - 1;
      this.#free = this.tableId[slot]!;
      return slot;
    }
    if (this.#end === this.tableId.length) this.#grow(Math.max(FIRST_SLOTS, Math.ceil(this.#end * 1.25)));
    return this.#end++;
  }

  #insert(slot: number): void {
    const hash = this.#hash;
    const mask = hash.length - 1;
    let at = Math.imul(this.tableId[slot]!, SPREAD) >>> this.#shift;
    while (hash[at] !== 0) at = (at + 1) & mask;
    hash[at] = slot + 1;
  }

  /** Linear probing without tombstones: what follows the gap moves up if it may. */
  #erase(slot: number): void {
    const hash = this.#hash;
    const mask = hash.length - 1;
    let gap = Math.imul(this.tableId[slot]!, SPREAD) >>> this.#shift;
    while (hash[gap] !== slot + 1) gap = (gap + 1) & mask;
    for (let at = (gap + 1) & mask; hash[at] !== 0; at = (at + 1) & mask) {
      const home = Math.imul(this.tableId[hash[at]! - 1]!, SPREAD) >>> this.#shift;
      if (((at - home) & mask) < ((at - gap) & mask)) continue;
      hash[gap] = hash[at]!;
      gap = at;
    }
    hash[gap] = 0;
  }

  #grow(capacity: number): void {
    this.tableId = grown(this.tableId, capacity);
    this.#uses = grown(this.#uses, capacity);
    let length = this.#hash.length;
    while (length < capacity * 2) length *= 2;
    if (length === this.#hash.length) return;
    this.#hash = new Uint32Array(length);
    this.#shift = 32 - Math.log2(length);
    for (let slot = 0; slot < this.#end; slot++) if (this.#uses[slot] !== 0) this.#insert(slot);
  }
}

/** A copy of a column with room for `length` elements. */
export function grown<C extends Uint8Array | Uint32Array | BigUint64Array>(column: C, length: number): C {
  const next = new (column.constructor as new (length: number) => C)(length);
  next.set(column as never);
  return next;
}
