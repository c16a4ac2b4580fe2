import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DdlRecords } from './ddlRecords.js';
import type { Files } from './files.js';
import {
  dataDir,
  dataFileName,
  INDEX_FILE,
  isTempOf,
  META_DIR,
  parseDataFileName,
  STREAM_NUMBERS,
  type TableVersion,
} from './layout.js';

/** What the files of all tables share. */
export interface TableFilesContext {
  readonly root: string;
  readonly files: Files;
  readonly records: DdlRecords;
  /** Names the writer in temporary names. */
  readonly writer: string;
  readonly indexWidth: number;
}

/**
 * The numbered files of one version of a table.
 *
 * The order of a file's life: temporary file written and synced, name given, directory synced, index replaced. A crash
 * - before the name: nothing of it is seen, the temporary file is removed when this writer comes back;
 * - before the index: the file counts, the index is one behind. Numbers continue from what is in the directory.
 *
 * **A stream is what one sink wrote until a dispatcher began again**, and has numbers of its own ({@link STREAM_NUMBERS}). Within
 * a stream nothing is repeated. A later stream may repeat what earlier ones have, as far as it came, because a restart
 * begins at a checkpoint; and where a table is split, sinks of several workers write its parts at the same time. Without
 * streams a reader could not tell a repeated transaction from one that goes on in the next file. A stream is
 * owned by whoever gives the first file its name, which one can do.
 */
export class TableFiles {
  readonly #context: TableFilesContext;
  readonly #table: TableVersion;
  readonly #dir: string;
  /** -1 until the directory was looked at. */
  #stream = -1;
  /** Files in the stream; 0: it is yet to be owned. */
  #count = 0;

  constructor(context: TableFilesContext, table: TableVersion) {
    this.#context = context;
    this.#table = table;
    this.#dir = dataDir(context.root, table);
  }

  get dir(): string {
    return this.#dir;
  }

  /** Writes one file of whole lines, the first of a stream if `begins`. Durable when the promise settles. Calls must not overlap. */
  async write(content: readonly Uint8Array[], begins: boolean): Promise<void> {
    if (this.#stream < 0) await this.#open();
    else if (begins && this.#count > 0) this.#begin();
    const { files, indexWidth } = this.#context;
    const numberOf = (attempt: number): number =>
      this.#count === 0
        ? (this.#stream + attempt) * STREAM_NUMBERS + 1
        : this.#stream * STREAM_NUMBERS + this.#count + 1 + attempt;
    const nameOf = (attempt: number): string => dataFileName(numberOf(attempt), indexWidth);
    const attempt = await files.createNext(this.#dir, nameOf, content);
    const index = [Buffer.from(`${nameOf(attempt)}\n`)];
    if (this.#count === 0) {
      this.#stream += attempt;
      this.#count = 1;
    } else {
      this.#count += 1 + attempt;
    }
    await files.replace(join(this.#dir, META_DIR), INDEX_FILE, index, false);
  }

  #begin(): void {
    this.#stream++;
    this.#count = 0;
  }

  async #open(): Promise<void> {
    const { files, records, writer } = this.#context;
    await files.ensureDir(join(this.#dir, META_DIR));
    await records.ensureVersion(this.#table);
    let last = 0;
    for (const name of await readdir(this.#dir)) {
      const number = parseDataFileName(name);
      if (number !== undefined) last = Math.max(last, number);
      else if (isTempOf(name, writer)) await rm(join(this.#dir, name), { force: true });
    }
    this.#stream = last === 0 ? 0 : Math.floor(last / STREAM_NUMBERS) + 1;
  }
}
