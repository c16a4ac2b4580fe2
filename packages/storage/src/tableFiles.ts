import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DdlRecords } from './ddlRecords.js';
import type { Files } from './files.js';
import { dataDir, dataFileName, INDEX_FILE, isTempOf, META_DIR, parseDataFileName, type TableVersion } from './layout.js';

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
 * **Lives of a writer are separated by an empty file.** What follows it may repeat what stands before it, from its first
 * change on and as far as it came, because a restart begins at the checkpoint. Without the mark a reader could not tell a
 * repeated transaction from one that goes on in the next file.
 */
export class TableFiles {
  readonly #context: TableFilesContext;
  readonly #table: TableVersion;
  readonly #dir: string;
  /** Number of the next file; 0 until the directory was looked at. */
  #next = 0;
  #markFirst = false;

  constructor(context: TableFilesContext, table: TableVersion) {
    this.#context = context;
    this.#table = table;
    this.#dir = dataDir(context.root, table);
  }

  get dir(): string {
    return this.#dir;
  }

  /** Writes one file of whole lines. Durable when the promise settles. Calls must not overlap. */
  async write(content: readonly Uint8Array[]): Promise<void> {
    if (this.#next === 0) await this.#open();
    if (this.#markFirst) {
      this.#next += await this.#context.files.createNext(this.#dir, (attempt) => this.#name(this.#next + attempt), []);
      this.#next++;
      this.#markFirst = false;
    }
    const number =
      this.#next + (await this.#context.files.createNext(this.#dir, (attempt) => this.#name(this.#next + attempt), content));
    this.#next = number + 1;
    const index = [Buffer.from(`${this.#name(number)}\n`)];
    await this.#context.files.replace(join(this.#dir, META_DIR), INDEX_FILE, index, false);
  }

  async #open(): Promise<void> {
    const { files, records, writer } = this.#context;
    await files.ensureDir(join(this.#dir, META_DIR));
    await records.ensureVersion(this.#table);
    let last = 0;
    let lastName = '';
    for (const name of await readdir(this.#dir)) {
      const number = parseDataFileName(name);
      if (number !== undefined && number > last) {
        last = number;
        lastName = name;
      } else if (isTempOf(name, writer)) {
        await rm(join(this.#dir, name), { force: true });
      }
    }
    this.#markFirst = last > 0 && (await stat(join(this.#dir, lastName))).size > 0;
    this.#next = last + 1;
  }

  #name(number: number): string {
    return dataFileName(number, this.#context.indexWidth);
  }
}
