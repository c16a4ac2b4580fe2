import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isTs, maxTs } from '@tidegate/protocol';
import { hasSystemCode, RedoError, redoError } from './errors.js';
import { replaceFile, syncDir } from './files.js';

/** How far a redo log is, and how far those who use it (K-11). */
export interface RedoMeta {
  /** Everything at or below it is in the log, durable: the redo checkpoint. */
  readonly resolvedTs: bigint;
  /** Everything at or below it is in the sink whose changes the log secures: the default checkpoint. 0 where there is none. */
  readonly checkpointTs: bigint;
}

const META_FILE = 'meta';
const PATTERN = /^\s*\{\s*"resolved-ts"\s*:\s*(\d{1,20})\s*,\s*"checkpoint-ts"\s*:\s*(\d{1,20})\s*\}\s*$/;

/** Reads a log's meta file; undefined when there is none. Throws `REDO_UNREADABLE`, `REDO_META`. */
export async function readRedoMeta(dir: string): Promise<RedoMeta | undefined> {
  const path = join(dir, META_FILE);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT')) return undefined;
    throw redoError('REDO_UNREADABLE', 'cannot read', path, error);
  }
  // Read as text: the numbers pass 2^53.
  const match = PATTERN.exec(text);
  const resolvedTs = BigInt(match?.[1] ?? -1);
  const checkpointTs = BigInt(match?.[2] ?? -1);
  if (isTs(resolvedTs) && isTs(checkpointTs)) return { resolvedTs, checkpointTs };
  throw new RedoError(
    'REDO_META',
    `${path} must be {"resolved-ts":N,"checkpoint-ts":N}, not ${JSON.stringify(text.slice(0, 80))}; write what is known to be true, or remove it`,
    { path },
  );
}

/** Writes the meta file. Both numbers only ever grow; while one write runs, later ones are merged into the next. */
export class MetaFile {
  readonly #dir: string;
  readonly #temp: string;
  readonly #fsync: boolean;
  /** What is known to be durable; another worker's sink may have written more. */
  #durable: RedoMeta = { resolvedTs: 0n, checkpointTs: 0n };
  #looked = false;
  #wanted: RedoMeta = { resolvedTs: 0n, checkpointTs: 0n };
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(dir: string, writer: string, fsync: boolean) {
    this.#dir = dir;
    this.#temp = `.${META_FILE}.${encodeURIComponent(writer)}.tmp`;
    this.#fsync = fsync;
  }

  /** Settles when both numbers, or larger ones, are durable. Throws `REDO_WRITE`, and what {@link readRedoMeta} throws. */
  write(meta: RedoMeta): Promise<void> {
    this.#wanted = larger(this.#wanted, meta);
    if (this.#running === undefined) return this.#start();
    // The earlier write has its own caller to tell of a failure; this one is tried all the same.
    this.#next ??= this.#running.then(
      () => this.#start(),
      () => this.#start(),
    );
    return this.#next;
  }

  /** Settles when no write is under way. */
  async settled(): Promise<void> {
    while (this.#running !== undefined) await Promise.allSettled([this.#running, this.#next]);
  }

  #start(): Promise<void> {
    this.#next = undefined;
    const running = this.#write().finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    return running;
  }

  async #write(): Promise<void> {
    if (this.#looked && equal(larger(this.#durable, this.#wanted), this.#durable)) return;
    // Another worker may have written since, when that was its task; and now a maintainer that knows less begins anew.
    const there = larger((await readRedoMeta(this.#dir)) ?? this.#durable, this.#durable);
    const meta = larger(there, this.#wanted);
    try {
      if (!equal(meta, there)) {
        const text = `{"resolved-ts":${meta.resolvedTs},"checkpoint-ts":${meta.checkpointTs}}`;
        await replaceFile(this.#dir, META_FILE, text, this.#temp, this.#fsync);
      } else if (!equal(meta, this.#durable)) {
        // Of a writer that may have died before it saw to the file's name.
        await syncDir(this.#dir, this.#fsync);
      }
    } catch (error) {
      throw redoError('REDO_WRITE', 'cannot write', join(this.#dir, META_FILE), error);
    }
    this.#durable = meta;
    this.#looked = true;
  }
}

function equal(a: RedoMeta, b: RedoMeta): boolean {
  return a.resolvedTs === b.resolvedTs && a.checkpointTs === b.checkpointTs;
}

function larger(a: RedoMeta, b: RedoMeta): RedoMeta {
  return { resolvedTs: maxTs(a.resolvedTs, b.resolvedTs), checkpointTs: maxTs(a.checkpointTs, b.checkpointTs) };
}
