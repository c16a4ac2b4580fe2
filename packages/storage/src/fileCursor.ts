import { ChangeFile, type ChangeLine } from './changeFile.js';
import { StorageError } from './errors.js';

/** Enough for the first line of most files. */
const HEAD = 4096;

/** A file of row changes at its next line. Holds nothing of it before it is read for the first time. */
export class FileCursor {
  /** Place among the files of its stream. */
  readonly ordinal: number;
  readonly #file: ChangeFile;
  readonly #version: bigint;
  /** Commit ts of the line at hand, also before it is read. */
  ts: bigint;
  #lines: readonly ChangeLine[] = [];
  #at = 0;

  private constructor(file: ChangeFile, ordinal: number, version: bigint, ts: bigint) {
    this.#file = file;
    this.ordinal = ordinal;
    this.#version = version;
    this.ts = ts;
  }

  /** Undefined for an empty file. Throws `STORAGE_UNREADABLE`, `STORAGE_INVALID`. */
  static async open(path: string, chunkSize: number, ordinal: number, version: bigint): Promise<FileCursor | undefined> {
    const first = (await new ChangeFile(path, HEAD).next())?.[0];
    return first && new FileCursor(new ChangeFile(path, chunkSize), ordinal, version, first.commitTs);
  }

  /** The line at hand; undefined when {@link read} must read it, or there is none. */
  get line(): ChangeLine | undefined {
    return this.#lines[this.#at];
  }

  /** Goes past the line at hand. */
  step(): void {
    this.#at++;
    this.#arrive();
  }

  /** Sees to it that there is a line at hand; false at the end. Throws `STORAGE_UNREADABLE`, `STORAGE_INVALID`. */
  async read(): Promise<boolean> {
    if (this.line !== undefined) return true;
    this.#lines = (await this.#file.next()) ?? [];
    this.#at = 0;
    this.#arrive();
    return this.line !== undefined;
  }

  #arrive(): void {
    const ts = this.line?.commitTs;
    if (ts === undefined) return;
    if (ts < this.ts || ts < this.#version) throw this.#disorder(ts);
    this.ts = ts;
  }

  #disorder(ts: bigint): StorageError {
    const { path } = this.#file;
    const after = this.ts > this.#version ? `after ${this.ts}` : `in version ${this.#version} of its table`;
    return new StorageError('STORAGE_INVALID', `${path} is not in commit order: ${ts} stands ${after}`, { path });
  }
}
