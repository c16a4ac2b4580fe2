import type { Source, SourceEvent, SourceSnapshot } from '@tidegate/dispatcher';
import { isTs, maxTs } from '@tidegate/protocol';
import { DdlReader } from './ddl/ddlReader.js';
import { OptionError, SourceStateError, UnknownTableError } from './errors.js';
import { EventChunk } from './eventChunk.js';
import { isFile, openInput } from './input/input.js';
import { LineReader } from './input/lineReader.js';
import { keyedChanges } from './message/keyedChanges.js';
import { MessageKind } from './message/messageFields.js';
import { MessageScanner } from './message/messageScanner.js';
import { type ResolvedOptions, resolveOptions } from './options.js';
import { OrderCheck } from './orderCheck.js';
import { SyncPointClock } from './syncPoints.js';
import { TableCache } from './tableCache.js';

/**
 * A source that reads one Canal-JSON log (`CanalSourceOptions`). Throws `OptionError` for options that cannot be used;
 * nothing is opened before `open`.
 */
export function createSource(options: unknown): Source {
  return new CanalSource(resolveOptions(options));
}

/** Weight of an event without bytes, so that a chunk of them is bounded too. */
const EVENT_BYTES = 256;

class CanalSource implements Source {
  /** A file can be read again; standard input, pipes and streams cannot. */
  readonly replayable: boolean;
  readonly #options: ResolvedOptions;
  readonly #scanner = new MessageScanner();
  readonly #order = new OrderCheck();
  readonly #ddls: DdlReader;
  readonly #tables: TableCache;
  readonly #chunk: EventChunk;
  #reader: LineReader | undefined;
  #signal: AbortSignal | undefined;
  #syncPoints = new SyncPointClock(0, 0n);
  #startTs = 0n;
  /** Commit ts of the transaction whose rows are being gathered. */
  #openTs = 0n;
  /** The line at hand is scanned but not yet an event. */
  #pending = false;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;
  #closed = false;
  #busy = false;

  constructor(options: ResolvedOptions) {
    this.replayable = options.path !== undefined && isFile(options.path);
    this.#options = options;
    this.#ddls = new DdlReader(options.unclassified, options.routes);
    this.#tables = new TableCache(this.#ddls.catalogue);
    this.#chunk = new EventChunk(options.chunkBytes, options.maxTransactionBytes);
  }

  /** Reads everything at or below `startTs`, so that tables and ids are as they were then, and stops before the first message above. */
  async open({ startTs, signal }: { readonly startTs: bigint; readonly signal: AbortSignal }): Promise<SourceSnapshot> {
    if (this.#reader !== undefined) throw new SourceStateError('the canal-json source was opened before; make a new one');
    if (!isTs(startTs)) throw new OptionError('startTs', `must be a ts from 0 to 2^64 - 1 as a bigint, not ${String(startTs)}`);
    signal.throwIfAborted();
    this.#reader = new LineReader(openInput(this.#options), this.#options.maxLineBytes);
    this.#startTs = startTs;
    this.#syncPoints = new SyncPointClock(this.#options.syncPointIntervalMs, startTs);
    this.#signal = signal;
    signal.addEventListener('abort', this.#shut, { once: true });
    await this.#guard((reader) => this.#skipToStart(reader));
    const tables = this.#ddls.catalogue.tables().map((table) => ({ ...table, splittable: this.#options.keyed }));
    const routes = this.#ddls.owners();
    return { startTs, tables, ...(routes && { routes }) };
  }

  /**
   * The events of whole transactions, as many as are at hand, up to `chunkBytes`. What stands before a bad line is given out
   * first; the read after it rejects.
   */
  read(): Promise<readonly SourceEvent[] | null> {
    return this.#guard(async (reader) => {
      if (this.#failure !== undefined) throw this.#failure.error;
      try {
        return await this.#gather(reader);
      } catch (error) {
        if (!this.#chunk.hasComplete || this.#closed) throw error;
        this.#failure = { error };
        return this.#chunk.take();
      }
    });
  }

  async close(): Promise<void> {
    this.#shut();
  }

  /** Runs one step at a time; after an error the source is closed. */
  async #guard<Result>(step: (reader: LineReader) => Promise<Result>): Promise<Result> {
    const reader = this.#reader;
    if (reader === undefined) throw new SourceStateError('the canal-json source is not open; call open first');
    if (this.#busy) throw new SourceStateError('the canal-json source is being read; wait for the call before');
    this.#signal?.throwIfAborted();
    if (this.#closed) throw new SourceStateError('the canal-json source is closed');
    this.#busy = true;
    try {
      return await step(reader);
    } catch (error) {
      this.#shut();
      this.#signal?.throwIfAborted();
      throw error;
    } finally {
      this.#busy = false;
    }
  }

  async #skipToStart(reader: LineReader): Promise<void> {
    while (await this.#nextMessage(reader)) {
      if (this.#scanner.ts > this.#startTs) {
        this.#pending = true;
        return;
      }
      this.#take(reader, false);
    }
  }

  async #gather(reader: LineReader): Promise<readonly SourceEvent[] | null> {
    const chunk = this.#chunk;
    while (!this.#ended) {
      // What is complete is given out rather than kept until more bytes come: a live log may be slow.
      if (chunk.full || (chunk.hasComplete && !this.#pending && !this.#advance(reader))) return chunk.take();
      if (!this.#pending && !(await this.#nextMessage(reader))) break;
      this.#pending = !this.#take(reader, true);
    }
    return this.#finish();
  }

  /** Scans the next line at hand, if there is one, and leaves it pending. */
  #advance(reader: LineReader): boolean {
    if (!reader.next()) return false;
    this.#scan(reader);
    this.#pending = true;
    return true;
  }

  /** Scans the next line, waiting for it. False: the log has ended. */
  async #nextMessage(reader: LineReader): Promise<boolean> {
    while (!reader.next()) {
      if (await reader.fill()) continue;
      if (!reader.finish()) return false;
      break;
    }
    this.#scan(reader);
    return true;
  }

  #scan(reader: LineReader): void {
    const { line } = reader;
    this.#scanner.scan(line.bytes, line.start, line.end, line);
  }

  /**
   * Turns the scanned message into events. With `emit` false only what it means for later ones is kept. False: a sync point
   * was due first and filled the chunk; the message is still to be taken.
   */
  #take(reader: LineReader, emit: boolean): boolean {
    const { kind, ts } = this.#scanner;
    if (!emit) this.#syncPoints.begin(ts);
    else if (!this.#emitSyncPoints(ts, kind === MessageKind.WATERMARK)) return false;
    if (kind === MessageKind.WATERMARK) {
      const news = this.#order.watermark(ts, reader.line);
      if (emit && news) this.#emit({ type: 'resolved', ts });
    } else if (kind === MessageKind.DDL) {
      this.#order.ddl(ts, reader.line);
      this.#takeDdl(reader, emit);
    } else {
      this.#order.row(ts, reader.line);
      this.#takeRow(reader, emit);
    }
    return true;
  }

  #takeRow(reader: LineReader, emit: boolean): void {
    const { line } = reader;
    const scanner = this.#scanner;
    const table = this.#tables.find(scanner, line.bytes);
    if (table === undefined) {
      const name = `${scanner.database.text(line.bytes)}.${scanner.table.text(line.bytes)}`;
      throw new UnknownTableError(
        line,
        `a row change of table '${name}', which does not exist at commitTs ${scanner.ts}. ` +
          'The log must be complete from its first DDL on; names are compared in the case in which they are written.',
      );
    }
    if (!emit) return;
    if (scanner.ts !== this.#openTs) {
      this.#chunk.endTransaction();
      this.#openTs = scanner.ts;
    }
    const { tableId } = table;
    const commitTs = scanner.ts;
    // Written out: a spread into an object costs two microseconds a row, as much as its scan.
    if (!this.#options.keyed) {
      const bytes = viewOf(line.bytes, line.start, line.end);
      this.#chunk.add({ type: 'rows', tableId, commitTs, count: scanner.rows, bytes }, bytes.length + EVENT_BYTES);
      return;
    }
    for (const { key, bytes } of keyedChanges(scanner, line.bytes, line.start, line.end, line))
      this.#chunk.add({ type: 'rows', tableId, commitTs, count: 1, bytes, key }, bytes.length + key.length + EVENT_BYTES);
  }

  #takeDdl(reader: LineReader, emit: boolean): void {
    const { line } = reader;
    const scanner = this.#scanner;
    const ddl = {
      sql: scanner.sql.text(line.bytes),
      database: scanner.database.text(line.bytes),
      table: scanner.table.text(line.bytes),
      commitTs: scanner.ts,
    };
    const read = this.#ddls.read(ddl, line);
    const event = this.#options.keyed ? { ...read, adds: read.adds.map((add) => ({ ...add, splittable: true })) } : read;
    this.#tables.clear();
    if (emit) this.#emit(event, line.end - line.start);
  }

  /** Emits the sync points that are due before `ts` (for a mark: before or at it). False: the chunk is full before all are out. */
  #emitSyncPoints(ts: bigint, inclusive: boolean): boolean {
    for (;;) {
      if (this.#chunk.full && this.#chunk.hasComplete) return false;
      const point = this.#syncPoints.take(ts, inclusive);
      if (point === undefined) return true;
      this.#emit(point);
    }
  }

  #emit(event: SourceEvent, bytes = 0): void {
    // Everything but a row ends the transaction before it.
    this.#chunk.endTransaction();
    this.#chunk.add(event, bytes + EVENT_BYTES);
  }

  /** At the end: a last mark, at the largest ts that was seen, then nothing. */
  #finish(): readonly SourceEvent[] | null {
    if (this.#ended) return null;
    this.#ended = true;
    const { largest } = this.#order;
    const ts = maxTs(largest, this.#startTs);
    // An empty log says nothing, not even that.
    if (ts === 0n) return null;
    this.#emit({ type: 'resolved', ts });
    return this.#chunk.take();
  }

  readonly #shut = (): void => {
    this.#closed = true;
    this.#signal?.removeEventListener('abort', this.#shut);
    this.#reader?.close();
  };
}

/** A view as a plain array of bytes: a quarter of the price of a Buffer's. */
function viewOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start);
}
