import { join } from 'node:path';
import type { Sink, SinkContext, TableRows } from '@tidegate/dispatcher';
import type { DdlEvent, SyncPointEvent, TableId, TableInfo } from '@tidegate/protocol';
import { ChunkPool } from './chunkPool.js';
import { DdlRecords } from './ddlRecords.js';
import { StorageError, storageError } from './errors.js';
import type { Files } from './files.js';
import { CheckpointFile } from './metadata.js';
import type { ResolvedOptions } from './options.js';
import { TableFiles, type TableFilesContext } from './tableFiles.js';
import { TableQueue } from './tableQueue.js';

/** What a sink holds and has done. */
export interface StorageSinkStats {
  /** Tables with a queue. One for each table that had rows and was not dropped. */
  readonly tables: number;
  /** Bytes that are not durable yet, and the most there ever were. */
  readonly bufferedBytes: number;
  readonly peakBufferedBytes: number;
  /** Files being written now, and the most at a time: each holds at most one descriptor. */
  readonly openFiles: number;
  readonly peakOpenFiles: number;
  /** Durable files, and the bytes in them. */
  readonly files: number;
  readonly bytes: number;
}

/**
 * Writes changes below a directory. Rows of a table gather in memory until their file is full, old enough or flushed;
 * then the file is written whole. All tables share one timer and a fixed number of writers, so a hundred thousand
 * tables need no more descriptors than ten.
 *
 * Bounds: when `maxBuffered` bytes wait in open files the largest are closed early, so small files are the price of many
 * busy tables. What waits to become durable beyond that is bounded by the dispatchers, which take nothing more from the
 * source while too many of their rows are not durable.
 */
export class StorageSink implements Sink {
  readonly copies = true;
  readonly #options: ResolvedOptions;
  readonly #files: TableFilesContext;
  readonly #pool: ChunkPool;
  readonly #records: DdlRecords;
  readonly #checkpoint: CheckpointFile;
  /** The versions of each table that rows come for, the last to begin first: one, unless parts of it stand before and behind a DDL. */
  readonly #tables = new Map<TableId, readonly TableQueue[]>();
  /** Queues with something that is not durable. */
  readonly #busy = new Set<TableQueue>();
  /** Queues with an open file, the oldest first. */
  readonly #open = new Set<TableQueue>();
  /** Queues with closed files that no writer has taken yet. */
  readonly #ready: TableQueue[] = [];
  readonly #writing = new Set<Promise<void>>();
  #readyAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed: StorageError | undefined;
  /** The first table that could not be written: after it nothing is said to be flushed as a whole. */
  #failure: StorageError | undefined;
  #openBytes = 0;
  #bufferedBytes = 0;
  #peakBufferedBytes = 0;
  #peakOpenFiles = 0;
  #filesDone = 0;
  #bytesDone = 0;

  constructor(options: ResolvedOptions, files: Files, context: SinkContext) {
    this.#options = options;
    this.#pool = new ChunkPool(options.maxBuffered);
    this.#records = new DdlRecords(options.dir, files);
    this.#checkpoint = new CheckpointFile(options.dir, files);
    this.#files = {
      root: options.dir,
      files,
      records: this.#records,
      writer: context.worker,
      indexWidth: options.fileIndexWidth,
    };
    context.signal.addEventListener('abort', () => this.#abort(), { once: true });
    if (context.signal.aborted) this.#abort();
  }

  /** Takes rows. Settles when the file that holds the last of them is durable. Rejects with `STORAGE_ROW`, `STORAGE_WRITE` or `STORAGE_CLOSED`. */
  write(rows: TableRows): Promise<void> {
    try {
      return this.#write(rows);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Closes the table's file at once, or without a table every file. Settles when everything written for it is durable. */
  async flush(table: TableInfo | undefined): Promise<void> {
    if (this.#closed !== undefined) throw this.#closed;
    if (table === undefined) return await this.#flushAll();
    const queues = this.#tables.get(table.tableId);
    if (queues === undefined) return;
    for (const queue of queues) this.#close(queue);
    for (const queue of queues) await queue.done;
  }

  /** What comes for the table from now on may repeat what came before: it goes to files of its own. */
  restart(table: TableInfo, _startTs: bigint): void {
    for (const queue of this.#tables.get(table.tableId) ?? []) {
      this.#close(queue);
      queue.beginStream();
    }
  }

  /** Records a DDL, once however often it comes. */
  async execute(ddl: DdlEvent): Promise<void> {
    if (this.#closed !== undefined) throw this.#closed;
    await this.#records.record(ddl);
    this.#forget(ddl);
  }

  pass(ddl: DdlEvent): void {
    this.#forget(ddl);
  }

  /** Records a sync point, once however often it comes. */
  async syncPoint(event: SyncPointEvent): Promise<void> {
    if (this.#closed !== undefined) throw this.#closed;
    await this.#records.syncPoint(event);
  }

  /** Writes the checkpoint to `metadata`; it never goes back. */
  checkpoint(ts: bigint): Promise<void> {
    return this.#closed !== undefined ? Promise.reject(this.#closed) : this.#checkpoint.write(ts);
  }

  /** Flushes everything and takes nothing more. Rejects when something could not be written. */
  async close(): Promise<void> {
    if (this.#closed !== undefined) return;
    const flushed = this.#flushAll();
    this.#closed = new StorageError('STORAGE_CLOSED', `the sink of ${this.#options.dir} is closed`, { path: this.#options.dir });
    clearTimeout(this.#timer);
    try {
      await flushed;
    } finally {
      while (this.#writing.size > 0) await Promise.allSettled(this.#writing);
      await this.#checkpoint.settled();
    }
  }

  stats(): StorageSinkStats {
    return {
      tables: this.#tables.size,
      bufferedBytes: this.#bufferedBytes,
      peakBufferedBytes: this.#peakBufferedBytes,
      openFiles: this.#writing.size,
      peakOpenFiles: this.#peakOpenFiles,
      files: this.#filesDone,
      bytes: this.#bytesDone,
    };
  }

  #write(rows: TableRows): Promise<void> {
    if (this.#closed !== undefined) throw this.#closed;
    if (rows.length === 0) return Promise.resolve();
    const queue = this.#queueOf(rows.table);
    const lastTs = rows.commitTs(rows.length - 1);
    for (let index = 0; index < rows.length; index++) {
      const before = queue.openSize;
      queue.append(rows.bytes(index));
      if (before === 0 || index === 0) queue.expect(rows.commitTs(index), lastTs);
      if (before === 0) this.#opened(queue);
      const added = queue.openSize - before;
      this.#openBytes += added;
      this.#bufferedBytes += added;
      if (queue.openSize >= this.#options.fileSize) this.#close(queue);
    }
    if (this.#bufferedBytes > this.#peakBufferedBytes) this.#peakBufferedBytes = this.#bufferedBytes;
    if (this.#openBytes >= this.#options.maxBuffered) this.#closeLargest();
    return queue.done ?? Promise.resolve();
  }

  async #flushAll(): Promise<void> {
    for (const queue of [...this.#open]) this.#close(queue);
    const results = await Promise.allSettled([...this.#busy].map((queue) => queue.done ?? Promise.resolve()));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    if (this.#failure !== undefined) throw this.#failure;
  }

  #queueOf(info: TableInfo): TableQueue {
    const known = this.#tables.get(info.tableId) ?? [];
    const own = known[0]?.takes(info) === true ? known[0] : known.find((queue) => queue.takes(info));
    if (own !== undefined) return own;
    if (info.schema === '' || info.table === '') {
      throw new StorageError(
        'STORAGE_ROW',
        `table ${info.tableId} has no ${info.schema === '' ? 'schema' : 'name'}, so its rows have no place in ${this.#options.dir}`,
      );
    }
    const queue = new TableQueue(info, new TableFiles(this.#files, info), this.#pool);
    this.#tables.set(info.tableId, [queue, ...known.filter((other) => !other.idle)]);
    return queue;
  }

  #opened(queue: TableQueue): void {
    queue.deadline = performance.now() + this.#options.flushInterval;
    this.#open.add(queue);
    this.#busy.add(queue);
    this.#timer ??= setTimeout(() => this.#closeDue(), this.#options.flushInterval);
  }

  /** Closes every file that is old enough. They were opened in the order of their deadlines. */
  #closeDue(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const queue of this.#open) {
      const wait = queue.deadline - now;
      if (wait > 0) {
        this.#timer = setTimeout(() => this.#closeDue(), wait);
        return;
      }
      this.#close(queue);
    }
  }

  /** Frees three quarters of the open bytes, by as few files as that takes. */
  #closeLargest(): void {
    const bySize = [...this.#open].sort((a, b) => b.openSize - a.openSize);
    for (const queue of bySize) {
      if (this.#openBytes <= this.#options.maxBuffered / 4) return;
      this.#close(queue);
    }
  }

  #close(queue: TableQueue): void {
    const size = queue.openSize;
    if (!queue.close()) return;
    this.#openBytes -= size;
    this.#open.delete(queue);
    if (!queue.scheduled) {
      queue.scheduled = true;
      this.#ready.push(queue);
    }
    this.#startWriters();
  }

  #startWriters(): void {
    while (this.#writing.size < this.#options.openFiles && this.#readyAt < this.#ready.length) {
      const writer = this.#writeReady().finally(() => this.#writing.delete(writer));
      this.#writing.add(writer);
      if (this.#writing.size > this.#peakOpenFiles) this.#peakOpenFiles = this.#writing.size;
    }
  }

  /** One writer: takes tables in turn, one file of each, until none is ready. */
  async #writeReady(): Promise<void> {
    for (let queue = this.#takeReady(); queue !== undefined; queue = this.#takeReady()) {
      try {
        this.#written(await queue.writeNext());
      } catch (error) {
        // Everybody who waits for rows of this table is told, and stops the changefeed with it (D-33).
        this.#failed(queue, storageError('STORAGE_WRITE', 'cannot write rows of', this.#describe(queue), error));
      }
      queue.scheduled = queue.hasClosed;
      if (queue.scheduled) this.#ready.push(queue);
      else if (queue.idle) this.#busy.delete(queue);
    }
  }

  #written(size: number | undefined): void {
    if (size === undefined) return;
    this.#bufferedBytes -= size;
    this.#bytesDone += size;
    this.#filesDone++;
  }

  #failed(queue: TableQueue, error: StorageError): void {
    this.#failure ??= error;
    this.#openBytes -= queue.openSize;
    this.#bufferedBytes -= queue.fail(error);
    this.#open.delete(queue);
    this.#busy.delete(queue);
  }

  #takeReady(): TableQueue | undefined {
    const queue = this.#ready[this.#readyAt];
    if (queue === undefined) return undefined;
    this.#readyAt++;
    if (this.#readyAt === this.#ready.length || this.#readyAt >= 4096) {
      this.#ready.splice(0, this.#readyAt);
      this.#readyAt = 0;
    }
    return queue;
  }

  #describe(queue: TableQueue): string {
    return `${queue.info.schema}.${queue.info.table} in ${join(this.#options.dir)}`;
  }

  /** Tables that a DDL drops need no queue any more. */
  #forget(ddl: DdlEvent): void {
    if (ddl.drops?.type === 'normal') {
      for (const tableId of ddl.drops.tableIds) this.#forgetIdle(tableId, this.#tables.get(tableId));
    } else if (ddl.drops !== undefined) {
      const schemaId = ddl.drops.type === 'db' ? ddl.drops.schemaId : undefined;
      for (const [tableId, queues] of this.#tables) {
        if (schemaId === undefined || queues[0]?.info.schemaId === schemaId) this.#forgetIdle(tableId, queues);
      }
    }
  }

  #forgetIdle(tableId: TableId, queues: readonly TableQueue[] | undefined): void {
    if (queues?.every((queue) => queue.idle) === true) this.#tables.delete(tableId);
  }

  #abort(): void {
    if (this.#closed !== undefined) return;
    this.#closed = new StorageError(
      'STORAGE_CLOSED',
      `the sink of ${this.#options.dir} was stopped; rows that were not durable yet must come again`,
      {
        path: this.#options.dir,
      },
    );
    clearTimeout(this.#timer);
    for (const queue of [...this.#busy]) this.#failed(queue, this.#closed);
    this.#tables.clear();
  }
}
