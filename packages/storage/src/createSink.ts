import { randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SinkContext } from '@tidegate/dispatcher';
import { storageError } from './errors.js';
import { Files } from './files.js';
import { isTempOf } from './layout.js';
import { resolveOptions } from './options.js';
import { StorageSink } from './storageSink.js';

/**
 * Opens a directory to write changes to: a new one, or one that was written before, which it continues. `options` are
 * {@link StorageOptions}.
 *
 * Every worker of a host has its own sink on the same directory; a table's rows go through one of them at a time. Two
 * hosts must not write to one directory.
 *
 * Throws `STORAGE_OPTION`, `STORAGE_UNWRITABLE`.
 */
export async function createSink(options: unknown, context: SinkContext): Promise<StorageSink> {
  const resolved = resolveOptions(options);
  const session = randomBytes(6).toString('hex');
  const files = new Files(resolved.dir, context.worker, session, resolved.fsync);
  try {
    await files.ensureDir(resolved.dir);
    for (const name of await readdir(resolved.dir)) {
      if (isTempOf(name, context.worker)) await rm(join(resolved.dir, name), { force: true });
    }
    // Written and removed: a directory that only looks writable is found out now, not at the first row.
    const probe = `probe-${session}`;
    await files.create(resolved.dir, probe, [Buffer.from('x')]);
    await rm(join(resolved.dir, probe));
  } catch (error) {
    throw storageError('STORAGE_UNWRITABLE', 'cannot write to directory', resolved.dir, error);
  }
  return new StorageSink(resolved, files, context);
}
