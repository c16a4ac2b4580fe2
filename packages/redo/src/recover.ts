import { open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { listSegments, type SegmentFile } from './directory.js';
import { syncDir } from './files.js';
import { measureSegment } from './scanSegment.js';
import { formatSegmentName } from './segmentName.js';

/**
 * Puts in order what an earlier life of the worker left: a segment that was not sealed loses its torn tail and is sealed. Answers
 * the number for the worker's next segment. Throws `REDO_CORRUPT` where more than a tail is damaged, and touches nothing then.
 */
export async function recover(dir: string, worker: string, fsync: boolean): Promise<number> {
  let next = 1;
  for (const segment of await listSegments(dir)) {
    if (segment.worker !== worker) continue;
    if (segment.sealed === undefined) await sealLeft(segment, fsync);
    next = segment.number + 1;
  }
  return next;
}

async function sealLeft({ path, worker, number }: SegmentFile, fsync: boolean): Promise<void> {
  const dir = dirname(path);
  const { range, end, torn } = await measureSegment(path, false);
  if (range === undefined) {
    await rm(path);
  } else {
    const handle = await open(path, 'r+');
    try {
      if (torn) await handle.truncate(end);
      // Read is not synced: whole batches may be in the cache alone, and as sealed they count as durable.
      if (fsync) await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(path, join(dir, formatSegmentName({ worker, number, sealed: range })));
  }
  await syncDir(dir, fsync);
}
