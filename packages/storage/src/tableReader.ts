import { join } from 'node:path';
import type { ChangeLine } from './changeFile.js';
import { eachOnce } from './eachOnce.js';
import { FileCursor } from './fileCursor.js';
import type { DataDir } from './scanDirectory.js';
import { StreamReader } from './streamReader.js';

/**
 * Reads one version of a table in commit order, every change once.
 *
 * It is in one or more streams (see `TableFiles`). Of a transaction a stream has of each key range, if anything, the beginning,
 * as far as it came: a restart repeats what lies above a checkpoint, whole transactions, perhaps on another worker, and may be
 * killed again before it came as far. So the transaction is what the streams have of it together. A change that stands several
 * times in one stream is several changes, equal changes of two streams are the same one: it counts as often as in the
 * stream that has it most often.
 *
 *     stream 0, killed     11  12  13 13  14  15
 *     stream 1, killed         12  13                  the file that ends it ends within transaction 13
 *     read                 11  12  13 13  14  15
 *
 * That takes a source that repeats a change byte for byte. Where the order within a transaction differs, the latest
 * stream decides. Memory: a piece of each file that overlaps with others, and nothing of a transaction while streams agree.
 */
export class TableReader {
  readonly dir: DataDir;
  readonly #chunkSize: number;
  /** The latest first; undefined before the first {@link fill}. */
  #streams: readonly StreamReader[] | undefined;
  /** The only stream that has the transaction at hand, and where it meets others again. */
  #alone: StreamReader | undefined;
  #until: bigint | undefined;
  /** The transaction at hand when several have it. */
  #shared: AsyncGenerator<ChangeLine, void, void> | undefined;
  #line: ChangeLine | undefined;

  constructor(dir: DataDir, chunkSize: number) {
    this.dir = dir;
    this.#chunkSize = chunkSize;
  }

  /** The change at hand; undefined before the first {@link fill}, and at the end. */
  get current(): ChangeLine | undefined {
    return this.#line;
  }

  /** Goes to the next change if it is among what was read; false when {@link fill} must find it. */
  step(): boolean {
    if (this.#alone === undefined) return false;
    this.#alone.step();
    return this.#takeAlone();
  }

  /** Reads until there is a current change, or the end: then the answer is false. Follows a {@link step} that failed. */
  async fill(): Promise<boolean> {
    this.#streams ??= await this.#open();
    for (;;) {
      const next = await this.#shared?.next();
      if (next?.done === false) {
        this.#line = next.value;
        return true;
      }
      this.#shared = undefined;
      const streams: StreamReader[] = [];
      for (const stream of this.#streams) if (await stream.read()) streams.push(stream);
      this.#streams = streams;
      this.#line = undefined;
      if (streams.length === 0) return false;
      if (this.#meet(streams)) return true;
    }
  }

  /** Finds who has the earliest transaction; true when one has it alone, whose line is the current one then. */
  #meet(streams: readonly StreamReader[]): boolean {
    let first: bigint | undefined;
    for (const { ts } of streams) if (first === undefined || (ts !== undefined && ts < first)) first = ts;
    const level = streams.filter(({ ts }) => ts === first);
    this.#until = undefined;
    this.#alone = level.length === 1 ? level[0] : undefined;
    if (this.#alone === undefined) {
      this.#shared = eachOnce(level, first ?? 0n);
      return false;
    }
    for (const { ts } of streams)
      if (ts !== undefined && ts !== first && (this.#until === undefined || ts < this.#until)) this.#until = ts;
    return this.#takeAlone();
  }

  #takeAlone(): boolean {
    const line = this.#alone?.line;
    if (line === undefined || (this.#until !== undefined && line.commitTs >= this.#until)) {
      this.#alone = undefined;
      return false;
    }
    this.#line = line;
    return true;
  }

  async #open(): Promise<readonly StreamReader[]> {
    const { path, version, streams } = this.dir;
    const readers: StreamReader[] = [];
    for (const names of streams) {
      const files: FileCursor[] = [];
      for (const [ordinal, name] of names.entries()) {
        const file = await FileCursor.open(join(path, name), this.#chunkSize, ordinal, version);
        if (file !== undefined) files.push(file);
      }
      readers.push(new StreamReader(files));
    }
    return readers.reverse();
  }
}
