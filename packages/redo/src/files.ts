import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasSystemCode } from './errors.js';

/** Creates a directory with its parents, durably. */
export async function ensureDir(dir: string, fsync: boolean): Promise<void> {
  try {
    await mkdir(dir);
  } catch (error) {
    if (hasSystemCode(error, 'EEXIST') && (await stat(dir)).isDirectory()) return await syncParent(dir, fsync);
    // Not mkdir's own recursion: in Node 20 that never ends where a parent is there but takes no directories, as /proc.
    if (!hasSystemCode(error, 'ENOENT') || dirname(dir) === dir || (await isDirectory(dirname(dir)))) throw error;
    await ensureDir(dirname(dir), fsync);
    await mkdir(dir);
  }
  await syncDir(dirname(dir), fsync);
}

/** Of a directory that was there: another worker may have made it a moment ago. One in a parent that may not be read is older. */
async function syncParent(dir: string, fsync: boolean): Promise<void> {
  try {
    await syncDir(dirname(dir), fsync);
  } catch (error) {
    if (!hasSystemCode(error, 'EACCES', 'EPERM')) throw error;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

/** Makes the names in a directory durable. */
export async function syncDir(dir: string, fsync: boolean): Promise<void> {
  if (!fsync) return;
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Gives `dir/name` the text in one step: a crash leaves the earlier content or this one. `temp` is the writer's own name for the draft. */
export async function replaceFile(dir: string, name: string, text: string, temp: string, fsync: boolean): Promise<void> {
  const draft = join(dir, temp);
  try {
    const handle = await open(draft, 'w');
    try {
      await handle.writeFile(text);
      if (fsync) await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, join(dir, name));
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncDir(dir, fsync);
}
