import type { Sink, SinkContext, TableRows } from '@tidegate/dispatcher';
import { type DdlEvent, isTs, type SyncPointEvent, type TableInfo } from '@tidegate/protocol';
import type { Batch } from './batch.js';
import { RedoError } from './errors.js';
import { LARGEST_CHANGE } from './layout.js';
import { type Entry, LogWriter } from './logWriter.js';
import { MetaFile, type RedoMeta } from './meta.js';
import { describe, type ResolvedOptions } from './options.js';
import { RecordedDdls } from './recordedDdls.js';
import { formatDdl } from './records.js';
import type { TableReferences } from './tableReferences.js';
import { truncateSegments } from './truncate.js';

/** What a sink holds and has done. */
export interface RedoSinkStats {
  /** Tables that it knows: those that had rows and were not dropped. */
  readonly tables: number;
  /** Bytes in its two buffers. */
  readonly bufferedBytes: number;
  /** Writes, DDLs, sync points and flushes that are not durable yet. */
  readonly queued: number;
  /** Group commits, and the bytes in them. */
  readonly commits: number;
  readonly bytes: number;
  /** DDLs that came again and were not recorded again. */
  readonly repeatedDdls: number;
}

/**
 * Appends to the log of one worker. Rows pass through as they are. See {@link LogWriter} for how and within which bounds.
 */
export class RedoSink implements Sink {
  readonly #options: ResolvedOptions;
  readonly #worker: string;
  readonly #log: LogWriter;
  readonly #meta: MetaFile;
  readonly #recorded: RecordedDdls;
  #repeatedDdls = 0;
  #closing: Promise<void> | undefined;
  #aborting: Promise<void> | undefined;

  constructor(options: ResolvedOptions, session: number, context: SinkContext) {
    const { dir, fsync } = options;
    this.#options = options;
    this.#worker = context.worker;
    this.#log = new LogWriter(options, { dir, worker: context.worker, session, fsync });
    this.#meta = new MetaFile(dir, context.worker, fsync);
    this.#recorded = new RecordedDdls(dir);
    const abort = (): void => {
      if (this.#closing === undefined) this.#aborting ??= this.#log.abort();
    };
    context.signal.addEventListener('abort', abort, { once: true });
    if (context.signal.aborted) abort();
  }

  /** Settles when the rows are durable. Rejects with `REDO_WRITE`, `REDO_ROW` or `REDO_CLOSED`; after that the sink takes nothing. */
  write(rows: TableRows): Promise<void> {
    return this.#log.append(new RowsEntry(rows));
  }

  /** Settles when everything written so far is durable, of whatever table: all share one log. */
  flush(_table: TableInfo | undefined): Promise<void> {
    return this.#log.flush();
  }

  /** Records a DDL, once however often it comes. Settles when it is durable. */
  async execute(ddl: DdlEvent): Promise<void> {
    if (this.#log.ended !== undefined) throw this.#log.ended;
    if (await this.#recorded.has(ddl)) this.#repeatedDdls++;
    else await this.#log.append(eventEntry((batch) => batch.ddl(ddl.commitTs, formatDdl(ddl))));
    this.#log.tables.forget(ddl);
  }

  /** What comes for the table from now on may repeat what came before. */
  restart(table: TableInfo, _startTs: bigint): void {
    this.#log.restart(table.tableId);
  }

  pass(ddl: DdlEvent): void {
    this.#log.tables.forget(ddl);
  }

  /** Records a sync point. The reader gives it once, however often it was told. */
  syncPoint(event: SyncPointEvent): Promise<void> {
    return this.#log.append(eventEntry((batch) => batch.syncPoint(event.commitTs)));
  }

  /** The checkpoint of the changefeed that this is the sink of: the meta file's resolved ts. */
  checkpoint(ts: bigint): Promise<void> {
    return this.meta({ resolvedTs: ts, checkpointTs: 0n });
  }

  /** Writes the meta file (K-11). Neither number goes back. One worker's sink at a time. Throws `REDO_WRITE`, `REDO_META`, `REDO_CLOSED`. */
  async meta(meta: RedoMeta): Promise<void> {
    if (this.#log.ended !== undefined) throw this.#log.ended;
    await this.#meta.write(meta);
  }

  /**
   * Deletes sealed segments, of all workers, that hold nothing above `upTo`. Answers how many. The meta file's checkpoint is
   * the most that is safe. One worker's sink at a time. Throws `REDO_OPTION`, `REDO_WRITE`, `REDO_UNREADABLE`.
   */
  async truncate(upTo: bigint): Promise<number> {
    if (!isTs(upTo)) {
      throw new RedoError('REDO_OPTION', `redo: truncate takes a timestamp (a bigint of 64 bits), not ${describe(upTo)}`);
    }
    return await truncateSegments(this.#options.dir, upTo, this.#worker, this.#options.fsync);
  }

  /** Flushes, seals the segment and takes nothing more. Rejects when something could not be written. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  stats(): RedoSinkStats {
    return { tables: this.#log.tables.size, ...this.#log.counts(), repeatedDdls: this.#repeatedDdls };
  }

  async #close(): Promise<void> {
    try {
      await (this.#aborting ?? this.#log.close());
    } finally {
      await this.#meta.settled();
    }
  }
}

/** Rows of one write; over several batches when they are many. */
class RowsEntry implements Entry {
  readonly urgent: boolean = false;
  readonly #rows: TableRows;
  #next = 0;

  constructor(rows: TableRows) {
    this.#rows = rows;
  }

  encode(batch: Batch, tables: TableReferences): boolean {
    const { table, length } = this.#rows;
    for (; this.#next < length; this.#next++) {
      if (batch.full) return false;
      const commitTs = this.#rows.commitTs(this.#next);
      const bytes = this.#rows.bytes(this.#next);
      if (bytes.length > LARGEST_CHANGE) {
        throw new RedoError(
          'REDO_ROW',
          `a change of ${table.schema}.${table.table} at ${commitTs} has ${bytes.length} bytes; the redo log takes at most ${LARGEST_CHANGE}: ` +
            'have the source split it',
        );
      }
      batch.row(commitTs, tables.of(table, batch), this.#rows.rows(this.#next), bytes);
    }
    return true;
  }
}

function eventEntry(write: (batch: Batch) => void): Entry {
  return {
    urgent: true,
    encode: (batch) => {
      write(batch);
      return true;
    },
  };
}
