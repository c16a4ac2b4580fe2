import type { TableInfo } from '@tidegate/protocol';
import type { ChunkPool } from './chunkPool.js';
import { RowBuffer } from './rowBuffer.js';
import type { TableFiles } from './tableFiles.js';

/** Settles when one file is durable, for everybody who has rows in it. */
export interface FileDone {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(error: unknown): void;
}

/** One closed file that waits to be written. */
interface ClosedFile {
  readonly content: readonly Uint8Array[];
  readonly size: number;
  /** A stream begins with it. */
  readonly begins: boolean;
  readonly done: FileDone;
}

/** Rows of one version of a table on their way to files: one file open in memory, and closed ones in order. */
export class TableQueue {
  readonly info: TableInfo;
  readonly #files: TableFiles;
  readonly #pool: ChunkPool;
  #open: RowBuffer | undefined;
  #openDone: FileDone | undefined;
  readonly #closed: ClosedFile[] = [];
  /** Promise of the last closed file, until it is durable. */
  #last: FileDone | undefined;
  #error: unknown;
  /** The next file to be closed begins a stream. */
  #begins = true;
  /** Milliseconds of the sink's clock at which the open file is closed. */
  deadline = 0;
  /** Whether the sink's writers have this table in their line. */
  scheduled = false;

  constructor(info: TableInfo, files: TableFiles, pool: ChunkPool) {
    this.info = info;
    this.#pool = pool;
    this.#files = files;
  }

  /** Whether rows of `info` go here. */
  takes(info: TableInfo): boolean {
    const own = this.info;
    return own === info || (own.version === info.version && own.table === info.table && own.schema === info.schema);
  }

  /** Bytes in the open file. */
  get openSize(): number {
    return this.#open?.size ?? 0;
  }

  get hasClosed(): boolean {
    return this.#closed.length > 0;
  }

  /** True when nothing waits, nothing is being written and nothing was lost. */
  get idle(): boolean {
    return this.#error === undefined && this.#open === undefined && this.#last === undefined;
  }

  /** Adds a change to the open file. Throws what stopped this table, or `STORAGE_ROW`. */
  append(bytes: Uint8Array): void {
    if (this.#error !== undefined) throw this.#error;
    let open = this.#open;
    if (open === undefined) {
      open = new RowBuffer(this.#pool);
      open.append(bytes);
      this.#open = open;
      this.#openDone = fileDone();
    } else {
      open.append(bytes);
    }
  }

  /** See {@link RowBuffer.expect}; of the changes at and behind the one that was added last. */
  expect(firstTs: bigint, lastTs: bigint): void {
    this.#open?.expect(firstTs, lastTs);
  }

  /** Settles when everything added so far is durable; undefined when it is already. */
  get done(): Promise<void> | undefined {
    if (this.#error !== undefined) return Promise.reject(this.#error);
    return (this.#openDone ?? this.#last)?.promise;
  }

  /** Closes the open file; false when there is none. */
  close(): boolean {
    if (this.#open === undefined || this.#openDone === undefined) return false;
    const size = this.#open.size;
    this.#closed.push({ content: this.#open.take(), size, begins: this.#begins, done: this.#openDone });
    this.#last = this.#openDone;
    this.#open = undefined;
    this.#openDone = undefined;
    this.#begins = false;
    return true;
  }

  /** What is added from now on may repeat what was added before. The open file must be closed. */
  beginStream(): void {
    this.#begins = true;
  }

  /**
   * Writes the first closed file and answers its size; undefined when the table failed meanwhile. Rejects when the file
   * cannot be written. Calls must not overlap: files of a table are written one after the other.
   */
  async writeNext(): Promise<number | undefined> {
    const file = this.#closed[0];
    if (file === undefined) return undefined;
    await this.#files.write(file.content, file.begins);
    if (this.#error !== undefined) return undefined;
    this.#closed.shift();
    if (this.#last === file.done) this.#last = undefined;
    // Not where it failed: then others may still be reading from it.
    for (const chunk of file.content) this.#pool.give(chunk);
    file.done.resolve();
    return file.size;
  }

  /**
   * Drops everything that is not durable and answers its size. What follows a gap must not be written, so the table
   * takes nothing more.
   */
  fail(error: unknown): number {
    this.#error ??= error;
    let dropped = this.openSize;
    for (const file of this.#closed.splice(0)) {
      dropped += file.size;
      file.done.reject(error);
    }
    this.#openDone?.reject(error);
    this.#open = undefined;
    this.#openDone = undefined;
    this.#last = undefined;
    return dropped;
  }
}

function fileDone(): FileDone {
  let resolve: () => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  // The callers that asked for it are told; a file that nobody waits for must not end the process.
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
