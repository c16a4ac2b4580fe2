import { type FileHandle, open, stat } from 'node:fs/promises';
import { commitTsOf } from './commitTs.js';
import { StorageError, storageError } from './errors.js';

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** One line of a file of row changes. */
export interface ChangeLine {
  readonly commitTs: bigint;
  /** Without the line break. A view of what was read; never written again. */
  readonly bytes: Uint8Array;
}

/**
 * Reads a file of row changes piece by piece. Between two pieces it is closed, so any number of files may be half read
 * at a time.
 */
export class ChangeFile {
  readonly path: string;
  readonly #chunkSize: number;
  #position = 0;
  #lineNumber = 0;
  #rest: Buffer = Buffer.alloc(0);
  #ended = false;

  /** `chunkSize`: bytes read at a time; more where a line is longer. */
  constructor(path: string, chunkSize: number) {
    this.path = path;
    this.#chunkSize = chunkSize;
  }

  /** Bytes in the file. Throws `STORAGE_UNREADABLE`. */
  async size(): Promise<number> {
    try {
      return (await stat(this.path)).size;
    } catch (error) {
      throw storageError('STORAGE_UNREADABLE', 'cannot read', this.path, error);
    }
  }

  /** The next lines, at least one; undefined at the end. Throws `STORAGE_UNREADABLE`, `STORAGE_INVALID`. */
  async next(): Promise<ChangeLine[] | undefined> {
    while (!this.#ended) {
      const chunk = await this.#read(Math.max(this.#chunkSize, this.#rest.length));
      if (chunk.length === 0) this.#ended = true;
      else if (this.#rest.length > 0) this.#rest = Buffer.concat([this.#rest, chunk]);
      else this.#rest = chunk;
      const lines = this.#takeLines();
      if (lines.length > 0) return lines;
    }
    if (this.#rest.length > 0) throw this.#invalid(this.#lineNumber + 1, 'ends in the middle of a line');
    return undefined;
  }

  async #read(size: number): Promise<Buffer> {
    let handle: FileHandle | undefined;
    try {
      handle = await open(this.path, 'r');
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(size), 0, size, this.#position);
      this.#position += bytesRead;
      return buffer.subarray(0, bytesRead);
    } catch (error) {
      throw storageError('STORAGE_UNREADABLE', 'cannot read', this.path, error);
    } finally {
      await handle?.close();
    }
  }

  #takeLines(): ChangeLine[] {
    const lines: ChangeLine[] = [];
    let start = 0;
    for (let end = this.#rest.indexOf(LINE_FEED); end !== -1; end = this.#rest.indexOf(LINE_FEED, start)) {
      const bytes = this.#rest.subarray(start, this.#rest[end - 1] === CARRIAGE_RETURN ? end - 1 : end);
      this.#lineNumber++;
      const commitTs = commitTsOf(bytes);
      if (commitTs === undefined)
        throw this.#invalid(this.#lineNumber, `has no _tidb.commitTs: ${JSON.stringify(bytes.toString('utf8', 0, 80))}`);
      lines.push({ commitTs, bytes });
      start = end + 1;
    }
    this.#rest = this.#rest.subarray(start);
    return lines;
  }

  #invalid(line: number, what: string): StorageError {
    return new StorageError('STORAGE_INVALID', `${this.path} line ${line} ${what}`, { path: this.path });
  }
}
