import { pieceEnd, Stage } from '@tidegate/protocol';
import { deliverNeighbours, settleNeighbours } from './keyColumns.js';
import { GENERATIONS, type KeyTable, OWNERS, PAGE_MASK, PAGE_SHIFT } from './keyTable.js';
import { DONE_BITS, EITHER_OUTSTANDING, OUTSTANDING, PENDING, RESERVED, stageShift } from './stageBits.js';

// The engine loads an imported binding anew at every use, and folds a local constant: what the loops need is local.
const SHIFT = PAGE_SHIFT;
const MASK = PAGE_MASK;
const GENERATION_AT = GENERATIONS;
const OWNER_AT = OWNERS;
const DELIVERED = OUTSTANDING;
const EITHER = EITHER_OUTSTANDING;
const OF_DONE = DONE_BITS;
const DONE = Stage.DONE;
const WAITING = Stage.WAITING;
const ANYWHERE = PENDING | RESERVED | OUTSTANDING;
const EVENT_SHIFT = 8;
const BITS = 0xff;

/**
 * What is done to the keys of many statuses of one event and one stage at once: one load and one store of the dispatcher's
 * slot each, counters once a page. What is not in its slot goes the way of the {@link KeyTable}, one by one.
 */
export class KeyRuns {
  readonly #keys: KeyTable;

  constructor(keys: KeyTable) {
    this.#keys = keys;
  }

  /**
   * Rows of `event` and `stage` left stage L for a request that was delivered under `seq`: each is outstanding on its
   * account from now on, but for a WAITING that a DONE supersedes. Returns how many are.
   */
  deliver(
    handles: Uint32Array,
    generations: Uint32Array,
    from: number,
    to: number,
    event: number,
    stage: Stage,
    seq: number,
    stretches?: Uint32Array,
  ): number {
    let kept = 0;
    for (let row = from, end = from, next = 0; row < to; row = end) {
      end = to;
      if (stretches !== undefined) {
        while (stretches[next]! <= row) next++;
        end = Math.min(to, pieceEnd(handles, row, stretches[next]!, MASK + 1));
        if (deliverNeighbours(this.#keys, handles[row]!, generations, row, end, event, stage, seq)) {
          kept += end - row;
          continue;
        }
      }
      kept += this.#deliverRows(handles, generations, row, end, event, stage, seq);
    }
    return kept;
  }

  #deliverRows(
    handles: Uint32Array,
    generations: Uint32Array,
    from: number,
    to: number,
    event: number,
    stage: Stage,
    seq: number,
  ): number {
    const keys = this.#keys;
    const shift = stageShift(stage);
    const clear = ANYWHERE << shift;
    const superseding = stage === WAITING ? OF_DONE : 0;
    const set = DELIVERED << shift;
    // With a DONE a WAITING is not outstanding.
    const also = stage === DONE ? DELIVERED : 0;
    const owner = seq | 0;
    let kept = 0;
    let begun = 0;
    let index = -1;
    let page = keys.pageAt(0);
    for (let row = from; row < to; row++) {
      const handle = handles[row]!;
      if (handle >>> SHIFT !== index) {
        page = keys.pageAt(handle);
        index = handle >>> SHIFT;
      }
      const slot = handle & MASK;
      const word = page[slot]!;
      if (word >>> EVENT_SHIFT !== event || page[GENERATION_AT + slot] !== (generations[row]! | 0)) {
        kept += this.#deliverOne(handle, generations[row]!, event, clear, superseding, set, also, owner);
      } else if ((word & superseding) === 0) {
        if ((word & EITHER) === 0) begun++;
        page[slot] = (word & ~(clear | also)) | set;
        page[OWNER_AT + slot] = owner;
        kept++;
      } else {
        keys.setBits(handle, word & BITS & ~clear);
        index = -1;
      }
    }
    if (begun > 0) keys.countOutstanding(event, begun);
    return kept;
  }

  /** Clears `bits` on rows of `event`, and `own` on those that are outstanding on account of the request `seq`. */
  settle(
    handles: Uint32Array,
    generations: Uint32Array,
    from: number,
    to: number,
    event: number,
    bits: number,
    own: number,
    seq: number,
    stretches?: Uint32Array,
  ): void {
    for (let row = from, end = from, next = 0; row < to; row = end) {
      end = to;
      if (stretches !== undefined) {
        while (stretches[next]! <= row) next++;
        end = Math.min(to, pieceEnd(handles, row, stretches[next]!, MASK + 1));
        if (settleNeighbours(this.#keys, handles[row]!, generations, row, end, event, bits, own, seq)) continue;
      }
      this.#settleRows(handles, generations, row, end, event, bits, own, seq);
    }
  }

  #settleRows(
    handles: Uint32Array,
    generations: Uint32Array,
    from: number,
    to: number,
    event: number,
    bits: number,
    own: number,
    seq: number,
  ): void {
    const keys = this.#keys;
    const owner = seq | 0;
    let ended = 0;
    let gone = 0;
    let index = -1;
    let page = keys.pageAt(0);
    for (let row = from; row < to; row++) {
      const handle = handles[row]!;
      if (handle >>> SHIFT !== index) {
        if (gone > 0) keys.gone(index, page, event, gone);
        gone = 0;
        page = keys.pageAt(handle);
        index = handle >>> SHIFT;
      }
      const slot = handle & MASK;
      const word = page[slot]!;
      if (word >>> EVENT_SHIFT !== event || page[GENERATION_AT + slot] !== (generations[row]! | 0)) {
        if (!keys.plain) this.#settleOne(handle, generations[row]!, event, bits, own, owner);
        continue;
      }
      const next = word & ~(own !== 0 && page[OWNER_AT + slot] === owner ? bits | own : bits);
      if ((word & EITHER) !== 0 && (next & EITHER) === 0) ended++;
      if ((next & BITS) !== 0) page[slot] = next;
      else {
        page[slot] = 0;
        gone++;
      }
    }
    if (ended > 0) keys.countOutstanding(event, -ended);
    if (gone > 0) keys.gone(index, page, event, gone);
  }

  #deliverOne(
    handle: number,
    generation: number,
    event: number,
    clear: number,
    superseding: number,
    set: number,
    also: number,
    owner: number,
  ): number {
    const keys = this.#keys;
    const reference = keys.locate(handle, generation, event);
    if (reference < 0) return 0;
    const word = keys.bits(reference);
    if ((word & superseding) !== 0) {
      keys.setBits(reference, word & ~clear);
      return 0;
    }
    keys.setOwner(reference, owner);
    keys.setBits(reference, (word & ~(clear | also)) | set);
    return 1;
  }

  #settleOne(handle: number, generation: number, event: number, bits: number, own: number, owner: number): void {
    const keys = this.#keys;
    const reference = keys.locate(handle, generation, event);
    if (reference < 0) return;
    const isOwn = own !== 0 && keys.owner(reference) === owner;
    keys.setBits(reference, keys.bits(reference) & ~(isOwn ? bits | own : bits));
  }
}
