import type { BlockEvent, TableInfo } from '@tidegate/protocol';
import type { TableEntry } from './catalogue.js';
import type { PlacedEvent, Reader } from './reader.js';
import { type Subscriber, type Subscribers, takesKey } from './subscribers.js';
import { BLOCK_TARGET_BYTES, type WorkerOutlets } from './workerOutlets.js';

type RowsEvent = Extract<PlacedEvent, { type: 'rows' }>;

/** The streams of the subscribers: what is sent for an event, and to whom. */
export class Streams {
  readonly #outlets: WorkerOutlets;
  readonly #subscribers: Subscribers;

  constructor(outlets: WorkerOutlets, subscribers: Subscribers) {
    this.#outlets = outlets;
    this.#subscribers = subscribers;
  }

  /** Starts a stream. One that starts behind the lane ends its way with {@link catchUp}. */
  open(subscriber: Subscriber, table: TableInfo | undefined, resolvedTs: bigint, caughtUp: boolean): void {
    const { handle, generation, worker } = subscriber;
    subscriber.opened = true;
    if (caughtUp && table !== undefined) {
      this.#outlets.addStart(worker, handle, generation, resolvedTs, table);
      return;
    }
    this.#outlets.push(worker, { type: 'stream', handle, generation, resolvedTs, caughtUp, ...(table && { table }) });
  }

  /** From here on the marks of the lane hold for it. */
  catchUp({ handle, generation, worker }: Subscriber, ts: bigint): void {
    this.#outlets.push(worker, { type: 'resolved', ts, only: { handle, generation } });
  }

  /** It has everything up to `ts`, and is still behind. */
  markBehind({ handle, generation, worker }: Subscriber, ts: bigint): void {
    this.#outlets.push(worker, { type: 'resolved', ts, only: { handle, generation }, behind: true });
  }

  /** A row change to one subscriber, if its key is for it. */
  rowsTo(subscriber: Subscriber, { commitTs, count, bytes, key }: RowsEvent): void {
    if (takesKey(subscriber, key))
      this.#outlets.addRows(subscriber.worker, subscriber.handle, subscriber.generation, commitTs, count, bytes);
  }

  /** A row change to everybody whom `reader` serves. Returns why it cannot be routed, if it cannot. */
  rows(reader: Reader, event: RowsEvent): string | undefined {
    for (let at = this.#subscribers.ofTable(event.tableId); at !== undefined; at = at.next) {
      if (at.range !== undefined && event.key === undefined)
        return `a row at ${event.commitTs} of table id ${event.tableId} has no key, but the table is split by keys`;
      if (at.reader === reader && at.flows) this.rowsTo(at, event);
    }
    return undefined;
  }

  /** A block event to one subscriber. */
  blockEventTo(subscriber: Subscriber, event: BlockEvent): void {
    this.#push(subscriber.worker, event, [subscriber]);
  }

  /** A block event to every dispatcher that has a stream. */
  broadcast(event: BlockEvent): void {
    this.#outlets.pushAll({ type: 'block-event', event, target: { type: 'all' } });
  }

  /** A block event to everybody whom `reader` serves: of the tables concerned, or of those among `all` whose table exists. */
  blockEvent(reader: Reader, event: BlockEvent, concerned: readonly TableEntry[] | Iterable<Subscriber>): void {
    const byWorker: Subscriber[][] = Array.from({ length: this.#outlets.count }, () => []);
    for (const item of concerned) {
      if ('startTs' in item) {
        if (item.reader === reader && item.flows && reader.catalogue.get(item.tableId) !== undefined)
          byWorker[item.worker]?.push(item);
        continue;
      }
      for (let at = this.#subscribers.ofTable(item.tableId); at !== undefined; at = at.next)
        if (at.reader === reader && at.flows) byWorker[at.worker]?.push(at);
    }
    for (const [worker, subscribers] of byWorker.entries()) this.#push(worker, event, subscribers);
  }

  #push(worker: number, event: BlockEvent, subscribers: readonly Subscriber[]): void {
    // One message takes so many: a lane has a largest message.
    const most = Math.max(1, Math.floor(this.#outlets.maxChangeBytes / 2 / BLOCK_TARGET_BYTES));
    for (let at = 0; at < subscribers.length; at += most) {
      const part = subscribers.slice(at, at + most);
      const handle = Uint32Array.from(part, (subscriber) => subscriber.handle);
      const generation = Uint32Array.from(part, (subscriber) => subscriber.generation);
      this.#outlets.push(worker, { type: 'block-event', event, target: { type: 'normal', handle, generation } });
    }
  }
}
