import { Mode, maxTs } from '@tidegate/protocol';
import { ChunkQueue } from './chunkQueue.js';
import { Reader } from './reader.js';
import type { ReplayMessage, Replays, SourceSnapshot } from './sourceMessages.js';
import type { Streams } from './streams.js';
import { type Cursor, Server, type Subscriber, type Subscribers } from './subscribers.js';

export interface ReplayOptions {
  readonly main: Reader;
  readonly streams: Streams;
  readonly subscribers: Subscribers;
  /** Absent: the source cannot be read again. */
  readonly replays: Replays | undefined;
  /** Bytes of rows behind which those of the redo world are told how far they are. */
  readonly markBytes: number;
  /** Nothing is read again at or below it. */
  readonly floorTs: bigint;
  /** Somebody cannot be served any more. */
  fail(code: string, message: string): void;
  /** `subscriber` has everything that main has: main serves it from now on. */
  done(subscriber: Subscriber): void;
}

const NOTHING = (): void => {};

/**
 * Reads the source a second time for those who are behind, up to where main stands (ROUTING.md). One reading serves them all:
 * when somebody needs an earlier place than it has, it begins anew there, and the others keep what they have.
 */
export class Replay {
  readonly #options: ReplayOptions;
  readonly #behind = new Set<Subscriber>();
  readonly #chunks = new ChunkQueue();
  /** Number of the reading in hand. */
  #id = 0;
  #openTs = 0n;
  #state: 'none' | 'opening' | 'running' = 'none';
  /** While it opened, somebody came who needs an earlier place. */
  #again = false;
  #reader: Reader | undefined;
  #failed = false;
  #events = 0;
  #bytesSinceMark = 0;

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  get behind(): number {
    return this.#behind.size;
  }

  /** Readings begun, and events read in them. */
  get opened(): number {
    return this.#id;
  }

  get events(): number {
    return this.#events;
  }

  /** Where the reading in hand stands. */
  get ts(): bigint | undefined {
    return this.#reader?.ts ?? (this.#state === 'none' ? undefined : this.#openTs);
  }

  /** Serves `subscriber`, which main has passed. */
  join(subscriber: Subscriber): void {
    const { replays, floorTs, subscribers } = this.#options;
    const startTs = subscribers.startTs(subscriber);
    if (replays === undefined || startTs < floorTs) {
      const why = replays === undefined ? 'the source cannot be read again' : `nothing below ${floorTs} is read again`;
      const text = `dispatcher ${subscriber} wants table id ${subscribers.tableId(subscriber)} from ${startTs}, but its events have left, and ${why}`;
      this.#fail('HOST_REWIND', text);
      return;
    }
    this.#behind.add(subscriber);
    if (this.#failed) return;
    if (this.#state === 'none') this.#open();
    else if (this.#state === 'opening') this.#again ||= this.#needs(subscribers.cursor(subscriber)) < this.#openTs;
    else this.#attach(subscriber, this.#reader as Reader);
  }

  leave(subscriber: Subscriber): void {
    if (!this.#behind.delete(subscriber)) return;
    this.#reader?.forget(subscriber);
    if (this.#behind.size === 0) this.#close();
  }

  receive(message: ReplayMessage): void {
    if (message.id !== this.#id || this.#state === 'none') return;
    switch (message.type) {
      case 'replay-open':
        this.#begin(message.snapshot);
        break;
      case 'replay-chunk':
        this.#chunks.push(message.events);
        break;
      case 'replay-end':
        this.#chunks.end();
        break;
      case 'replay-failed':
        this.#fail(message.code, `while the source was read again: ${message.message}`);
        break;
    }
  }

  /** Takes the next event at hand. False: there is none, or nobody is behind. */
  step(): boolean {
    const reader = this.#reader;
    if (reader === undefined || this.#failed) return false;
    const event = this.#chunks.next();
    if (event === undefined) {
      if (!this.#chunks.drained) return false;
      this.#ended(reader);
      return true;
    }
    if (event.type === 'resolved') {
      for (const subscriber of reader.resolve(event.ts)) this.#start(subscriber, reader);
      if (this.#options.main.count === 0 && event.ts >= this.#options.main.ts) this.#finish();
      return true;
    }
    const { main } = this.#options;
    // Main may have read nothing yet: whatever lies beyond where it was opened is its own.
    if (event.commitTs > main.ts && main.count === 0) this.#finish();
    else if (event.commitTs > main.ts) this.#differs(`brought an event at ${event.commitTs}`);
    else if (event.commitTs < reader.ts) this.#differs(`went back from ${reader.ts} to ${event.commitTs}`);
    else this.#route(event, reader);
    return true;
  }

  /** Sees to it that more is read. */
  pull(): void {
    if (this.#state === 'running' && !this.#failed && this.#chunks.wantsMore()) this.#options.replays?.pull(this.#id);
  }

  #route(event: Parameters<Reader['advance']>[0], reader: Reader): void {
    const { streams, main } = this.#options;
    this.#events++;
    if (event.commitTs > reader.ts && this.#bytesSinceMark >= this.#options.markBytes)
      this.#markRedo(reader, event.commitTs - 1n);
    for (const subscriber of reader.advance(event)) this.#start(subscriber, reader);
    if (event.type === 'rows') {
      this.#bytesSinceMark += event.bytes.length;
      const why = streams.rows(this.#options.subscribers.slots.slotOf(event.tableId), reader, event);
      if (why !== undefined) {
        this.#fail('HOST_SOURCE_EVENT', why);
        return;
      }
    } else {
      const unknown = reader.catalogue.unknownOf(event);
      if (unknown !== undefined) {
        this.#differs(`named table id ${unknown}`);
        return;
      }
      if (event.type === 'sync-point' || event.blockTables?.type === 'all') streams.blockEventAmong(this.#behind, reader, event);
      else streams.blockEvent(reader, event);
      if (event.type === 'ddl') reader.catalogue.apply(event, NOTHING, NOTHING);
    }
    if (main.count > 0 && reader.ts === main.ts && reader.count === main.count) this.#finish();
  }

  /** Others of the default world are replayed to as well, and wait for the redo log to be as far (D-46). */
  #markRedo(reader: Reader, ts: bigint): void {
    this.#bytesSinceMark = 0;
    const { subscribers, streams } = this.#options;
    for (const subscriber of this.#behind)
      if (subscribers.mode(subscriber) === Mode.REDO && subscribers.takes(subscriber, reader.server))
        streams.markBehind(subscriber, ts);
  }

  #ended(reader: Reader): void {
    if (this.#options.main.count === 0) this.#finish();
    else this.#differs(`ended at ${reader.ts}`);
  }

  #open(): void {
    const { replays } = this.#options;
    this.#again = false;
    this.#state = 'opening';
    this.#reader = undefined;
    this.#chunks.clear();
    let least: bigint | undefined;
    for (const subscriber of this.#behind) {
      const needs = this.#needs(this.#options.subscribers.cursor(subscriber));
      if (least === undefined || needs < least) least = needs;
    }
    this.#id++;
    this.#openTs = least ?? this.#options.floorTs;
    replays?.open(this.#id, this.#openTs);
  }

  #close(): void {
    if (this.#state !== 'none') this.#options.replays?.close(this.#id);
    this.#state = 'none';
    this.#reader = undefined;
    this.#chunks.clear();
  }

  /** One below: a sync point at the start is wanted, and places within a ts are counted. */
  #needs({ ts }: Cursor): bigint {
    return maxTs(ts - (ts > 0n ? 1n : 0n), this.#options.floorTs);
  }

  #begin(snapshot: SourceSnapshot): void {
    if (this.#again) {
      this.#options.replays?.close(this.#id);
      this.#open();
      return;
    }
    if (snapshot.startTs > this.#openTs) {
      const text = `the source was to be read again from ${this.#openTs} and opened at ${snapshot.startTs}`;
      this.#fail('HOST_REWIND', text);
      return;
    }
    const reader = new Reader(snapshot, Server.REPLAY);
    this.#reader = reader;
    this.#state = 'running';
    const places = Array.from(this.#behind, (subscriber) => ({
      subscriber,
      ts: this.#options.subscribers.cursor(subscriber).ts,
    }));
    places.sort((a, b) => (a.ts < b.ts ? 1 : a.ts > b.ts ? -1 : 0));
    for (const { subscriber } of places) this.#attach(subscriber, reader);
  }

  #attach(subscriber: Subscriber, reader: Reader): void {
    const { subscribers } = this.#options;
    const cursor = subscribers.cursor(subscriber);
    if (this.#needs(cursor) < reader.openedTs || reader.hasPassed(cursor)) {
      this.#restart(reader);
      return;
    }
    subscribers.serve(subscriber, Server.REPLAY, false);
    if (reader.hasReached(cursor)) this.#start(subscriber, reader);
    else reader.await(subscriber, cursor);
  }

  /** Begins anew where the newest of those behind needs it; who was served already keeps the place that it has. */
  #restart(reader: Reader): void {
    const { subscribers } = this.#options;
    for (const subscriber of this.#behind) {
      if (subscribers.takes(subscriber, Server.REPLAY) && reader.count > 0)
        subscribers.setCursor(subscriber, { ts: reader.ts, count: reader.count });
      subscribers.serve(subscriber, Server.NOBODY, false);
    }
    this.#close();
    this.#open();
  }

  #start(subscriber: Subscriber, reader: Reader): void {
    const { subscribers, streams } = this.#options;
    subscribers.serve(subscriber, Server.REPLAY, true);
    if (subscribers.isOpened(subscriber)) return;
    const slot = reader.catalogue.get(subscribers.tableId(subscriber));
    const table = slot < 0 ? undefined : reader.catalogue.info(slot);
    streams.open(subscriber, table, subscribers.startTs(subscriber), false);
  }

  /** Everybody has what main has. */
  #finish(): void {
    const caughtUp = [...this.#behind];
    this.#behind.clear();
    this.#close();
    for (const subscriber of caughtUp) this.#options.done(subscriber);
  }

  #differs(how: string): void {
    const { ts, count } = this.#options.main;
    const text = `the source was read again up to ${ts} (event ${count} there) and ${how} instead: it does not deliver the same events again`;
    this.#fail('HOST_SOURCE_EVENT', text);
  }

  #fail(code: string, message: string): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#close();
    this.#options.fail(code, message);
  }
}
