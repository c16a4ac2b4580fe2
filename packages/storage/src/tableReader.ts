import { join } from 'node:path';
import { MAX_TS } from '@tidegate/protocol';
import { ChangeFile, type ChangeLine } from './changeFile.js';
import { StorageError } from './errors.js';
import type { DataDir } from './scanDirectory.js';

/** Files that one life of a writer left, and the ts from which a later life repeats them. */
interface Life {
  readonly files: readonly ChangeFile[];
  before: bigint;
}

/**
 * Reads one version of a table in commit order, every change once.
 *
 * Empty files separate the lives of its writer (see `TableFiles`). A later life starts at a checkpoint below all that
 * was lost and repeats everything from its first change on, so an earlier life counts only up to there.
 */
export class TableReader {
  readonly dir: DataDir;
  readonly #chunkSize: number;
  #lives: Life[] | undefined;
  #life = 0;
  #file = 0;
  #lines: readonly ChangeLine[] = [];
  #at = 0;
  #last = 0n;

  constructor(dir: DataDir, chunkSize: number) {
    this.dir = dir;
    this.#chunkSize = chunkSize;
  }

  /** The change at hand; undefined before the first {@link advance}, and at the end. */
  get current(): ChangeLine | undefined {
    return this.#lines[this.#at];
  }

  /** Goes to the next change if it is among what was read; false when {@link fill} must read more. */
  step(): boolean {
    this.#at++;
    return this.#check();
  }

  /** Reads until there is a current change, or the end: then the answer is false. */
  async fill(): Promise<boolean> {
    this.#lives ??= await this.#split();
    for (;;) {
      const life = this.#lives[this.#life];
      if (life === undefined) return false;
      const file = life.files[this.#file];
      const lines = await file?.next();
      if (lines !== undefined) {
        this.#lines = lines;
        this.#at = 0;
        if (this.#check()) return true;
      } else if (file !== undefined) {
        this.#file++;
      } else {
        this.#nextLife();
      }
    }
  }

  /** Whether the change at hand counts. One that a later life repeats ends its life. */
  #check(): boolean {
    const line = this.#lines[this.#at];
    if (line === undefined) return false;
    const life = this.#lives?.[this.#life];
    if (life !== undefined && line.commitTs >= life.before) {
      this.#nextLife();
      return false;
    }
    if (line.commitTs < this.#last || line.commitTs < this.dir.version) throw this.#disorder(line.commitTs);
    this.#last = line.commitTs;
    return true;
  }

  #nextLife(): void {
    this.#life++;
    this.#file = 0;
    this.#lines = [];
    this.#at = 0;
  }

  #disorder(ts: bigint): StorageError {
    const path = this.#lives?.[this.#life]?.files[this.#file]?.path ?? this.dir.path;
    const after = this.#last > this.dir.version ? `after ${this.#last}` : `in version ${this.dir.version} of its table`;
    return new StorageError('STORAGE_INVALID', `${path} is not in commit order: ${ts} stands ${after}`, { path });
  }

  async #split(): Promise<Life[]> {
    const lives: { files: ChangeFile[]; before: bigint }[] = [{ files: [], before: MAX_TS }];
    for (const name of this.dir.files) {
      const file = new ChangeFile(join(this.dir.path, name), this.#chunkSize);
      if (this.dir.files.length > 1 && (await file.size()) === 0) lives.push({ files: [], before: MAX_TS });
      else lives.at(-1)?.files.push(file);
    }
    let before = MAX_TS;
    for (let at = lives.length - 1; at > 0; at--) {
      const first = await firstTs(lives[at]?.files[0]);
      if (first !== undefined && first < before) before = first;
      const earlier = lives[at - 1];
      if (earlier !== undefined) earlier.before = before;
    }
    return lives;
  }
}

/** Commit ts of the first change of a file, read apart from its reading in turn. */
async function firstTs(file: ChangeFile | undefined): Promise<bigint | undefined> {
  if (file === undefined) return undefined;
  return (await new ChangeFile(file.path, 4096).next())?.[0]?.commitTs;
}
