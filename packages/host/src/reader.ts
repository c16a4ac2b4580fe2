import type { SourceEvent, SourceSnapshot } from '@tidegate/dispatcher';
import { maxTs } from '@tidegate/protocol';
import { Catalogue } from './catalogue.js';
import { AT_START, type Cursor, type Server, type Subscriber } from './subscribers.js';
import { TableSlots } from './tableSlots.js';

/** An event that has a place in the order: everything but a mark. */
export type PlacedEvent = Exclude<SourceEvent, { type: 'resolved' }>;

/** Waits until the reading gets to its cursor. -1 instead of a handle: it does so no longer. */
interface Waiting {
  subscriber: Subscriber;
  readonly cursor: Cursor;
}

const NOBODY: readonly Subscriber[] = [];

/**
 * One reading of the source: where it stands, what exists there, and which subscribers it has not reached yet. A place is a
 * commit ts and the number of events taken at it.
 */
export class Reader {
  readonly catalogue: Catalogue;
  /** As what it serves subscribers. */
  readonly server: Server;
  /** Everything at or below it was before this reading. */
  readonly openedTs: bigint;
  ts: bigint;
  /** Events taken at `ts`; those before the first read are not counted. */
  count = 0;
  resolvedTs: bigint;
  #lastIsSync = false;
  /** By cursor, the last one first. */
  #waiting: Waiting[] = [];
  readonly #waits = new Map<Subscriber, Waiting>();

  constructor(snapshot: SourceSnapshot, server: Server, slots: TableSlots = new TableSlots()) {
    this.catalogue = new Catalogue(snapshot, slots);
    this.server = server;
    this.openedTs = snapshot.startTs;
    this.ts = snapshot.startTs;
    this.resolvedTs = snapshot.startTs;
  }

  /** Nothing at or below it follows. At the last commit ts more may: but not behind a sync point, which closes its ts (B-1). */
  get provenTs(): bigint {
    return maxTs(this.resolvedTs, this.#lastIsSync ? this.ts : this.ts - 1n);
  }

  /** Whether an event that lies behind a cursor has been taken. */
  hasPassed({ ts, count }: Cursor): boolean {
    if (this.ts !== ts) return this.ts > ts;
    return count === AT_START ? this.#lastIsSync : this.count > count;
  }

  /** Whether everything from here on lies behind a cursor. */
  hasReached({ ts, count }: Cursor): boolean {
    return ts < this.ts || ts <= this.resolvedTs || (ts === this.ts && count !== AT_START && count <= this.count);
  }

  /** Serves `subscriber` once this reader gets to its cursor, if it is not forgotten until then. */
  await(subscriber: Subscriber, cursor: Cursor): void {
    const waiting = this.#waiting;
    let low = 0;
    let high = waiting.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((waiting[middle] as Waiting).cursor.ts >= cursor.ts) low = middle + 1;
      else high = middle;
    }
    const wait = { subscriber, cursor };
    this.#waits.set(subscriber, wait);
    if (low === waiting.length) waiting.push(wait);
    else waiting.splice(low, 0, wait);
  }

  /** Serves it no more. */
  forget(subscriber: Subscriber): void {
    const wait = this.#waits.get(subscriber);
    if (wait === undefined) return;
    wait.subscriber = -1;
    this.#waits.delete(subscriber);
  }

  /** Moves on to an event, and gives those whose cursor lies right before it. */
  advance(event: PlacedEvent): readonly Subscriber[] {
    const isSync = event.type === 'sync-point';
    this.count = event.commitTs === this.ts ? this.count + 1 : 1;
    this.ts = event.commitTs;
    this.#lastIsSync = isSync;
    if (this.#waiting.length === 0) return NOBODY;
    return this.#take(({ ts, count }) => {
      if (ts !== this.ts) return ts < this.ts;
      return count === AT_START ? isSync : count < this.count;
    });
  }

  /** Nothing at or below `ts` follows. Gives those who start at or below it. */
  resolve(ts: bigint): readonly Subscriber[] {
    this.resolvedTs = ts;
    return this.#take((cursor) => cursor.ts <= ts);
  }

  /** Nothing follows. Gives everybody who still waits. */
  finish(): readonly Subscriber[] {
    return this.#take(() => true);
  }

  #take(isDue: (cursor: Cursor) => boolean): readonly Subscriber[] {
    const waiting = this.#waiting;
    let due: Subscriber[] | undefined;
    for (let at = waiting.length - 1; at >= 0; at--) {
      const { subscriber, cursor } = waiting[at] as Waiting;
      if (subscriber >= 0 && !isDue(cursor)) {
        // Several may wait at one ts, some for the sync point there.
        if (cursor.ts > this.ts && cursor.ts > this.resolvedTs) break;
        continue;
      }
      waiting.splice(at, 1);
      if (subscriber < 0) continue;
      this.#waits.delete(subscriber);
      due ??= [];
      due.push(subscriber);
    }
    return due ?? NOBODY;
  }
}
