import type { KeyRange, Mode, Subscribe, TableId } from '@tidegate/protocol';
import { holdsKey } from './keyRanges.js';
import type { Reader } from './reader.js';

/**
 * Where a stream continues: behind the first `count` events at `ts`. {@link AT_START} instead of a count: behind everything
 * at `ts` but a sync point, as a dispatcher's start ts means it (B-1, D-2).
 */
interface Cursor {
  readonly ts: bigint;
  readonly count: number;
}

export const AT_START = -1;

/** A dispatcher that has subscribed. */
export interface Subscriber {
  readonly handle: number;
  readonly generation: number;
  readonly mode: Mode;
  readonly tableId: TableId;
  /** Absent: the complete table. */
  readonly range: KeyRange | undefined;
  /** Index of its worker. */
  readonly worker: number;
  readonly startTs: bigint;
  /** Who serves it. Undefined: nobody, its table is dropped or it has unsubscribed. */
  reader: Reader | undefined;
  /** It takes what its reader routes. False: its reader is still before the cursor. */
  flows: boolean;
  /** Its stream was started. */
  opened: boolean;
  cursor: Cursor;
  /** Another subscriber of the same table. */
  next: Subscriber | undefined;
}

/** True when rows with this key are for the subscriber. Without a key: only for one that serves the complete table. */
export function takesKey(subscriber: Subscriber, key: Uint8Array | undefined): boolean {
  return subscriber.range === undefined || (key !== undefined && holdsKey(subscriber.range, key));
}

/** Every dispatcher that has subscribed, by handle and by table. */
export class Subscribers {
  readonly #byHandle: (Subscriber | undefined)[] = [];
  readonly #byTable = new Map<TableId, Subscriber>();
  #size = 0;
  /** Where those that were added last start. */
  #start: Cursor = { ts: -1n, count: AT_START };

  get size(): number {
    return this.#size;
  }

  get(handle: number): Subscriber | undefined {
    return this.#byHandle[handle];
  }

  /** The first subscriber of a table; the others follow by `next`. */
  ofTable(tableId: TableId): Subscriber | undefined {
    return this.#byTable.get(tableId);
  }

  *all(): Generator<Subscriber> {
    for (const subscriber of this.#byHandle) if (subscriber !== undefined) yield subscriber;
  }

  add({ handle, generation, mode, tableId, range, startTs }: Subscribe, worker: number): Subscriber {
    // Of a million that start together there is one place.
    if (startTs !== this.#start.ts) this.#start = { ts: startTs, count: AT_START };
    const subscriber: Subscriber = {
      handle,
      generation,
      mode,
      tableId,
      range,
      worker,
      startTs: this.#start.ts,
      reader: undefined,
      flows: false,
      opened: false,
      cursor: this.#start,
      next: this.#byTable.get(tableId),
    };
    this.#byHandle[handle] = subscriber;
    this.#byTable.set(tableId, subscriber);
    this.#size++;
    return subscriber;
  }

  remove(subscriber: Subscriber): void {
    this.#byHandle[subscriber.handle] = undefined;
    this.#size--;
    const first = this.#byTable.get(subscriber.tableId);
    if (first === subscriber) {
      if (subscriber.next === undefined) this.#byTable.delete(subscriber.tableId);
      else this.#byTable.set(subscriber.tableId, subscriber.next);
      return;
    }
    for (let at = first; at !== undefined; at = at.next) if (at.next === subscriber) at.next = subscriber.next;
  }
}
