import type { BlockEvent, TableInfo } from '@tidegate/protocol';
import { BlockTargets } from './blockTargets.js';
import type { Catalogue } from './catalogue.js';
import type { PlacedEvent, Reader } from './reader.js';
import type { Subscriber, Subscribers } from './subscribers.js';
import type { WorkerOutlets } from './workerOutlets.js';

type RowsEvent = Extract<PlacedEvent, { type: 'rows' }>;

/** The streams of the subscribers: what is sent for an event, and to whom. */
export class Streams {
  readonly #outlets: WorkerOutlets;
  readonly #subscribers: Subscribers;
  readonly #targets: BlockTargets;

  constructor(outlets: WorkerOutlets, subscribers: Subscribers) {
    this.#outlets = outlets;
    this.#subscribers = subscribers;
    this.#targets = new BlockTargets(outlets);
  }

  /** Starts a stream. One that starts behind the lane ends its way with {@link catchUp}. */
  open(subscriber: Subscriber, table: TableInfo | undefined, resolvedTs: bigint, caughtUp: boolean): void {
    this.#subscribers.markOpened(subscriber);
    const worker = this.#subscribers.worker(subscriber);
    this.#outlets.push(worker, {
      type: 'stream',
      ...this.#nameOf(subscriber),
      resolvedTs,
      caughtUp,
      ...(table && { table }),
    });
  }

  /** Starts a stream that has caught up, of the table of a slot as it is; without a slot, of none. */
  openAt(subscriber: Subscriber, catalogue: Catalogue, slot: number, resolvedTs: bigint): void {
    if (slot < 0 || !catalogue.isPlain(slot)) {
      this.open(subscriber, slot < 0 ? undefined : catalogue.info(slot), resolvedTs, true);
      return;
    }
    this.#subscribers.markOpened(subscriber);
    const worker = this.#subscribers.worker(subscriber);
    this.#outlets.addStart(worker, subscriber, this.#subscribers.generation(subscriber), resolvedTs, catalogue, slot);
  }

  /** From here on the marks of the lane hold for it. */
  catchUp(subscriber: Subscriber, ts: bigint): void {
    const only = this.#nameOf(subscriber);
    this.#outlets.push(this.#subscribers.worker(subscriber), { type: 'resolved', ts, only });
  }

  /** It has everything up to `ts`, and is still behind. */
  markBehind(subscriber: Subscriber, ts: bigint): void {
    const only = this.#nameOf(subscriber);
    this.#outlets.push(this.#subscribers.worker(subscriber), { type: 'resolved', ts, only, behind: true });
  }

  /** A row change to one subscriber, if its key is for it. */
  rowsTo(subscriber: Subscriber, { commitTs, count, bytes, key }: RowsEvent): void {
    const subscribers = this.#subscribers;
    if (!subscribers.takesKey(subscriber, key)) return;
    const worker = subscribers.worker(subscriber);
    this.#outlets.addRows(worker, subscriber, subscribers.generation(subscriber), commitTs, count, bytes);
  }

  /** A row change of the table of a slot to everybody whom `reader` serves. Returns why it cannot be routed, if it cannot. */
  rows(slot: number, reader: Reader, event: RowsEvent): string | undefined {
    const subscribers = this.#subscribers;
    for (let at = subscribers.firstOf(slot); at >= 0; at = subscribers.next(at)) {
      if (event.key === undefined && subscribers.range(at) !== undefined)
        return `a row at ${event.commitTs} of table id ${event.tableId} has no key, but the table is split by keys`;
      if (subscribers.takes(at, reader.server)) this.rowsTo(at, event);
    }
    return undefined;
  }

  /** A block event to one subscriber. */
  blockEventTo(subscriber: Subscriber, event: BlockEvent): void {
    this.#target(subscriber, event);
    this.#targets.send(event);
  }

  /** A block event to every dispatcher that has a stream. */
  broadcast(event: BlockEvent): void {
    this.#outlets.pushAll({ type: 'block-event', event, target: { type: 'all' } });
  }

  /** A block event to everybody whom `reader` serves, of the tables concerned. */
  blockEvent(reader: Reader, event: BlockEvent): void {
    const subscribers = this.#subscribers;
    const { catalogue, server } = reader;
    const isShared = catalogue.slots === subscribers.slots;
    catalogue.forEachConcerned(event, (slot) => {
      const own = isShared ? slot : subscribers.slots.slotOf(catalogue.slots.tableId[slot]!);
      for (let at = subscribers.firstOf(own); at >= 0; at = subscribers.next(at))
        if (subscribers.takes(at, server)) this.#target(at, event);
    });
    this.#targets.send(event);
  }

  /** A block event that concerns all tables to those among some whom `reader` serves and whose table exists. */
  blockEventAmong(some: Iterable<Subscriber>, reader: Reader, event: BlockEvent): void {
    const { server, catalogue } = reader;
    for (const subscriber of some) {
      const exists = catalogue.get(this.#subscribers.tableId(subscriber)) >= 0;
      if (exists && this.#subscribers.takes(subscriber, server)) this.#target(subscriber, event);
    }
    this.#targets.send(event);
  }

  #target(subscriber: Subscriber, event: BlockEvent): void {
    const subscribers = this.#subscribers;
    this.#targets.add(subscribers.worker(subscriber), subscriber, subscribers.generation(subscriber), event);
  }

  #nameOf(subscriber: Subscriber): { readonly handle: number; readonly generation: number } {
    return { handle: subscriber, generation: this.#subscribers.generation(subscriber) };
  }
}
