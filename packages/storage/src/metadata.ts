import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasSystemCode, StorageError, storageError } from './errors.js';
import type { Files } from './files.js';
import { METADATA_FILE } from './layout.js';

/** What a directory's `metadata` says. */
export interface Metadata {
  /** Everything at or below it is in the directory. */
  readonly checkpointTs: bigint;
}

/**
 * Reads a directory's `metadata`; undefined when there is none, which is so before the first checkpoint.
 * Throws `STORAGE_UNREADABLE`, `STORAGE_INVALID`.
 */
export async function readMetadata(dir: string): Promise<Metadata | undefined> {
  const path = join(dir, METADATA_FILE);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT')) return undefined;
    throw storageError('STORAGE_UNREADABLE', 'cannot read', path, error);
  }
  // Read as text: the number passes 2^53.
  const digits = /^\s*\{\s*"checkpoint-ts"\s*:\s*(\d{1,20})\s*\}\s*$/.exec(text)?.[1];
  if (digits === undefined || BigInt.asUintN(64, BigInt(digits)) !== BigInt(digits)) {
    throw new StorageError('STORAGE_INVALID', `${path} must be {"checkpoint-ts":N}, not ${JSON.stringify(text.slice(0, 80))}`, {
      path,
    });
  }
  return { checkpointTs: BigInt(digits) };
}

/** Writes `metadata`. It only ever grows, and while one write runs later ones are merged into the next. */
export class CheckpointFile {
  readonly #dir: string;
  readonly #files: Files;
  /** What is known to be durable; another worker's sink may have written more. */
  #durable = -1n;
  #running: Promise<void> | undefined;
  #next: { ts: bigint; readonly done: Promise<void> } | undefined;

  constructor(dir: string, files: Files) {
    this.#dir = dir;
    this.#files = files;
  }

  /** Settles when a checkpoint of `ts` or more is durable. */
  write(ts: bigint): Promise<void> {
    if (this.#running === undefined) return this.#start(ts);
    if (this.#next === undefined) {
      const start = (): Promise<void> => {
        const wanted = this.#next?.ts ?? ts;
        this.#next = undefined;
        return this.#start(wanted);
      };
      // The earlier write has its own caller to tell of a failure; this one is tried all the same.
      this.#next = { ts, done: this.#running.then(start, start) };
    } else if (ts > this.#next.ts) {
      this.#next.ts = ts;
    }
    return this.#next.done;
  }

  /** Settles when no write is under way. */
  async settled(): Promise<void> {
    while (this.#running !== undefined) await Promise.allSettled([this.#running, this.#next?.done]);
  }

  #start(ts: bigint): Promise<void> {
    const running = this.#write(ts).finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    return running;
  }

  async #write(ts: bigint): Promise<void> {
    if (ts <= this.#durable) return;
    // Another worker may have written since, when that was its task; and now a maintainer that knows less begins anew.
    const there = (await readMetadata(this.#dir))?.checkpointTs ?? -1n;
    try {
      // What is there may be of a writer that died before it saw to the file's name.
      if (ts <= there) await this.#files.syncDir(this.#dir);
      else await this.#files.replace(this.#dir, METADATA_FILE, [Buffer.from(`{"checkpoint-ts":${ts}}`)]);
    } catch (error) {
      throw storageError('STORAGE_WRITE', 'cannot write', join(this.#dir, METADATA_FILE), error);
    }
    this.#durable = ts <= there ? there : ts;
  }
}
