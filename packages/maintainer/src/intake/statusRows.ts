import { type ComponentStatuses, NO_WORKER } from '@tidegate/protocol';
import { growColumn } from '../span/columns.js';

const PAGE_BITS = 12;
const PAGE_MASK = (1 << PAGE_BITS) - 1;

/**
 * Component statuses of several heartbeats, in order, but for repeats of what a dispatcher said last. In columns: a complete
 * heartbeat lists a million.
 */
export class StatusRows {
  #length = 0;
  #handle: Uint32Array = new Uint32Array(0);
  #generation: Uint32Array = new Uint32Array(0);
  #state: Uint8Array = new Uint8Array(0);
  #mode: Uint8Array = new Uint8Array(0);
  #worker: Uint16Array = new Uint16Array(0);
  #checkpointHigh: Uint32Array = new Uint32Array(0);
  #checkpointLow: Uint32Array = new Uint32Array(0);
  /** By handle, in pages: one more than its last row. */
  readonly #last: (Int32Array | undefined)[] = [];
  /** The checkpoints of the statuses taken last, as words. */
  #words: Uint32Array = new Uint32Array(0);
  #wordsOf: BigUint64Array | undefined;

  get length(): number {
    return this.#length;
  }

  /** Takes one row of `statuses`. False: there are `capacity` rows, and it would be another one. */
  take(statuses: ComponentStatuses, row: number, capacity: number): boolean {
    const { checkpointTs } = statuses;
    if (checkpointTs !== this.#wordsOf) {
      this.#wordsOf = checkpointTs;
      this.#words = new Uint32Array(checkpointTs.buffer, checkpointTs.byteOffset, checkpointTs.length * 2);
    }
    const handle = statuses.handle[row]!;
    const worker = statuses.worker === undefined ? NO_WORKER : statuses.worker[row]!;
    const high = this.#words[row * 2 + 1]!;
    const low = this.#words[row * 2]!;
    const page = this.#pageOf(handle);
    const last = page[handle & PAGE_MASK]! - 1;
    if (last >= 0 && this.#generation[last] === statuses.generation[row] && this.#state[last] === statuses.state[row]) {
      if (high > this.#checkpointHigh[last]! || (high === this.#checkpointHigh[last] && low > this.#checkpointLow[last]!)) {
        this.#checkpointHigh[last] = high;
        this.#checkpointLow[last] = low;
      }
      if (worker !== NO_WORKER) this.#worker[last] = worker;
      return true;
    }
    if (this.#length >= capacity) return false;
    if (this.#length === this.#handle.length) this.#grow();
    const at = this.#length++;
    page[handle & PAGE_MASK] = at + 1;
    this.#handle[at] = handle;
    this.#generation[at] = statuses.generation[row]!;
    this.#state[at] = statuses.state[row]!;
    this.#mode[at] = statuses.mode[row]!;
    this.#worker[at] = worker;
    this.#checkpointHigh[at] = high;
    this.#checkpointLow[at] = low;
    return true;
  }

  columns(): ComponentStatuses {
    const length = this.#length;
    const checkpointTs = new BigUint64Array(length);
    const words = new Uint32Array(checkpointTs.buffer);
    for (let row = 0; row < length; row++) {
      words[row * 2] = this.#checkpointLow[row]!;
      words[row * 2 + 1] = this.#checkpointHigh[row]!;
    }
    return {
      handle: this.#handle.subarray(0, length),
      generation: this.#generation.subarray(0, length),
      state: this.#state.subarray(0, length),
      mode: this.#mode.subarray(0, length),
      checkpointTs,
      worker: this.#worker.subarray(0, length),
    };
  }

  #pageOf(handle: number): Int32Array {
    let page = this.#last[handle >>> PAGE_BITS];
    if (page === undefined) {
      page = new Int32Array(1 << PAGE_BITS);
      this.#last[handle >>> PAGE_BITS] = page;
    }
    return page;
  }

  #grow(): void {
    const capacity = Math.max(64, this.#handle.length * 2);
    this.#handle = growColumn(this.#handle, capacity);
    this.#generation = growColumn(this.#generation, capacity);
    this.#state = growColumn(this.#state, capacity);
    this.#mode = growColumn(this.#mode, capacity);
    this.#worker = growColumn(this.#worker, capacity);
    this.#checkpointHigh = growColumn(this.#checkpointHigh, capacity);
    this.#checkpointLow = growColumn(this.#checkpointLow, capacity);
  }
}
