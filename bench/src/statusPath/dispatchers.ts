import type { ComponentStatuses, DispatcherConfig } from '@tidegate/protocol';
import { ComponentState, isTrigger } from '@tidegate/protocol';

/** The dispatchers of one posting actor, in flat columns: which they are and how many of their statuses are acknowledged. */
export class PostingDispatchers {
  handle: Uint32Array = new Uint32Array(1024);
  generation: Uint32Array = new Uint32Array(1024);
  /** Statuses of the row that are acknowledged; its next may be offered when all before are. */
  acknowledged: Int32Array = new Int32Array(1024);
  count = 0;
  #rowOf: Int32Array = new Int32Array(1024).fill(-1);

  /** Table triggers are left out: a barrier that nobody sizes stays open, and the stream goes on past it. */
  add(configs: readonly DispatcherConfig[]): void {
    for (const { handle, generation } of configs) {
      if (isTrigger(handle)) continue;
      if (this.count === this.handle.length) this.#grow();
      if (handle >= this.#rowOf.length) this.#growRows(handle);
      this.#rowOf[handle] = this.count;
      this.handle[this.count] = handle;
      this.generation[this.count++] = generation;
    }
  }

  /**
   * One status more of each of these is acknowledged. Offered were `number` of every row, and one more of those below `end`; an
   * acknowledgement too many is one of a repeat. Returns how many were none of those.
   */
  acknowledge(handles: Uint32Array, number: number, end: number): number {
    const { acknowledged } = this;
    const rows = this.#rowOf;
    let news = 0;
    for (let at = 0; at < handles.length; at++) {
      const handle = handles[at]!;
      const row = handle < rows.length ? rows[handle]! : -1;
      if (row < 0 || acknowledged[row]! >= (row < end ? number + 1 : number)) continue;
      acknowledged[row]!++;
      news++;
    }
    return news;
  }

  #grow(): void {
    const length = this.handle.length * 2;
    this.handle = longer(this.handle, length);
    this.generation = longer(this.generation, length);
    this.acknowledged = longer(this.acknowledged, length);
  }

  #growRows(handle: number): void {
    const rows = new Int32Array(2 ** Math.ceil(Math.log2(handle + 1))).fill(-1);
    rows.set(this.#rowOf);
    this.#rowOf = rows;
  }
}

/** Component statuses that say of each dispatcher that it works. */
export function workingStatuses(configs: readonly DispatcherConfig[]): ComponentStatuses {
  return {
    handle: Uint32Array.from(configs, ({ handle }) => handle),
    generation: Uint32Array.from(configs, ({ generation }) => generation),
    state: new Uint8Array(configs.length).fill(ComponentState.WORKING),
    mode: new Uint8Array(configs.length),
    checkpointTs: BigUint64Array.from(configs, ({ startTs }) => startTs),
  };
}

function longer<T extends Int32Array | Uint32Array>(from: T, length: number): T {
  const to = new (from.constructor as new (length: number) => T)(length);
  to.set(from);
  return to;
}
