import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SinkContext } from '@tidegate/dispatcher';
import { redoError } from './errors.js';
import { ensureDir } from './files.js';
import { resolveOptions } from './options.js';
import { recover } from './recover.js';
import { RedoSink } from './redoSink.js';

/**
 * Opens a directory to append to: a new one, or one that was written before. What an earlier life of this worker left unsealed
 * is cut where it is torn, and sealed. `options` are {@link RedoOptions}.
 *
 * Every worker of a host has its own sink on the same directory. Two hosts must not write to one directory; keeping them
 * apart is the host's.
 *
 * Throws `REDO_OPTION`, `REDO_UNWRITABLE`, `REDO_CORRUPT`.
 */
export async function createSink(options: unknown, context: SinkContext): Promise<RedoSink> {
  const resolved = resolveOptions(options);
  try {
    await ensureDir(resolved.dir, resolved.fsync);
    // A directory that only looks writable is found out now, not at the first row.
    const probe = join(resolved.dir, `.probe.${encodeURIComponent(context.worker)}.tmp`);
    await writeFile(probe, 'x');
    await rm(probe);
    return new RedoSink(resolved, await recover(resolved.dir, context.worker, resolved.fsync), context);
  } catch (error) {
    throw redoError('REDO_UNWRITABLE', 'cannot write to directory', resolved.dir, error);
  }
}
