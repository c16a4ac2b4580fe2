import type { TableId } from '@tidegate/protocol';
import { Batch } from './batch.js';
import { RedoError, redoError } from './errors.js';
import type { ResolvedOptions } from './options.js';
import { type SegmentPlace, SegmentWriter } from './segmentWriter.js';
import { TableReferences } from './tableReferences.js';

/** Something to append. */
export interface Entry {
  /** It does not wait for others: a barrier waits for it. */
  readonly urgent: boolean;
  /** Encodes it, or as much of it as the batch takes before it is full; true when all of it was encoded, now or before. */
  encode(batch: Batch, tables: TableReferences): boolean;
}

interface Waiting {
  readonly entry: Entry;
  readonly resolve: () => void;
  readonly reject: (error: RedoError) => void;
}

/** Asks for a sync, and is done when it is. */
const FLUSH: Entry = { urgent: true, encode: () => true };

/**
 * Appends entries in the order in which they come, many to a sync (group commit): while one batch is written the next
 * one fills. A batch is written when it is full, when its oldest record has waited `commitInterval`, or at once for a flush, a DDL
 * or a sync point.
 *
 * Bounds: two buffers of `commitBytes`, larger only by one change that exceeds it. Entries beyond that are kept by
 * reference until there is room; their number is bounded by the dispatchers, whose memory they are.
 *
 * After a failure nothing more is taken: what a failed sync left on the disk is unknown (the next life looks).
 */
export class LogWriter {
  readonly #options: ResolvedOptions;
  readonly #place: SegmentPlace;
  readonly tables: TableReferences = new TableReferences();
  readonly #queue: Waiting[] = [];
  #queueAt = 0;
  #filling: Batch;
  #spare: Batch;
  /** Entries whose last record is in the filling batch. */
  #inFilling: Waiting[] = [];
  #inFlight: Waiting[] = [];
  #due = false;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #segment: SegmentWriter | undefined;
  #nextNumber: number;
  /** Bytes of the segment that the filling batch will belong to. */
  #plannedBytes = 0;
  #ended: RedoError | undefined;
  #commits = 0;
  #bytes = 0;

  constructor(options: ResolvedOptions, place: SegmentPlace) {
    this.#options = options;
    this.#place = place;
    this.#nextNumber = place.session;
    this.#filling = new Batch(options.commitBytes);
    this.#spare = new Batch(options.commitBytes);
  }

  /** Settles when the entry is durable. Rejects with `REDO_WRITE`, `REDO_ROW` or `REDO_CLOSED`. */
  append(entry: Entry): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) return reject(this.#ended);
      this.#queue.push({ entry, resolve, reject });
      this.#pump();
    });
  }

  /** Settles when everything that was appended is durable. */
  flush(): Promise<void> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return this.#idle ? Promise.resolve() : this.append(FLUSH);
  }

  /** Rows of the table appended from now on may repeat those before (see {@link TableReferences}). */
  restart(tableId: TableId): void {
    if (this.#ended !== undefined) return;
    if (this.#queueAt === this.#queue.length) {
      this.tables.restart(tableId);
      return;
    }
    // Rows that wait to be encoded are from before.
    const encode: Entry['encode'] = (_batch, tables) => {
      tables.restart(tableId);
      return true;
    };
    this.#queue.push({ entry: { urgent: false, encode }, resolve: () => undefined, reject: () => undefined });
  }

  /** Flushes, seals the segment and takes nothing more. */
  async close(): Promise<void> {
    try {
      await this.flush();
      this.#end(this.#closedError('is closed'));
      await this.#running;
      await this.#segment?.seal();
    } catch (error) {
      this.#end(this.#closedError('is closed'));
      await this.#running;
      await this.#segment?.abandon();
      throw redoError('REDO_WRITE', 'cannot seal', this.#segment?.path ?? this.#options.dir, error);
    }
  }

  /** Drops what is not durable and rejects what waits for it. */
  async abort(): Promise<void> {
    this.#end(this.#closedError('was stopped; what was not durable yet must come again'));
    await this.#running;
    await this.#segment?.abandon();
  }

  get ended(): RedoError | undefined {
    return this.#ended;
  }

  /** Batches synced, bytes in them, bytes and entries that wait. */
  counts(): { commits: number; bytes: number; bufferedBytes: number; queued: number } {
    const queued = this.#queue.length - this.#queueAt + this.#inFilling.length + this.#inFlight.length;
    return { commits: this.#commits, bytes: this.#bytes, bufferedBytes: this.#filling.size + this.#spare.size, queued };
  }

  get #idle(): boolean {
    return this.#running === undefined && this.#queueAt === this.#queue.length && this.#inFilling.length === 0;
  }

  /** Encodes what there is room for, and starts writing where that is due. */
  #pump(): void {
    while (this.#queueAt < this.#queue.length && !this.#filling.full) {
      const waiting = this.#queue[this.#queueAt] as Waiting;
      let done: boolean;
      try {
        done = waiting.entry.encode(this.#filling, this.tables);
      } catch (error) {
        this.#end(redoError('REDO_ROW', 'cannot record a change in', this.#options.dir, error));
        return;
      }
      if (waiting.entry.urgent) this.#due = true;
      if (!done) break;
      this.#inFilling.push(waiting);
      this.#queueAt++;
    }
    if (this.#queueAt === this.#queue.length || this.#queueAt >= 4_096) {
      this.#queue.splice(0, this.#queueAt);
      this.#queueAt = 0;
    }
    if (this.#running !== undefined) return;
    if (this.#filling.full || this.#due) this.#commit();
    else if (!this.#filling.empty) this.#timer ??= setTimeout(() => this.#tick(), this.#options.commitInterval);
  }

  #tick(): void {
    this.#timer = undefined;
    this.#due = true;
    this.#pump();
  }

  #commit(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#due = false;
    const batch = this.#filling;
    this.#filling = this.#spare;
    this.#spare = batch;
    this.#inFlight = this.#inFilling;
    this.#inFilling = [];
    this.#plannedBytes += batch.size;
    if (this.#plannedBytes >= this.#options.segmentBytes) {
      // Decided before the next batch is encoded, which has to know whether its tables are known already.
      batch.sealAfter = true;
      this.#plannedBytes = 0;
      this.tables.newSegment();
    }
    this.#running = this.#write(batch).then(
      () => this.#written(batch),
      (error: unknown) => {
        this.#running = undefined;
        this.#end(redoError('REDO_WRITE', 'cannot write the redo log in', this.#segment?.path ?? this.#options.dir, error));
      },
    );
    this.#pump();
  }

  async #write(batch: Batch): Promise<void> {
    if (!batch.empty) {
      this.#segment ??= await SegmentWriter.create(this.#place, this.#nextNumber++);
      await this.#segment.append(batch);
      this.#commits++;
      this.#bytes += batch.size;
    }
    const durable = this.#inFlight;
    this.#inFlight = [];
    for (const waiting of durable) waiting.resolve();
    if (!batch.sealAfter) return;
    const segment = this.#segment;
    this.#segment = undefined;
    await segment?.seal();
  }

  #written(batch: Batch): void {
    batch.clear();
    this.#running = undefined;
    if (this.#ended === undefined) this.#pump();
  }

  #end(error: RedoError): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    clearTimeout(this.#timer);
    const waiting = [...this.#inFlight, ...this.#inFilling, ...this.#queue.slice(this.#queueAt)];
    this.#inFlight = [];
    this.#inFilling = [];
    this.#queue.length = 0;
    this.#queueAt = 0;
    for (const { reject } of waiting) reject(error);
  }

  #closedError(what: string): RedoError {
    const { dir } = this.#options;
    return new RedoError('REDO_CLOSED', `the redo log in ${dir} ${what}`, { path: dir });
  }
}
