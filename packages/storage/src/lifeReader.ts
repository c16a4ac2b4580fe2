import { ChangeFile, type ChangeLine } from './changeFile.js';
import { StorageError } from './errors.js';

/** Reads what one life of a writer left of one version of a table, line by line. */
export class LifeReader {
  /** No change is below it. Exact in every life but a table's first, where it is the table's version. */
  readonly first: bigint;
  readonly #version: bigint;
  readonly #files: readonly ChangeFile[];
  #file = 0;
  #lines: readonly ChangeLine[] = [];
  #at = 0;
  #last = 0n;

  constructor(version: bigint, files: readonly ChangeFile[], first: bigint) {
    this.#version = version;
    this.#files = files;
    this.first = first;
  }

  /** The line at hand among those that were read. */
  get current(): ChangeLine | undefined {
    return this.#lines[this.#at];
  }

  get ended(): boolean {
    return this.#at >= this.#lines.length && this.#file >= this.#files.length;
  }

  /** Goes past the line at hand. False when {@link read} must read more. Throws `STORAGE_INVALID`. */
  step(): boolean {
    this.#at++;
    return this.#check();
  }

  /** The line at hand, read if need be; undefined at the end. Throws `STORAGE_UNREADABLE`, `STORAGE_INVALID`. */
  async read(): Promise<ChangeLine | undefined> {
    while (this.#at >= this.#lines.length) {
      const file = this.#files[this.#file];
      if (file === undefined) return undefined;
      this.#lines = (await file.next()) ?? [];
      this.#at = 0;
      if (!this.#check()) this.#file++;
    }
    return this.current;
  }

  /** Goes past everything below `ts` and the first `count` lines at it; false when nothing is left. */
  async seek(ts: bigint, count: number): Promise<boolean> {
    let skip = count;
    for (let line = await this.read(); line !== undefined; line = await this.read()) {
      if (line.commitTs > ts) return true;
      if (line.commitTs === ts && skip-- === 0) return true;
      this.step();
    }
    return false;
  }

  #check(): boolean {
    const line = this.#lines[this.#at];
    if (line === undefined) return false;
    if (line.commitTs < this.#last || line.commitTs < this.#version) throw this.#disorder(line.commitTs);
    this.#last = line.commitTs;
    return true;
  }

  #disorder(ts: bigint): StorageError {
    const path = this.#files[this.#file]?.path ?? '';
    const after = this.#last > this.#version ? `after ${this.#last}` : `in version ${this.#version} of its table`;
    return new StorageError('STORAGE_INVALID', `${path} is not in commit order: ${ts} stands ${after}`, { path });
  }
}

/** Commit ts of the first change of a file, read apart from its reading in turn. */
export async function firstTs(file: ChangeFile): Promise<bigint | undefined> {
  return (await new ChangeFile(file.path, 4096).next())?.[0]?.commitTs;
}
