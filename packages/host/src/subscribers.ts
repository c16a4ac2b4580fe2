import { type KeyRange, type Mode, type Subscribe, type TableId, TsColumn } from '@tidegate/protocol';
import { holdsKey } from './keyRanges.js';
import { grown, NO_SLOT, SlotUse, type TableSlots } from './tableSlots.js';

/**
 * Where a stream continues: behind the first `count` events at `ts`. {@link AT_START} instead of a count: behind everything
 * at `ts` but a sync point, as a dispatcher's start ts means it (B-1, D-2).
 */
export interface Cursor {
  readonly ts: bigint;
  readonly count: number;
}

export const AT_START = -1;

/** A dispatcher that has subscribed, by its handle. */
export type Subscriber = number;

/** Who serves a subscriber: nobody (its table is dropped), the main reading, or a replay. Two bits. */
export const Server = { NOBODY: 0, MAIN: 1, REPLAY: 2 } as const;
export type Server = (typeof Server)[keyof typeof Server];

const SERVER = 3;
/** It takes what its reader routes. Without: its reader is still before the cursor. */
const FLOWS = 4;
/** Its stream was started. */
const OPENED = 8;
const REDO = 16;
/** It serves a part of its table. */
const RANGED = 32;
const PRESENT = 64;

const PAGE_SHIFT = 10;
const PAGE_ROWS = 1 << PAGE_SHIFT;
const PAGE_MASK = PAGE_ROWS - 1;

/** Columns of 1024 handles: 10 bytes a dispatcher. */
class Page {
  readonly flags = new Uint8Array(PAGE_ROWS);
  /** Index of its worker. */
  readonly worker = new Uint8Array(PAGE_ROWS);
  readonly generation = new Uint32Array(PAGE_ROWS);
  readonly slot = new Uint32Array(PAGE_ROWS);
  /** Another subscriber of the same table, and one more. Absent as long as each is alone. */
  next: Uint32Array | undefined;
}

/** Every dispatcher that has subscribed, by handle and by table: columns, and 4 bytes a table. */
export class Subscribers {
  readonly slots: TableSlots;
  readonly #pages: (Page | undefined)[] = [];
  readonly #startTs = new TsColumn();
  /** By slot: the first subscriber, and one more. */
  #first: Uint32Array = new Uint32Array(0);
  /** Of those that serve a part of their table, and of those that continue elsewhere than at their start: few. */
  readonly #ranges = new Map<Subscriber, KeyRange>();
  readonly #cursors = new Map<Subscriber, Cursor>();
  #size = 0;

  constructor(slots: TableSlots) {
    this.slots = slots;
  }

  get size(): number {
    return this.#size;
  }

  has(handle: number): boolean {
    const page = this.#pages[handle >>> PAGE_SHIFT];
    return page !== undefined && page.flags[handle & PAGE_MASK] !== 0;
  }

  /** The first subscriber of the table of a slot, or -1; the others follow by {@link next}. */
  firstOf(slot: number): Subscriber {
    return (this.#first[slot] ?? 0) - 1;
  }

  next(subscriber: Subscriber): Subscriber {
    return (this.#page(subscriber).next?.[subscriber & PAGE_MASK] ?? 0) - 1;
  }

  *all(): Generator<Subscriber> {
    for (let index = 0; index < this.#pages.length; index++) {
      const flags = this.#pages[index]?.flags;
      for (let row = 0; flags !== undefined && row < PAGE_ROWS; row++) if (flags[row] !== 0) yield (index << PAGE_SHIFT) | row;
    }
  }

  generation(subscriber: Subscriber): number {
    return this.#page(subscriber).generation[subscriber & PAGE_MASK]!;
  }

  worker(subscriber: Subscriber): number {
    return this.#page(subscriber).worker[subscriber & PAGE_MASK]!;
  }

  mode(subscriber: Subscriber): Mode {
    return (this.#flags(subscriber) & REDO) === 0 ? 0 : 1;
  }

  slot(subscriber: Subscriber): number {
    return this.#page(subscriber).slot[subscriber & PAGE_MASK]!;
  }

  tableId(subscriber: Subscriber): TableId {
    return this.slots.tableId[this.slot(subscriber)]!;
  }

  /** Undefined: the complete table. */
  range(subscriber: Subscriber): KeyRange | undefined {
    return (this.#flags(subscriber) & RANGED) === 0 ? undefined : this.#ranges.get(subscriber);
  }

  startTs(subscriber: Subscriber): bigint {
    return this.#startTs.get(subscriber);
  }

  cursor(subscriber: Subscriber): Cursor {
    return this.#cursors.get(subscriber) ?? { ts: this.startTs(subscriber), count: AT_START };
  }

  setCursor(subscriber: Subscriber, cursor: Cursor): void {
    this.#cursors.set(subscriber, cursor);
  }

  server(subscriber: Subscriber): Server {
    return (this.#flags(subscriber) & SERVER) as Server;
  }

  flows(subscriber: Subscriber): boolean {
    return (this.#flags(subscriber) & FLOWS) !== 0;
  }

  /** It takes what `server` routes. */
  takes(subscriber: Subscriber, server: Server): boolean {
    return (this.#flags(subscriber) & (SERVER | FLOWS)) === (server | FLOWS);
  }

  /** Who serves it from now on, and whether it takes everything from here on. */
  serve(subscriber: Subscriber, server: Server, flows: boolean): void {
    const page = this.#page(subscriber);
    const row = subscriber & PAGE_MASK;
    page.flags[row] = (page.flags[row]! & ~(SERVER | FLOWS)) | server | (flows ? FLOWS : 0);
    // Where it continues is only asked for until it does, and again when a replay has to begin anew.
    if (server !== Server.REPLAY && flows && this.#cursors.size > 0) this.#cursors.delete(subscriber);
  }

  isOpened(subscriber: Subscriber): boolean {
    return (this.#flags(subscriber) & OPENED) !== 0;
  }

  markOpened(subscriber: Subscriber): void {
    this.#page(subscriber).flags[subscriber & PAGE_MASK]! |= OPENED;
  }

  /** True when rows with this key are for it. Without a key: only if it serves the complete table. */
  takesKey(subscriber: Subscriber, key: Uint8Array | undefined): boolean {
    const range = this.range(subscriber);
    return range === undefined || (key !== undefined && holdsKey(range, key));
  }

  /** Its handle is free. */
  add({ handle, generation, mode, tableId, range, startTs }: Omit<Subscribe, 'type' | 'worker'>, worker: number): Subscriber {
    const slot = this.slots.use(tableId, SlotUse.SUBSCRIBED);
    if (slot >= this.#first.length) this.#first = grown(this.#first, this.slots.capacity);
    const page = this.#pageFor(handle);
    const row = handle & PAGE_MASK;
    page.flags[row] = PRESENT | (mode === 0 ? 0 : REDO) | (range === undefined ? 0 : RANGED);
    page.worker[row] = worker;
    page.generation[row] = generation;
    page.slot[row] = slot;
    this.#startTs.setTs(handle, startTs);
    setNext(page, row, this.#first[slot]!);
    this.#first[slot] = handle + 1;
    if (range !== undefined) this.#ranges.set(handle, range);
    this.#size++;
    return handle;
  }

  remove(subscriber: Subscriber): void {
    const page = this.#page(subscriber);
    const row = subscriber & PAGE_MASK;
    const slot = page.slot[row]!;
    this.#unlink(subscriber, slot, page.next?.[row] ?? 0);
    page.flags[row] = 0;
    this.#ranges.delete(subscriber);
    this.#cursors.delete(subscriber);
    this.#size--;
    if (this.#first[slot] === 0) this.slots.unuse(slot, SlotUse.SUBSCRIBED);
  }

  #unlink(subscriber: Subscriber, slot: number, next: number): void {
    let at = this.firstOf(slot);
    if (at === subscriber) {
      this.#first[slot] = next;
      return;
    }
    while (at !== NO_SLOT && this.next(at) !== subscriber) at = this.next(at);
    setNext(this.#page(at), at & PAGE_MASK, next);
  }

  #flags(subscriber: Subscriber): number {
    return this.#page(subscriber).flags[subscriber & PAGE_MASK]!;
  }

  #page(subscriber: Subscriber): Page {
    return this.#pages[subscriber >>> PAGE_SHIFT]!;
  }

  #pageFor(handle: number): Page {
    let page = this.#pages[handle >>> PAGE_SHIFT];
    if (page === undefined) {
      page = new Page();
      this.#pages[handle >>> PAGE_SHIFT] = page;
    }
    return page;
  }
}

function setNext(page: Page, row: number, next: number): void {
  if (next === 0 && page.next === undefined) return;
  page.next ??= new Uint32Array(PAGE_ROWS);
  page.next[row] = next;
}
