import type { SourceEvent } from '@tidegate/dispatcher';
import { type BlockEvent, type DdlEvent, type Mode, maxTs } from '@tidegate/protocol';
import { type LastEvent, type TableEntry, wantsBefore } from './catalogue.js';
import { WHOLE_TABLE, withoutRange } from './keyRanges.js';
import { type PlacedEvent, Reader } from './reader.js';
import type { SourceSnapshot } from './sourceMessages.js';
import type { Streams } from './streams.js';
import type { Subscriber, Subscribers } from './subscribers.js';
import { type Claim, Unclaimed } from './unclaimed.js';
import type { WorkerOutlets } from './workerOutlets.js';

export interface MainStreamOptions {
  readonly snapshot: SourceSnapshot;
  /** Modes for which events of tables without a dispatcher are held. */
  readonly modes: readonly Mode[];
  /** Hold them as well for the successor of a dispatcher that has gone: the source cannot be read again. */
  readonly holdsForSuccessors: boolean;
  /** Bytes of rows behind which a mark is made where the source gives none. */
  readonly markBytes: number;
  readonly outlets: WorkerOutlets;
  readonly streams: Streams;
  readonly subscribers: Subscribers;
  /** An event cannot be routed. */
  fail(code: string, message: string): void;
  log(text: string, fields: Readonly<Record<string, unknown>>): void;
}

/** The reading that goes forward only: routes its events to those whom it serves, and holds what nobody has claimed. */
export class MainStream {
  readonly reader: Reader;
  readonly unclaimed: Unclaimed;
  readonly counts: { changes: number; rows: number; ddls: number; syncPoints: number } = {
    changes: 0,
    rows: 0,
    ddls: 0,
    syncPoints: 0,
  };
  readonly #options: Omit<MainStreamOptions, 'snapshot'>;
  readonly #outlets: WorkerOutlets;
  readonly #streams: Streams;
  readonly #subscribers: Subscribers;
  /** Subscribers that it serves and that take everything. */
  #plain = 0;
  #ended = false;
  #bytesSinceMark = 0;
  #lastDdlTs = -1n;
  /** The last event that concerned all tables. */
  #lastForAll: LastEvent = { lastTs: 0n, lastIsSync: false };

  constructor(options: MainStreamOptions) {
    const { snapshot, ...kept } = options;
    this.#options = kept;
    this.#outlets = options.outlets;
    this.#streams = options.streams;
    this.#subscribers = options.subscribers;
    this.reader = new Reader(snapshot);
    this.unclaimed = new Unclaimed(options.modes);
    for (const entry of this.reader.catalogue.all()) this.unclaimed.add(entry);
  }

  // ---------------------------------------------------------------- events

  route(event: SourceEvent): void {
    if (event.type === 'resolved') {
      if (event.ts > this.reader.resolvedTs) this.resolve(event.ts);
      return;
    }
    const { ts, resolvedTs } = this.reader;
    if (event.commitTs < ts || event.commitTs <= resolvedTs) {
      const after = event.commitTs < ts ? ts : `the mark ${resolvedTs}`;
      this.#options.fail(
        'HOST_SOURCE_EVENT',
        `the source delivered ${event.commitTs} after ${after}; it must be in commit order`,
      );
    } else if (event.type === 'rows') this.#routeRows(event);
    else this.#routeBlockEvent(event);
  }

  resolve(ts: bigint): void {
    this.#bytesSinceMark = 0;
    const due = this.reader.resolve(ts);
    this.#outlets.pushAll({ type: 'resolved', ts });
    for (const subscriber of due) this.#start(subscriber);
  }

  #moveOn(event: PlacedEvent): void {
    if (this.#bytesSinceMark >= this.#options.markBytes && event.commitTs > this.reader.ts) {
      const proven = event.commitTs - 1n;
      if (proven > this.reader.resolvedTs) this.resolve(proven);
    }
    for (const subscriber of this.reader.advance(event)) this.#start(subscriber);
  }

  #routeRows(event: Extract<PlacedEvent, { type: 'rows' }>): void {
    const { tableId, commitTs, bytes } = event;
    const entry = this.reader.catalogue.get(tableId);
    if (entry === undefined || entry === this.reader.catalogue.trigger) {
      this.#options.fail(
        'HOST_SOURCE_EVENT',
        `the source delivered a row at ${commitTs} for an unknown or dropped table (id ${tableId})`,
      );
      return;
    }
    const limit = this.#outlets.maxChangeBytes;
    if (bytes.length > limit) {
      const name = entry.info === undefined ? `table ${tableId}` : `${entry.info.schema}.${entry.info.table}`;
      const text = `a change of ${name} at ${commitTs} has ${bytes.length} bytes; a lane of this size takes ${limit}: raise laneBytes`;
      this.#options.fail('HOST_MESSAGE_TOO_LARGE', text);
      return;
    }
    this.#moveOn(event);
    this.counts.changes++;
    this.counts.rows += event.count;
    this.#bytesSinceMark += bytes.length;
    if (this.unclaimed.any) this.unclaimed.hold(entry, event, this.reader.resolvedTs, false);
    entry.lastTs = commitTs;
    entry.lastIsSync = false;
    const fault = this.#streams.rows(this.reader, event);
    if (fault !== undefined) this.#options.fail('HOST_SOURCE_EVENT', fault);
  }

  #routeBlockEvent(event: BlockEvent): void {
    const { commitTs } = event;
    const text = event.type === 'ddl' ? event.query : 'sync point';
    // Retry tasks and acks know an event by its commit ts (D-27, B-1): two DDLs at one ts could not be told apart.
    if (event.type === 'ddl' && commitTs === this.#lastDdlTs) {
      this.#options.fail('HOST_SOURCE_EVENT', `the source delivered two DDLs at commit ts ${commitTs}; the second: ${text}`);
      return;
    }
    const concerned = this.reader.catalogue.concerned(event);
    if (typeof concerned === 'object' && 'unknown' in concerned) {
      const id = concerned.unknown;
      this.#options.fail('HOST_SOURCE_EVENT', `the DDL at ${commitTs} names table id ${id}, which does not exist: ${text}`);
      return;
    }
    this.#moveOn(event);
    this.#deliver(event, concerned);
    if (event.type === 'ddl') this.#applyDdl(event, text);
    else this.counts.syncPoints++;
  }

  #deliver(event: BlockEvent, concerned: readonly TableEntry[] | 'all'): void {
    const last = { lastTs: event.commitTs, lastIsSync: event.type === 'sync-point' };
    const isBarrier = concerned === 'all' || concerned.length > 1;
    if (this.unclaimed.any)
      for (const entry of concerned === 'all' ? this.reader.catalogue.all() : concerned)
        this.unclaimed.hold(entry, event, this.reader.resolvedTs, isBarrier);
    if (concerned !== 'all') {
      for (const entry of concerned) Object.assign(entry, last);
      this.#streams.blockEvent(this.reader, event, concerned);
      return;
    }
    this.#lastForAll = last;
    if (this.#plain === this.#subscribers.size) this.#streams.broadcast(event);
    else this.#streams.blockEvent(this.reader, event, this.#subscribers.all());
  }

  #applyDdl(event: DdlEvent, text: string): void {
    this.#lastDdlTs = event.commitTs;
    this.counts.ddls++;
    const { dropped, added, refused } = this.reader.catalogue.apply(event);
    for (const entry of dropped) {
      this.unclaimed.drop(entry);
      // Its dispatcher lives on until it is removed; it has no part in later events.
      for (let at = this.#subscribers.ofTable(entry.tableId); at !== undefined; at = at.next) if (at.flows) this.#leave(at);
    }
    for (const entry of added) this.unclaimed.add(entry);
    if (refused !== undefined)
      this.#options.fail('HOST_SOURCE_EVENT', `the DDL at ${event.commitTs} adds table id ${refused}, which exists: ${text}`);
  }

  /** Nothing follows: who waits for a later place is served from here. */
  finish(): void {
    this.#ended = true;
    // A finite source promises by its end that nothing at or below its last commit ts follows.
    if (this.reader.ts > this.reader.resolvedTs) this.resolve(this.reader.ts);
    for (const subscriber of this.reader.finish()) this.#start(subscriber);
  }

  // ---------------------------------------------------------------- subscribers

  /** A dispatcher has subscribed. False: events that it wants have left. */
  take(subscriber: Subscriber): boolean {
    const claim = this.unclaimed.claim(subscriber, this.reader.catalogue.get(subscriber.tableId));
    if (claim !== undefined && subscriber.startTs >= this.reader.openedTs) this.#takeOver(subscriber, claim);
    else if (this.#isBehind(subscriber)) return false;
    else this.#serve(subscriber);
    return true;
  }

  /** A dispatcher has unsubscribed. */
  remove(subscriber: Subscriber): void {
    if (subscriber.reader !== this.reader) return;
    this.#leave(subscriber);
    const entry = this.reader.catalogue.get(subscriber.tableId);
    if (entry === undefined || !this.#options.holdsForSuccessors) return;
    let keys = [subscriber.range ?? WHOLE_TABLE];
    for (let at = this.#subscribers.ofTable(subscriber.tableId); at !== undefined; at = at.next)
      if (at.mode === subscriber.mode) keys = withoutRange(keys, at.range ?? WHOLE_TABLE);
    const last = entry.lastTs > this.#lastForAll.lastTs ? entry : this.#lastForAll;
    this.unclaimed.release(subscriber, entry, keys, { lastTs: last.lastTs, lastIsSync: last.lastIsSync });
  }

  #leave(subscriber: Subscriber): void {
    if (subscriber.reader !== this.reader) return;
    if (subscriber.flows) this.#plain--;
    subscriber.reader = undefined;
    subscriber.flows = false;
  }

  /** Whether its table has had an event that it wants and that has left. */
  #isBehind({ tableId, startTs }: Subscriber): boolean {
    if (startTs < this.reader.openedTs) return true;
    const entry = this.reader.catalogue.get(tableId);
    if (entry === undefined) return startTs < this.reader.ts;
    return wantsBefore(startTs, entry) || wantsBefore(startTs, this.#lastForAll);
  }

  /** Sends what was held for its table, then lets it share the lane's marks. */
  #takeOver(subscriber: Subscriber, { events, info }: Claim): void {
    const { startTs } = subscriber;
    const first = events[0];
    // One that starts ahead of main wants nothing of it, and gets its table as it is there.
    if (startTs <= maxTs(this.reader.ts, this.reader.resolvedTs)) {
      this.#streams.open(subscriber, info, maxTs(startTs, first?.resolved ?? this.reader.resolvedTs), first === undefined);
      for (const { event } of events) {
        // A sync point at the ts of the DDL that added the table comes behind it (B-1), and concerns the table (D-2).
        if (event.commitTs < startTs || (event.commitTs === startTs && event.type !== 'sync-point')) continue;
        if (event.type === 'rows') this.#streams.rowsTo(subscriber, event);
        else this.#streams.blockEventTo(subscriber, event);
      }
      if (first !== undefined) this.#streams.catchUp(subscriber, maxTs(startTs, this.reader.resolvedTs));
    }
    this.#serve(subscriber);
  }

  /** Main serves it, from where it starts. */
  #serve(subscriber: Subscriber): void {
    subscriber.reader = this.reader;
    if (this.#ended || this.reader.hasReached(subscriber)) this.#start(subscriber);
    else {
      if (subscriber.startTs <= this.reader.ts) this.#openOnMain(subscriber);
      this.reader.await(subscriber);
    }
  }

  /** A replay has brought it to where main stands. */
  caughtUp(subscriber: Subscriber): void {
    if (subscriber.opened) this.#streams.catchUp(subscriber, maxTs(subscriber.startTs, this.reader.resolvedTs));
    subscriber.reader = this.reader;
    subscriber.flows = false;
    this.#start(subscriber);
  }

  /** It takes everything that main routes from here on. */
  #start(subscriber: Subscriber): void {
    this.#openOnMain(subscriber);
    const { handle, tableId, startTs } = subscriber;
    if (this.reader.catalogue.get(tableId) !== undefined) {
      subscriber.flows = true;
      this.#plain++;
      return;
    }
    subscriber.reader = undefined;
    this.#options.log('a dispatcher starts behind the end of its table', { handle, tableId, startTs });
  }

  #openOnMain(subscriber: Subscriber): void {
    if (subscriber.opened) return;
    const table = this.reader.catalogue.get(subscriber.tableId)?.info;
    this.#streams.open(subscriber, table, maxTs(subscriber.startTs, this.reader.resolvedTs), true);
  }
}
