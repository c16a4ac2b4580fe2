import type { ChangeLine } from './changeFile.js';
import type { FileCursor } from './fileCursor.js';
import { MinHeap } from './minHeap.js';

/**
 * Reads one stream of a table's files (see `TableFiles`) in commit order. Each file is in order; where a table is split, one
 * may begin below the end of the one before. Lines of one ts come in the order of the files.
 */
export class StreamReader {
  readonly #files: MinHeap<FileCursor> = new MinHeap<FileCursor>(
    (a, b) => a.ts < b.ts || (a.ts === b.ts && a.ordinal < b.ordinal),
  );

  constructor(files: readonly FileCursor[]) {
    for (const file of files) this.#files.push(file);
  }

  /** Commit ts of the line at hand, also before it is read; undefined at the end. */
  get ts(): bigint | undefined {
    return this.#files.peek()?.ts;
  }

  /** The line at hand; undefined when {@link read} must read it, or there is none. */
  get line(): ChangeLine | undefined {
    return this.#files.peek()?.line;
  }

  /** Goes past the line at hand, to another one or to where {@link read} goes on. */
  step(): void {
    const file = this.#files.peek();
    file?.step();
    // At the end of what was read its ts is the smallest still, so it stays in front until more of it is read.
    if (file?.line !== undefined) this.#files.sinkFirst();
  }

  /** Sees to it that there is a line at hand; false at the end. Throws `STORAGE_UNREADABLE`, `STORAGE_INVALID`. */
  async read(): Promise<boolean> {
    for (let file = this.#files.peek(); file !== undefined; file = this.#files.peek()) {
      if (file.line !== undefined) return true;
      if (await file.read()) this.#files.sinkFirst();
      else this.#files.pop();
    }
    return false;
  }
}
