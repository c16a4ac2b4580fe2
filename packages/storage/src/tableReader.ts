import { join } from 'node:path';
import { ChangeFile, type ChangeLine } from './changeFile.js';
import { firstTs, LifeReader } from './lifeReader.js';
import type { DataDir } from './scanDirectory.js';

/**
 * Reads one version of a table in commit order, every change once.
 *
 * Empty files separate the lives of its writer (see `TableFiles`). A later life starts at a checkpoint below all that
 * was lost and repeats everything from its first change on. So between its first change and its last a life is whole
 * and counts alone, the latest where there are several. **After its last change the lives before it count again**: one
 * that is killed before it came as far as they did has not undone what they made durable.
 *
 *     life 1, killed     11  12  13 13  14  15
 *     life 2, killed         12  13                  the file that ends it ends within transaction 13
 *     read               11  12  13 13  14  15       11 of life 1; 12 and half of 13 of life 2; the rest of life 1
 *
 * At the last ts of a life its transaction may be half; then as many changes of it are passed over in an earlier life as
 * the later one had. That takes a source to repeat a transaction in the same order. Up to a checkpoint nothing
 * depends on it: there the latest life has the whole transaction, so none of an earlier one is left.
 *
 * A life that waits for later ones to end holds one piece of a file: as many as have repeated the same changes.
 */
export class TableReader {
  readonly dir: DataDir;
  readonly #chunkSize: number;
  #lives: readonly LifeReader[] | undefined;
  #life: LifeReader | undefined;
  /** First ts of the next later life. */
  #before: bigint | undefined;
  /** Ts of the current change, and how many were given at it. */
  #ts = -1n;
  #count = 0;

  constructor(dir: DataDir, chunkSize: number) {
    this.dir = dir;
    this.#chunkSize = chunkSize;
  }

  /** The change at hand; undefined before the first {@link fill}, and at the end. */
  get current(): ChangeLine | undefined {
    return this.#life?.current;
  }

  /** Goes to the next change if it is among what was read; false when {@link fill} must find it. */
  step(): boolean {
    if (this.#life?.step() !== true) return false;
    const line = this.#life.current;
    return line !== undefined && this.#accept(line);
  }

  /** Reads until there is a current change, or the end: then the answer is false. */
  async fill(): Promise<boolean> {
    this.#lives ??= await this.#split();
    for (;;) {
      const line = await this.#life?.read();
      if (line !== undefined && this.#accept(line)) return true;
      this.#enter(line === undefined ? await this.#resume(this.#lives) : this.#later(this.#lives, this.#life));
      if (this.#life === undefined) return false;
    }
  }

  /** Whether a line of this life counts. One that a later life repeats does not. */
  #accept(line: ChangeLine): boolean {
    if (this.#before !== undefined && line.commitTs >= this.#before) return false;
    if (line.commitTs === this.#ts) {
      this.#count++;
    } else {
      this.#ts = line.commitTs;
      this.#count = 1;
    }
    return true;
  }

  #enter(life: LifeReader | undefined): void {
    this.#life = life;
    this.#before = life && this.#later(this.#lives ?? [], life)?.first;
  }

  /** The life to go on with after the end of one: the latest that has begun and goes further, else the next to begin. */
  async #resume(lives: readonly LifeReader[]): Promise<LifeReader | undefined> {
    for (let at = lives.length - 1; at >= 0; at--) {
      const life = lives[at];
      if (life !== undefined && life.first <= this.#ts && (await life.seek(this.#ts, this.#count))) return life;
    }
    return this.#later(lives, undefined);
  }

  /** Of the lives after `life` that are yet to begin the one that begins first; of several the latest. */
  #later(lives: readonly LifeReader[], life: LifeReader | undefined): LifeReader | undefined {
    let found: LifeReader | undefined;
    for (let at = lives.length - 1; at >= 0 && lives[at] !== life; at--) {
      const other = lives[at];
      if (other === undefined || other.ended || other.first <= this.#ts) continue;
      if (found === undefined || other.first < found.first) found = other;
    }
    return found;
  }

  async #split(): Promise<readonly LifeReader[]> {
    const parts: ChangeFile[][] = [[]];
    for (const name of this.dir.files) {
      const file = new ChangeFile(join(this.dir.path, name), this.#chunkSize);
      if (this.dir.files.length > 1 && (await file.size()) === 0) parts.push([]);
      else parts.at(-1)?.push(file);
    }
    const { version } = this.dir;
    const lives = [new LifeReader(version, parts[0] ?? [], version)];
    for (const files of parts.slice(1)) {
      const first = files[0] && (await firstTs(files[0]));
      if (first !== undefined) lives.push(new LifeReader(version, files, first));
    }
    return lives;
  }
}
