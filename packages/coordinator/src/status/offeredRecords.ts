import { STATUS_GENERATION, STATUS_HANDLE, STATUS_TS_HIGH, STATUS_TS_LOW, STATUS_WORDS, Stage } from '@tidegate/protocol';
import { fillUp, goUp, heldFrom } from './keyColumns.js';
import { GENERATIONS, type KeyTable, PAGE_MASK, PAGE_SHIFT } from './keyTable.js';
import { neighboursFrom } from './neighbourRecords.js';
import type { PendingRuns } from './pendingRuns.js';
import { EITHER_OUTSTANDING, OUTSTANDING, PENDING, RESERVED, stageShift } from './stageBits.js';

// The engine loads an imported binding anew at every use, and folds a local constant: what the loops need is local.
const HANDLE = STATUS_HANDLE;
const GENERATION = STATUS_GENERATION;
const TS_LOW = STATUS_TS_LOW;
const TS_HIGH = STATUS_TS_HIGH;
const WORDS = STATUS_WORDS;
const SHIFT = PAGE_SHIFT;
const MASK = PAGE_MASK;
const GENERATION_AT = GENERATIONS;
const IN_MAP = PENDING;
const IN_QUEUE = RESERVED;
const DELIVERED = OUTSTANDING;
const EITHER = EITHER_OUTSTANDING;
const DONE = Stage.DONE;
const ANYWHERE = PENDING | RESERVED | OUTSTANDING;
const EVENT_SHIFT = 8;
/** Neighbours from which on columns are looked at, and records that are visited one by one before the next look for neighbours. */
const LEAST = 8;
const ROWS = 32;

/**
 * Takes records of one event and one stage into stage L: by columns where they are of neighbours whose slots all say the same, else one
 * after the other.
 */
export class OfferedRecords {
  /** Of the last {@link offer}: rows that an equal status represents in each stage. */
  pending = 0;
  reserved = 0;
  outstanding = 0;
  readonly #keys: KeyTable;

  constructor(keys: KeyTable) {
    this.#keys = keys;
  }

  /**
   * Offers records of `event` and `stage`, from the one at `at`, until `count` were looked at, `most` were accepted, or one says
   * another header or ts. What is accepted goes to `into`, as `what`. Returns how many were looked at.
   */
  offer(
    words: Uint32Array,
    at: number,
    count: number,
    event: number,
    stage: Stage,
    into: PendingRuns,
    what: number,
    most: number,
  ): number {
    const header = words[at]! >>> 8;
    const low = words[at + TS_LOW]!;
    const high = words[at + TS_HIGH]!;
    const full = into.length + most;
    this.pending = 0;
    this.reserved = 0;
    this.outstanding = 0;
    let row = 0;
    while (row < count && into.length < full) {
      const here = at + row * WORDS;
      if (row > 0 && (words[here]! >>> 8 !== header || words[here + TS_LOW] !== low || words[here + TS_HIGH] !== high)) break;
      const near = neighboursFrom(words, here, Math.min(count - row, MASK + 1 - (words[here + HANDLE]! & MASK)));
      if (near < LEAST) row += this.#offerRows(words, here, Math.min(count - row, ROWS), event, stage, into, what, full);
      else row += this.#offerNear(words, here, near, event, stage, into, what, full);
    }
    return row;
  }

  /** {@link offer} of neighbours in one page. Where a repeat ends the next one may go on with dispatchers that have said nothing yet. */
  #offerNear(
    words: Uint32Array,
    at: number,
    near: number,
    event: number,
    stage: Stage,
    into: PendingRuns,
    what: number,
    full: number,
  ): number {
    let row = 0;
    while (row < near && into.length < full) {
      const here = at + row * WORDS;
      const looked = this.#offerNeighbours(words, here, near - row, event, stage, into, what, full - into.length);
      row += looked > 0 ? looked : this.#offerRows(words, here, Math.min(near - row, ROWS), event, stage, into, what, full);
    }
    return row;
  }

  /**
   * Records of neighbours in one page, as far as their slots say the same as the first one's. Returns how many were looked at; 0: not worth
   * it, and nothing has changed.
   */
  #offerNeighbours(
    words: Uint32Array,
    at: number,
    count: number,
    event: number,
    stage: Stage,
    into: PendingRuns,
    what: number,
    most: number,
  ): number {
    const keys = this.#keys;
    const handle = words[at + HANDLE]! | 0;
    const generation = words[at + GENERATION]! | 0;
    const page = keys.open(handle);
    const slot = handle & MASK;
    const word = page[slot]!;
    const shift = stageShift(stage);
    const alike = heldFrom(page, slot, slot + count, word);
    if (alike < LEAST) return 0;
    const taken = Math.min(alike, most);
    if (word === 0) {
      if (!keys.plain) return 0;
      page.fill((event << EVENT_SHIFT) | (IN_MAP << shift), slot, slot + taken);
      fillUp(page, GENERATION_AT + slot, GENERATION_AT + slot + taken, generation);
      keys.made(page, event, taken);
      into.push(handle, generation, what, taken);
      return taken;
    }
    if (word >>> EVENT_SHIFT !== event) return 0;
    const found = (word >>> shift) & ANYWHERE;
    const end = slot + (found === 0 ? taken : alike);
    if (!goUp(page, GENERATION_AT + slot, GENERATION_AT + end, generation)) return 0;
    if (found !== 0) {
      if ((found & IN_MAP) !== 0) this.pending += alike;
      else if ((found & IN_QUEUE) !== 0) this.reserved += alike;
      else this.outstanding += alike;
      return alike;
    }
    // A dispatcher that is done does not wait any more: its WAITING needs no further resend (W-3).
    const next = (word & ~(stage === DONE ? DELIVERED : 0)) | (IN_MAP << shift);
    if ((word & EITHER) !== 0 && (next & EITHER) === 0) keys.countOutstanding(event, -taken);
    page.fill(next, slot, end);
    into.push(handle, generation, what, taken);
    return taken;
  }

  /** {@link offer}, each by itself, until the map of `into` holds `full`. */
  #offerRows(
    words: Uint32Array,
    at: number,
    count: number,
    event: number,
    stage: Stage,
    into: PendingRuns,
    what: number,
    full: number,
  ): number {
    const keys = this.#keys;
    const shift = stageShift(stage);
    const bits = IN_MAP << shift;
    const unless = ANYWHERE << shift;
    const clear = stage === DONE ? DELIVERED : 0;
    const header = words[at]! >>> 8;
    const low = words[at + TS_LOW]!;
    const high = words[at + TS_HIGH]!;
    const fresh = (event << EVENT_SHIFT) | bits;
    let inMap = 0;
    let inQueue = 0;
    let delivered = 0;
    let ended = 0;
    let made = 0;
    let index = -1;
    let page = keys.pageAt(0);
    let plain = keys.plain;
    let row = 0;
    for (; row < count && into.length < full; row++, at += WORDS) {
      if (words[at]! >>> 8 !== header || words[at + TS_LOW] !== low || words[at + TS_HIGH] !== high) break;
      const handle = words[at + HANDLE]! | 0;
      const generation = words[at + GENERATION]! | 0;
      if (handle >>> SHIFT !== index) {
        if (made > 0) keys.made(page, event, made);
        made = 0;
        page = keys.open(handle);
        index = handle >>> SHIFT;
      }
      const slot = handle & MASK;
      const word = page[slot]!;
      if (word === 0 && plain) {
        page[GENERATION_AT + slot] = generation;
        page[slot] = fresh;
        made++;
      } else if (word >>> EVENT_SHIFT === event && page[GENERATION_AT + slot] === generation) {
        const found = (word & unless) >>> shift;
        if (found !== 0) {
          if ((found & IN_MAP) !== 0) inMap++;
          else if ((found & IN_QUEUE) !== 0) inQueue++;
          else delivered++;
          continue;
        }
        const next = (word & ~clear) | bits;
        if ((word & EITHER) !== 0 && (next & EITHER) === 0) ended++;
        page[slot] = next;
      } else {
        const found = keys.add(handle, generation, event, bits, unless, clear) >>> shift;
        plain = keys.plain;
        if (found !== 0) {
          if ((found & IN_MAP) !== 0) inMap++;
          else if ((found & IN_QUEUE) !== 0) inQueue++;
          else delivered++;
          continue;
        }
      }
      into.push(handle, generation, what, 1);
    }
    if (made > 0) keys.made(page, event, made);
    if (ended > 0) keys.countOutstanding(event, -ended);
    this.pending += inMap;
    this.reserved += inQueue;
    this.outstanding += delivered;
    return row;
  }
}
