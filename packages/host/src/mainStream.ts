import type { SourceEvent } from '@tidegate/dispatcher';
import { type BlockEvent, type DdlEvent, type Mode, maxTs } from '@tidegate/protocol';
import { type LastEvent, wantsBefore } from './catalogue.js';
import { WHOLE_TABLE, withoutRange } from './keyRanges.js';
import { type PlacedEvent, Reader } from './reader.js';
import type { SourceSnapshot } from './sourceMessages.js';
import type { Streams } from './streams.js';
import { AT_START, Server, type Subscriber, type Subscribers } from './subscribers.js';
import { NO_SLOT } from './tableSlots.js';
import { type Claim, Unclaimed } from './unclaimed.js';
import { type LaneBounds, whyTooWide } from './wideDdl.js';
import type { WorkerOutlets } from './workerOutlets.js';

export interface MainStreamOptions {
  readonly snapshot: SourceSnapshot;
  /** Modes for which events of tables without a dispatcher are held. */
  readonly modes: readonly Mode[];
  /** Hold them as well for the successor of a dispatcher that has gone: the source cannot be read again. */
  readonly holdsForSuccessors: boolean;
  readonly lanes: LaneBounds;
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
    this.reader = new Reader(snapshot, Server.MAIN, options.subscribers.slots);
    this.unclaimed = new Unclaimed(options.modes, this.reader.catalogue, options.subscribers);
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
    const { catalogue } = this.reader;
    const slot = catalogue.get(tableId);
    if (slot < 0 || slot === catalogue.trigger) {
      this.#options.fail(
        'HOST_SOURCE_EVENT',
        `the source delivered a row at ${commitTs} for an unknown or dropped table (id ${tableId})`,
      );
      return;
    }
    const limit = this.#outlets.maxChangeBytes;
    if (bytes.length > limit) {
      const info = catalogue.info(slot);
      const name = info === undefined ? `table ${tableId}` : `${info.schema}.${info.table}`;
      const text = `a change of ${name} at ${commitTs} has ${bytes.length} bytes; a lane of this size takes ${limit}: raise laneBytes`;
      this.#options.fail('HOST_MESSAGE_TOO_LARGE', text);
      return;
    }
    this.#moveOn(event);
    this.counts.changes++;
    this.counts.rows += event.count;
    this.#bytesSinceMark += bytes.length;
    if (this.unclaimed.any) this.unclaimed.hold(slot, event, this.reader.resolvedTs, false);
    catalogue.touch(slot, commitTs, false);
    const fault = this.#streams.rows(slot, this.reader, event);
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
    const id = this.reader.catalogue.unknownOf(event);
    if (id !== undefined) {
      this.#options.fail('HOST_SOURCE_EVENT', `the DDL at ${commitTs} names table id ${id}, which does not exist: ${text}`);
      return;
    }
    const why = event.type === 'ddl' ? whyTooWide(event, this.#options.lanes) : undefined;
    if (why !== undefined) {
      this.#options.fail('HOST_MESSAGE_TOO_LARGE', `the DDL at ${commitTs} ${why}: ${text}`);
      return;
    }
    this.#moveOn(event);
    this.#deliver(event);
    if (event.type === 'ddl') this.#applyDdl(event, text);
    else this.counts.syncPoints++;
  }

  #deliver(event: BlockEvent): void {
    const { catalogue, resolvedTs } = this.reader;
    const isSync = event.type === 'sync-point';
    if (this.unclaimed.any) {
      const isBarrier = catalogue.concernsSeveral(event);
      catalogue.forEachConcerned(event, (slot) => this.unclaimed.hold(slot, event, resolvedTs, isBarrier));
    }
    if (!isSync && event.blockTables?.type !== 'all') {
      catalogue.forEachConcerned(event, (slot) => catalogue.touch(slot, event.commitTs, false));
      this.#streams.blockEvent(this.reader, event);
      return;
    }
    this.#lastForAll = { lastTs: event.commitTs, lastIsSync: isSync };
    if (this.#plain === this.#subscribers.size) this.#streams.broadcast(event);
    else this.#streams.blockEventAmong(this.#subscribers.all(), this.reader, event);
  }

  #applyDdl(event: DdlEvent, text: string): void {
    this.#lastDdlTs = event.commitTs;
    this.counts.ddls++;
    const subscribers = this.#subscribers;
    const refused = this.reader.catalogue.apply(
      event,
      (slot) => {
        this.unclaimed.drop(slot);
        // Its dispatcher lives on until it is removed; it has no part in later events.
        for (let at = subscribers.firstOf(slot); at >= 0; at = subscribers.next(at)) if (subscribers.flows(at)) this.#leave(at);
      },
      () => this.unclaimed.add(1),
    );
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
    const claim = this.unclaimed.claim(subscriber);
    const startTs = this.#subscribers.startTs(subscriber);
    if (claim !== undefined && startTs >= this.reader.openedTs) this.#takeOver(subscriber, startTs, claim);
    else if (this.#isBehind(subscriber, startTs)) return false;
    else this.#serve(subscriber, startTs);
    return true;
  }

  /** A dispatcher unsubscribes: it is still among the subscribers. */
  remove(subscriber: Subscriber): void {
    const subscribers = this.#subscribers;
    if (subscribers.server(subscriber) !== Server.MAIN) return;
    this.#leave(subscriber);
    const slot = subscribers.slot(subscriber);
    const { catalogue } = this.reader;
    if (!catalogue.has(slot) || !this.#options.holdsForSuccessors) return;
    const mode = subscribers.mode(subscriber);
    let keys = [subscribers.range(subscriber) ?? WHOLE_TABLE];
    for (let at = subscribers.firstOf(slot); at >= 0; at = subscribers.next(at))
      if (at !== subscriber && subscribers.mode(at) === mode) keys = withoutRange(keys, subscribers.range(at) ?? WHOLE_TABLE);
    const last = catalogue.lastOf(slot);
    this.unclaimed.release(mode, slot, keys, last.lastTs > this.#lastForAll.lastTs ? last : this.#lastForAll);
  }

  #leave(subscriber: Subscriber): void {
    if (this.#subscribers.server(subscriber) !== Server.MAIN) return;
    if (this.#subscribers.flows(subscriber)) this.#plain--;
    else this.reader.forget(subscriber);
    this.#subscribers.serve(subscriber, Server.NOBODY, false);
  }

  /** Whether its table has had an event that it wants and that has left. */
  #isBehind(subscriber: Subscriber, startTs: bigint): boolean {
    if (startTs < this.reader.openedTs) return true;
    const slot = this.#subscribers.slot(subscriber);
    if (!this.reader.catalogue.has(slot)) return startTs < this.reader.ts;
    return wantsBefore(startTs, this.reader.catalogue.lastOf(slot)) || wantsBefore(startTs, this.#lastForAll);
  }

  /** Sends what was held for its table, then lets it share the lane's marks. */
  #takeOver(subscriber: Subscriber, startTs: bigint, { events, info }: Claim): void {
    const first = events[0];
    const { ts, resolvedTs } = this.reader;
    // One that starts ahead of main wants nothing of it, and gets its table as it is there.
    if (first !== undefined && startTs <= maxTs(ts, resolvedTs)) {
      this.#streams.open(subscriber, info, maxTs(startTs, first.resolved), false);
      for (const { event } of events) {
        // A sync point at the ts of the DDL that added the table comes behind it (B-1), and concerns the table (D-2).
        if (event.commitTs < startTs || (event.commitTs === startTs && event.type !== 'sync-point')) continue;
        if (event.type === 'rows') this.#streams.rowsTo(subscriber, event);
        else this.#streams.blockEventTo(subscriber, event);
      }
      this.#streams.catchUp(subscriber, maxTs(startTs, resolvedTs));
    } else if (startTs <= maxTs(ts, resolvedTs)) this.#openOnMain(subscriber, startTs);
    this.#serve(subscriber, startTs);
  }

  /** Main serves it, from where it starts. */
  #serve(subscriber: Subscriber, startTs: bigint): void {
    this.#subscribers.serve(subscriber, Server.MAIN, false);
    const cursor = { ts: startTs, count: AT_START };
    if (this.#ended || this.reader.hasReached(cursor)) this.#start(subscriber);
    else {
      if (startTs <= this.reader.ts) this.#openOnMain(subscriber, startTs);
      this.reader.await(subscriber, cursor);
    }
  }

  /** A replay has brought it to where main stands. */
  caughtUp(subscriber: Subscriber): void {
    const startTs = this.#subscribers.startTs(subscriber);
    if (this.#subscribers.isOpened(subscriber)) this.#streams.catchUp(subscriber, maxTs(startTs, this.reader.resolvedTs));
    this.#subscribers.serve(subscriber, Server.MAIN, false);
    this.#start(subscriber);
  }

  /** It takes everything that main routes from here on. */
  #start(subscriber: Subscriber): void {
    const startTs = this.#subscribers.startTs(subscriber);
    this.#openOnMain(subscriber, startTs);
    const exists = this.reader.catalogue.has(this.#subscribers.slot(subscriber));
    this.#subscribers.serve(subscriber, exists ? Server.MAIN : Server.NOBODY, exists);
    if (exists) this.#plain++;
    else {
      const tableId = this.#subscribers.tableId(subscriber);
      this.#options.log('a dispatcher starts behind the end of its table', { handle: subscriber, tableId, startTs });
    }
  }

  #openOnMain(subscriber: Subscriber, startTs: bigint): void {
    if (this.#subscribers.isOpened(subscriber)) return;
    const { catalogue, resolvedTs } = this.reader;
    const slot = this.#subscribers.slot(subscriber);
    this.#streams.openAt(subscriber, catalogue, catalogue.has(slot) ? slot : NO_SLOT, maxTs(startTs, resolvedTs));
  }
}
