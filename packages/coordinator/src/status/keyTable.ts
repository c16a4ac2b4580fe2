import { MAX_HANDLE } from '@tidegate/protocol';
import { CoordinatorError } from '../errors.js';
import type { EventTable } from './eventTable.js';
import { HashIndex, mix32 } from './hashIndex.js';
import { EITHER_OUTSTANDING } from './stageBits.js';

export const PAGE_SHIFT = 12;
const PAGE_ENTRIES = 1 << PAGE_SHIFT;
export const PAGE_MASK: number = PAGE_ENTRIES - 1;
/** Where in a page the generations and the owners of its entries begin; their words come first. */
export const GENERATIONS: number = PAGE_ENTRIES;
export const OWNERS: number = 2 * PAGE_ENTRIES;
/** Word of a page, behind its entries, that counts those in use. */
const PAGE_LIVE = 3 * PAGE_ENTRIES;
/** Stands for a page that is not there. Nothing is ever written to it. */
const NO_PAGE = new Int32Array(PAGE_LIVE + 1);
const SPARE_PAGES = 16;
const BITS_WIDTH = 8;
const BITS_MASK = 0xff;
/** References from here on are overflow entries; below they are handles. */
const OVERFLOW = MAX_HANDLE + 1;
const OVERFLOW_WORDS = 4;

/** No entry: what {@link KeyTable.locate} answers when there is none. */
export const ABSENT = -1;

/**
 * The keys of all dedupe stages: an entry is a (dispatcher, event), its bits say in which stages its WAITING and its DONE
 * are. A dispatcher is at one event at a time, so an entry is a slot that the dispatcher's handle indexes; what does not
 * fit (a DONE not yet answered when the next event's WAITING comes, a former generation) goes to a small hash.
 *
 * ```
 *  page of 4096 handles
 *  ┌──────────────────────┬──────────────┬─────────────────────────────────────────────────┬─────────┐
 *  │ event (24) bits (8)  │ generation   │ owner: seq of the request that carried it last  │ in use  │   12 bytes an entry
 *  │ word word …          │ …            │ …                                               │         │
 *  └──────────────────────┴──────────────┴─────────────────────────────────────────────────┴─────────┘
 *  In columns, so that neighbours can be looked at and changed at once (keyRuns.ts). Overflow entries stand alone, and
 *  have a 4th word, the handle.
 * ```
 *
 * An entry exists as long as it has a bit, and holds its event. A page exists as long as it has an entry: at rest the
 * table is empty whatever the number of dispatchers. Nothing is allocated per status. Words are signed, so that none
 * of them ever is a boxed number.
 */
export class KeyTable {
  readonly #events: EventTable;
  readonly #pages: (Int32Array | undefined)[] = [];
  readonly #spare: Int32Array[] = [];
  // Hashed by handle alone, so that a removal finds all entries of a dispatcher.
  readonly #index = new HashIndex();
  #overflow = new Int32Array(64 * OVERFLOW_WORDS);
  #overflowEnd = 0;
  #overflowFree = ABSENT;
  #size = 0;
  #outstanding = 0;

  constructor(events: EventTable) {
    this.#events = events;
  }

  /** Entries in use. */
  get size(): number {
    return this.#size;
  }

  /** Entries with an outstanding status. */
  get outstanding(): number {
    return this.#outstanding;
  }

  /**
   * Sets `bits` of the stages L and Q on an entry, made if need be. If the entry has any of the bits `unless`, it answers which and changes
   * nothing; else it answers 0. Throws `COORDINATOR_RANGE` for a handle above `MAX_HANDLE`.
   */
  add(handle: number, generation: number, event: number, bits: number, unless: number, clear: number): number {
    generation |= 0;
    const page = this.open(handle);
    const at = handle & PAGE_MASK;
    const word = page[at]!;
    if (word >>> BITS_WIDTH === event && page[GENERATIONS + at] === generation) {
      if ((word & unless) !== 0) return word & unless;
      const next = (word & ~clear) | bits;
      if (((word ^ next) & EITHER_OUTSTANDING) !== 0) this.#countOutstanding(event, word, next);
      page[at] = next;
      return 0;
    }
    if (word === 0 && this.#index.size === 0) {
      page[GENERATIONS + at] = generation;
      page[at] = (event << BITS_WIDTH) | bits;
      page[PAGE_LIVE]!++;
      this.#size++;
      this.#events.retain(event);
      return 0;
    }
    return this.#addOverflow(page, at, handle, generation, event, bits, unless, clear);
  }

  /** Where an entry is, or {@link ABSENT}. Good until the next change of the table. */
  locate(handle: number, generation: number, event: number): number {
    generation |= 0;
    const page = this.#pages[handle >>> PAGE_SHIFT];
    if (page !== undefined) {
      const at = handle & PAGE_MASK;
      if (page[at]! >>> BITS_WIDTH === event && page[GENERATIONS + at] === generation) return handle;
    }
    return this.#index.size === 0 ? ABSENT : this.#locateOverflow(handle, generation, event);
  }

  /** Bits of a located entry; 0 for {@link ABSENT}. */
  bits(reference: number): number {
    if (reference < 0) return 0;
    if (reference >= OVERFLOW) return this.#overflow[(reference - OVERFLOW) * OVERFLOW_WORDS + 1]! & BITS_MASK;
    return this.#pages[reference >>> PAGE_SHIFT]![reference & PAGE_MASK]! & BITS_MASK;
  }

  /** Replaces the bits of a located entry; without bits it is gone. */
  setBits(reference: number, bits: number): void {
    if (reference >= OVERFLOW) {
      this.#setOverflowBits(reference - OVERFLOW, bits);
      return;
    }
    const page = this.#pages[reference >>> PAGE_SHIFT]!;
    const at = reference & PAGE_MASK;
    const word = page[at]!;
    const event = word >>> BITS_WIDTH;
    if (((word ^ bits) & EITHER_OUTSTANDING) !== 0) this.#countOutstanding(event, word, bits);
    if (bits !== 0) {
      page[at] = (event << BITS_WIDTH) | bits;
      return;
    }
    page[at] = 0;
    this.gone(reference >>> PAGE_SHIFT, page, event, 1);
  }

  // ------------------------------------------------------------------ for loops over many entries (keyRuns.ts)

  /** Every entry is in its dispatcher's slot. */
  get plain(): boolean {
    return this.#index.size === 0;
  }

  /** The page of a handle, made if need be. Throws `COORDINATOR_RANGE` for a handle above `MAX_HANDLE`. */
  open(handle: number): Int32Array {
    return this.#pages[handle >>> PAGE_SHIFT] ?? this.#openPage(handle);
  }

  /** The page of a handle, to be read; where there is none, one without entries. */
  pageAt(handle: number): Int32Array {
    return this.#pages[handle >>> PAGE_SHIFT] ?? NO_PAGE;
  }

  /** `count` entries of `event` were written into free slots of a page. */
  made(page: Int32Array, event: number, count: number): void {
    page[PAGE_LIVE]! += count;
    this.#size += count;
    this.#events.retain(event, count);
  }

  /** `count` slots of page `index` that had entries of `event` were set to 0. */
  gone(index: number, page: Int32Array, event: number, count: number): void {
    this.#size -= count;
    this.#events.release(event, count);
    page[PAGE_LIVE]! -= count;
    if (page[PAGE_LIVE] === 0) this.#closePage(index, page);
  }

  /** So many entries of `event` more, or fewer, have an outstanding status. */
  countOutstanding(event: number, change: number): void {
    this.#outstanding += change;
    this.#events.outstanding[event]! += change;
  }

  /** The request that carried a located entry last, as a signed word. */
  owner(reference: number): number {
    if (reference >= OVERFLOW) return this.#overflow[(reference - OVERFLOW) * OVERFLOW_WORDS + 2]!;
    return this.#pages[reference >>> PAGE_SHIFT]![OWNERS + (reference & PAGE_MASK)]!;
  }

  setOwner(reference: number, owner: number): void {
    if (reference >= OVERFLOW) this.#overflow[(reference - OVERFLOW) * OVERFLOW_WORDS + 2] = owner;
    else this.#pages[reference >>> PAGE_SHIFT]![OWNERS + (reference & PAGE_MASK)] = owner;
  }

  /** Clears `bits` on one entry, if it exists. */
  clear(handle: number, generation: number, event: number, bits: number): void {
    const reference = this.locate(handle, generation, event);
    if (reference !== ABSENT) this.setBits(reference, this.bits(reference) & ~bits);
  }

  /** Clears `bits` on every entry of one dispatcher. */
  clearDispatcher(handle: number, generation: number, bits: number): void {
    generation |= 0;
    const page = this.#pages[handle >>> PAGE_SHIFT];
    const at = handle & PAGE_MASK;
    if (page !== undefined && page[at] !== 0 && page[GENERATIONS + at] === generation)
      this.setBits(handle, this.bits(handle) & ~bits);
    for (const entry of this.#overflowOf(handle)) {
      const base = entry * OVERFLOW_WORDS;
      if (this.#overflow[base] === generation) this.#setOverflowBits(entry, this.#overflow[base + 1]! & BITS_MASK & ~bits);
    }
  }

  /** Clears `bits` on every entry of one event. Walks the whole table: only for answers to all. */
  clearEvent(event: number, bits: number): void {
    for (let index = 0; index < this.#pages.length; index++) {
      const page = this.#pages[index];
      if (page === undefined) continue;
      for (let slot = 0; slot < PAGE_ENTRIES; slot++) {
        const word = page[slot]!;
        if (word >>> BITS_WIDTH === event && (word & bits) !== 0) {
          this.setBits((index << PAGE_SHIFT) | slot, word & BITS_MASK & ~bits);
        }
      }
    }
    for (let entry = 0; entry < this.#overflowEnd; entry++) {
      const word = this.#overflow[entry * OVERFLOW_WORDS + 1]!;
      if (word >>> BITS_WIDTH === event && (word & bits) !== 0) this.#setOverflowBits(entry, word & BITS_MASK & ~bits);
    }
  }

  #countOutstanding(event: number, before: number, after: number): void {
    this.countOutstanding(event, Number((after & EITHER_OUTSTANDING) !== 0) - Number((before & EITHER_OUTSTANDING) !== 0));
  }

  #openPage(handle: number): Int32Array {
    if (!(handle >= 0 && handle <= MAX_HANDLE)) {
      throw new CoordinatorError('COORDINATOR_RANGE', `handle ${handle} in a block status; handles are 0 to ${MAX_HANDLE}`);
    }
    const page = this.#spare.pop() ?? new Int32Array(PAGE_LIVE + 1);
    this.#pages[handle >>> PAGE_SHIFT] = page;
    return page;
  }

  #closePage(index: number, page: Int32Array): void {
    this.#pages[index] = undefined;
    // All its words of bits are zero again, which is all that a fresh page needs.
    if (this.#spare.length < SPARE_PAGES) this.#spare.push(page);
  }

  #addOverflow(
    page: Int32Array,
    at: number,
    handle: number,
    generation: number,
    event: number,
    bits: number,
    unless: number,
    clear: number,
  ): number {
    const reference = this.#locateOverflow(handle, generation, event);
    if (reference !== ABSENT) {
      const word = this.bits(reference);
      if ((word & unless) !== 0) return word & unless;
      this.setBits(reference, (word & ~clear) | bits);
      return 0;
    }
    this.#size++;
    this.#events.retain(event);
    if (page[at] === 0) {
      page[GENERATIONS + at] = generation;
      page[at] = (event << BITS_WIDTH) | bits;
      page[PAGE_LIVE]!++;
      return 0;
    }
    const entry = this.#takeOverflow();
    const base = entry * OVERFLOW_WORDS;
    this.#overflow[base] = generation;
    this.#overflow[base + 1] = (event << BITS_WIDTH) | bits;
    this.#overflow[base + 3] = handle;
    this.#index.insert(entry, mix32(handle));
    return 0;
  }

  #locateOverflow(handle: number, generation: number, event: number): number {
    const { slots, mask } = this.#index;
    for (let at = mix32(handle) & mask; slots[at] !== 0; at = (at + 1) & mask) {
      const entry = slots[at]! - 1;
      const base = entry * OVERFLOW_WORDS;
      if (
        this.#overflow[base + 3] === handle &&
        this.#overflow[base] === generation &&
        this.#overflow[base + 1]! >>> BITS_WIDTH === event
      ) {
        return OVERFLOW + entry;
      }
    }
    return ABSENT;
  }

  #overflowOf(handle: number): number[] {
    const entries: number[] = [];
    const { slots, mask } = this.#index;
    for (let at = mix32(handle) & mask; slots[at] !== 0; at = (at + 1) & mask) {
      if (this.#overflow[(slots[at]! - 1) * OVERFLOW_WORDS + 3] === handle) entries.push(slots[at]! - 1);
    }
    return entries;
  }

  #setOverflowBits(entry: number, bits: number): void {
    const base = entry * OVERFLOW_WORDS;
    const word = this.#overflow[base + 1]!;
    const event = word >>> BITS_WIDTH;
    if (((word ^ bits) & EITHER_OUTSTANDING) !== 0) this.#countOutstanding(event, word, bits);
    this.#overflow[base + 1] = bits === 0 ? 0 : (event << BITS_WIDTH) | bits;
    if (bits !== 0) return;
    this.#size--;
    this.#index.remove(entry, mix32(this.#overflow[base + 3]!));
    this.#overflow[base + 3] = this.#overflowFree + 1;
    this.#overflowFree = entry;
    this.#events.release(event);
  }

  #takeOverflow(): number {
    const free = this.#overflowFree;
    if (free !== ABSENT) {
      this.#overflowFree = this.#overflow[free * OVERFLOW_WORDS + 3]! - 1;
      return free;
    }
    if (this.#overflowEnd * OVERFLOW_WORDS === this.#overflow.length) {
      const longer = new Int32Array(this.#overflow.length * 2);
      longer.set(this.#overflow);
      this.#overflow = longer;
    }
    return this.#overflowEnd++;
  }
}
