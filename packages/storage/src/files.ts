import { type FileHandle, link, mkdir, open, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasSystemCode } from './errors.js';
import { tempName } from './layout.js';

const KNOWN_DIRS = 4_096;

/**
 * Writes files so that a reader never sees half of one: each is written under a temporary name in its own directory,
 * synced, and only then given its name, in one step of the file system.
 *
 * At most one file is open in each call, so the number of calls under way bounds the descriptors.
 */
export class Files {
  readonly #root: string;
  readonly #writer: string;
  readonly #session: string;
  readonly #fsync: boolean;
  /** Directories known to be durable: forgotten as a whole when there are too many, which costs a few calls. */
  readonly #durableDirs = new Set<string>();
  #temps = 0;

  /** `root`: all files lie below it. `writer` names who writes, `session` tells this life of it from earlier ones. */
  constructor(root: string, writer: string, session: string, fsync: boolean) {
    this.#root = root;
    this.#writer = writer;
    this.#session = session;
    this.#fsync = fsync;
  }

  /** Creates a directory with its parents, durably. */
  async ensureDir(dir: string): Promise<void> {
    await this.#settleDirs(await this.#makeDirs(dir));
  }

  /** Creates a directory with its parents. Answers those that are not known to be durable. */
  async #makeDirs(dir: string, unsettled: string[] = []): Promise<readonly string[]> {
    if (this.#durableDirs.has(dir)) return unsettled;
    const below = dir.startsWith(this.#root) && dir !== this.#root;
    let made = await makeDir(dir);
    if (made === 'no parent') {
      await this.#makeDirs(dirname(dir), unsettled);
      // Not mkdir's own recursion: in Node 20 that never ends where a parent is there but takes no directories, as /proc.
      made = await makeDir(dir);
      if (made === 'no parent') throw new Error(`ENOENT: ${dirname(dir)} takes no directories`);
    } else if (below) await this.#makeDirs(dirname(dir), unsettled);
    // Another worker may have made it a moment ago, so below the root it is seen to even when it was there.
    if (below || made === 'new') unsettled.push(dir);
    return unsettled;
  }

  /** A directory is durable once the one that holds its name is. */
  async #settleDirs(dirs: readonly string[]): Promise<void> {
    await Promise.all(dirs.map((dir) => this.syncDir(dirname(dir))));
    for (const dir of dirs) {
      if (this.#durableDirs.size >= KNOWN_DIRS) this.#durableDirs.clear();
      this.#durableDirs.add(dir);
    }
  }

  /**
   * Gives `dir/name` the content, whatever it held before. Durable when the promise settles, unless `durable` is false:
   * then a power failure may bring the earlier content back, but never half of one.
   */
  async replace(dir: string, name: string, content: readonly Uint8Array[], durable = true): Promise<void> {
    const temp = await this.#writeTemp(dir, name, content);
    try {
      await rename(temp, join(dir, name));
    } catch (error) {
      await rm(temp, { force: true });
      throw error;
    }
    if (durable) await this.syncDir(dir);
  }

  /**
   * Creates `dir/name` with the content, and the directory too, unless there is such a file: then nothing changes and the
   * answer is false. Either way the file is durable: one that is there may be of a writer that died before it saw to that.
   */
  async create(dir: string, name: string, content: readonly Uint8Array[]): Promise<boolean> {
    const unsettled = await this.#makeDirs(dir);
    // A disk takes long to sync and is asked for the directories and the file at a time: what counts is when all of it is durable.
    const [isNew] = await Promise.all([this.#createIn(dir, name, content), this.#settleDirs(unsettled)]);
    return isNew;
  }

  async #createIn(dir: string, name: string, content: readonly Uint8Array[]): Promise<boolean> {
    if (await exists(join(dir, name))) {
      await this.syncDir(dir);
      return false;
    }
    const temp = await this.#writeTemp(dir, name, content);
    try {
      return await this.#publish(temp, dir, name, renameIfFree);
    } finally {
      await remove(temp);
    }
  }

  /**
   * Creates the first of the files `names` that does not exist yet, with the content, and answers its position. A
   * file that is there is never touched.
   */
  async createNext(dir: string, nameOf: (attempt: number) => string, content: readonly Uint8Array[]): Promise<number> {
    const temp = await this.#writeTemp(dir, nameOf(0), content);
    try {
      for (let attempt = 0; ; attempt++) {
        if (await this.#publish(temp, dir, nameOf(attempt), renameIfOwned)) return attempt;
      }
    } finally {
      await remove(temp);
    }
  }

  async syncDir(dir: string): Promise<void> {
    if (!this.#fsync) return;
    const handle = await open(dir, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  async #publish(
    temp: string,
    dir: string,
    name: string,
    withoutLinks: (temp: string, path: string) => Promise<boolean>,
  ): Promise<boolean> {
    try {
      // Unlike a rename, a link never replaces what another writer has put there.
      await link(temp, join(dir, name));
    } catch (error) {
      if (hasSystemCode(error, 'EEXIST')) {
        await this.syncDir(dir);
        return false;
      }
      if (!hasSystemCode(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK')) throw error;
      if (!(await withoutLinks(temp, join(dir, name)))) return false;
    }
    await this.syncDir(dir);
    return true;
  }

  async #writeTemp(dir: string, name: string, content: readonly Uint8Array[]): Promise<string> {
    const temp = join(dir, tempName(name, this.#writer, `${this.#session}-${this.#temps++}`));
    try {
      const handle = await open(temp, 'wx');
      try {
        await writeAll(handle, content);
        if (this.#fsync) await handle.sync();
      } finally {
        await handle.close();
      }
    } catch (error) {
      await rm(temp, { force: true }).catch(() => undefined);
      throw error;
    }
    return temp;
  }
}

/** `rm` looks twice before it removes. */
async function remove(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!hasSystemCode(error, 'ENOENT')) throw error;
  }
}

async function makeDir(dir: string): Promise<'new' | 'there' | 'no parent'> {
  try {
    await mkdir(dir);
    return 'new';
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT') && dirname(dir) !== dir) return 'no parent';
    if (hasSystemCode(error, 'EEXIST') && (await stat(dir)).isDirectory()) return 'there';
    throw error;
  }
}

/** For file systems without hard links, where all who might write the file at a time write the same. */
async function renameIfFree(temp: string, path: string): Promise<boolean> {
  if (await exists(path)) return false;
  await rename(temp, path);
  return true;
}

/**
 * The same where they do not: opening exclusively says who has the name, and the rename puts the file in its place. A crash in
 * between leaves an empty file, which readers of row changes pass over.
 */
async function renameIfOwned(temp: string, path: string): Promise<boolean> {
  try {
    await (await open(path, 'wx')).close();
  } catch (error) {
    if (hasSystemCode(error, 'EEXIST')) return false;
    throw error;
  }
  await rename(temp, path);
  return true;
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT')) return false;
    throw error;
  }
}

/** A vector write may stop short; this goes on until all is written. */
async function writeAll(handle: FileHandle, content: readonly Uint8Array[]): Promise<void> {
  let rest = content.filter((chunk) => chunk.length > 0);
  while (rest.length > 0) {
    const written = await handle.writev(rest);
    rest = skipBytes(rest, written.bytesWritten);
  }
}

function skipBytes(chunks: readonly Uint8Array[], count: number): Uint8Array[] {
  let left = count;
  let at = 0;
  for (let chunk = chunks[at]; chunk !== undefined && left >= chunk.length; chunk = chunks[++at]) left -= chunk.length;
  const rest = chunks.slice(at);
  if (left > 0 && rest[0] !== undefined) rest[0] = rest[0].subarray(left);
  return rest;
}
