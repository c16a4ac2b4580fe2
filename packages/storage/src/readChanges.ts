import { readFile } from 'node:fs/promises';
import { isTs } from '@tidegate/protocol';
import { StorageError, storageError } from './errors.js';
import { MinHeap } from './minHeap.js';
import { type Directory, type SchemaFileEntry, scanDirectory } from './scanDirectory.js';
import { parseSchemaFile } from './schemaFile.js';
import { TableReader } from './tableReader.js';

/** One thing that a sink wrote. */
export type Change =
  | {
      readonly type: 'row';
      readonly commitTs: bigint;
      readonly schema: string;
      readonly table: string;
      /** Version of the table whose directory holds it. */
      readonly version: bigint;
      /** The change as the source encoded it. A view; copy what you change. */
      readonly bytes: Uint8Array;
    }
  | {
      readonly type: 'ddl';
      readonly commitTs: bigint;
      /** What the source filed the statement under; the schema is the default one for names without. Either may be empty. */
      readonly schema: string;
      readonly table: string;
      readonly query: string;
      /** Number of the kind of DDL, 0 when it has none. */
      readonly ddlType: number;
    }
  | { readonly type: 'sync-point'; readonly commitTs: bigint };

export interface ReadOptions {
  /**
   * Leaves out what is above this ts. Default: nothing. With the checkpoint of `metadata` what comes is complete. Beyond it
   * a table may lack changes that another has, and the last transaction of a table may be half.
   */
  readonly upTo?: bigint;
}

/** Memory for pieces of files that are read at the same time. */
const READ_BYTES = 64 * 1024 * 1024;
const LARGEST_PIECE = 256 * 1024;
const SMALLEST_PIECE = 4 * 1024;

/** At one ts: rows of versions that end there, then DDLs, rows of versions that begin there, sync points. */
const RANK = { earlierRows: 0, ddl: 1, laterRows: 2, syncPoint: 3 } as const;

/** A stream of changes in commit order, at its next change. */
interface Stream {
  ts: bigint;
  rank: number;
  /** Breaks ties, so that a directory is always read in the same order. */
  readonly ordinal: number;
  /** Answers the change at hand, or undefined when the stream was only opened. */
  take(): Change | undefined | Promise<Change | undefined>;
  /** Moves on; false at the end. Answers at once while what was read lasts. */
  advance(): boolean | Promise<boolean>;
}

/**
 * Everything that sinks wrote to a directory, in commit order and each change once, however often a restart repeated
 * it. What was durable once comes in every later reading: a life that is killed before it repeated it hides nothing.
 * Within a transaction the order is that of each table. Streams: memory does not grow with the directory's
 * bytes, only with its tables. What is written meanwhile may or may not be seen.
 *
 * Throws `STORAGE_OPTION`, `STORAGE_UNREADABLE`, `STORAGE_INVALID`.
 */
export async function* readChanges(dir: string, options: ReadOptions = {}): AsyncGenerator<Change, void, void> {
  if (options.upTo !== undefined && !isTs(options.upTo)) {
    throw new StorageError(
      'STORAGE_OPTION',
      `storage: option 'upTo' must be a timestamp (a bigint of 64 bits), not ${String(options.upTo)}`,
    );
  }
  const heap = new MinHeap<Stream>(earlier);
  for (const stream of streamsOf(await scanDirectory(dir))) heap.push(stream);
  for (let stream = heap.peek(); stream !== undefined; stream = heap.peek()) {
    if (options.upTo !== undefined && stream.ts > options.upTo) return;
    const taken = stream.take();
    const change = taken instanceof Promise ? await taken : taken;
    if (change !== undefined) yield change;
    const next = stream.advance();
    if (typeof next === 'boolean' ? next : await next) heap.sinkFirst();
    else heap.pop();
  }
}

function earlier(a: Stream, b: Stream): boolean {
  if (a.ts !== b.ts) return a.ts < b.ts;
  return a.rank !== b.rank ? a.rank < b.rank : a.ordinal < b.ordinal;
}

function streamsOf(directory: Directory): Stream[] {
  const pieces = Math.max(1, directory.data.length);
  const chunkSize = Math.min(LARGEST_PIECE, Math.max(SMALLEST_PIECE, Math.floor(READ_BYTES / pieces)));
  const streams: Stream[] = directory.data.map((dir, ordinal) => new RowStream(new TableReader(dir, chunkSize), ordinal));
  if (directory.schemaFiles.length > 0) streams.push(new DdlStream(directory.schemaFiles));
  if (directory.syncPoints.length > 0) streams.push(new SyncPointStream(directory.syncPoints));
  return streams;
}

/** Rows of one version of a table. Not opened before its turn: it holds nothing below its version. */
class RowStream implements Stream {
  readonly #reader: TableReader;
  ts: bigint;
  rank: number = RANK.earlierRows;
  readonly ordinal: number;

  constructor(reader: TableReader, ordinal: number) {
    this.#reader = reader;
    this.ordinal = ordinal;
    this.ts = reader.dir.version;
  }

  take(): Change | undefined {
    const line = this.#reader.current;
    if (line === undefined) return undefined;
    const { schema, table, version } = this.#reader.dir;
    return { type: 'row', commitTs: line.commitTs, schema, table, version, bytes: line.bytes };
  }

  advance(): boolean | Promise<boolean> {
    if (this.#reader.step()) return this.#place();
    return this.#reader.fill().then((more) => more && this.#place());
  }

  #place(): boolean {
    const line = this.#reader.current;
    if (line === undefined) return false;
    this.ts = line.commitTs;
    this.rank = line.commitTs > this.#reader.dir.version ? RANK.earlierRows : RANK.laterRows;
    return true;
  }
}

/** Statements of schema files; files without one are passed over. */
class DdlStream implements Stream {
  readonly #files: readonly SchemaFileEntry[];
  #at = 0;
  ts: bigint;
  readonly rank: number = RANK.ddl;
  readonly ordinal: number = 0;

  constructor(files: readonly SchemaFileEntry[]) {
    this.#files = files;
    this.ts = files[0]?.version ?? 0n;
  }

  async take(): Promise<Change | undefined> {
    const file = this.#files[this.#at];
    if (file === undefined) return undefined;
    let text: string;
    try {
      text = await readFile(file.path, 'utf8');
    } catch (error) {
      throw storageError('STORAGE_UNREADABLE', 'cannot read', file.path, error);
    }
    const { schema, table, version, query, type } = parseSchemaFile(text, file.name, file.path);
    return query === '' ? undefined : { type: 'ddl', commitTs: version, schema, table, query, ddlType: type };
  }

  advance(): boolean {
    const next = this.#files[++this.#at];
    if (next === undefined) return false;
    this.ts = next.version;
    return true;
  }
}

class SyncPointStream implements Stream {
  readonly #points: readonly bigint[];
  #at = 0;
  ts: bigint;
  readonly rank: number = RANK.syncPoint;
  readonly ordinal: number = 0;

  constructor(points: readonly bigint[]) {
    this.#points = points;
    this.ts = points[0] ?? 0n;
  }

  take(): Change {
    return { type: 'sync-point', commitTs: this.ts };
  }

  advance(): boolean {
    const next = this.#points[++this.#at];
    if (next === undefined) return false;
    this.ts = next;
    return true;
  }
}
