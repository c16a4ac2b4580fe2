import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isTs, maxTs } from '@tidegate/protocol';
import { listSegments, type SegmentFile } from './directory.js';
import { hasSystemCode, RedoError, redoError } from './errors.js';
import { replaceFile, syncDir } from './files.js';

const TRUNCATED_FILE = 'truncated';

/** Up to which ts a log was truncated; 0 when it never was. Throws `REDO_UNREADABLE`, `REDO_META`. */
export async function readTruncatedTs(dir: string): Promise<bigint> {
  const path = join(dir, TRUNCATED_FILE);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT')) return 0n;
    throw redoError('REDO_UNREADABLE', 'cannot read', path, error);
  }
  const ts = BigInt(/^\s*\{\s*"truncated-ts"\s*:\s*(\d{1,20})\s*\}\s*$/.exec(text)?.[1] ?? -1);
  if (isTs(ts)) return ts;
  throw new RedoError('REDO_META', `${path} must be {"truncated-ts":N}, not ${JSON.stringify(text.slice(0, 80))}`, { path });
}

/**
 * Deletes the sealed segments of all workers that hold nothing above `upTo`, and notes the largest ts that they held: a
 * later read from below it is refused. Answers the number deleted. Nothing checks that `upTo` is no longer needed; the
 * checkpoint of the meta file is the most that is safe. One call at a time. Throws `REDO_WRITE`, `REDO_UNREADABLE`.
 */
export async function truncateSegments(dir: string, upTo: bigint, writer: string, fsync: boolean): Promise<number> {
  const doomed: SegmentFile[] = [];
  let truncatedTs = await readTruncatedTs(dir);
  for (const segment of await listSegments(dir)) {
    if (segment.sealed === undefined || segment.sealed.last > upTo) continue;
    doomed.push(segment);
    truncatedTs = maxTs(truncatedTs, segment.sealed.last);
  }
  if (doomed.length === 0) return 0;
  try {
    // Noted first: a crash in between leaves a log that says that it has less than it has.
    const temp = `.${TRUNCATED_FILE}.${encodeURIComponent(writer)}.tmp`;
    await replaceFile(dir, TRUNCATED_FILE, `{"truncated-ts":${truncatedTs}}`, temp, fsync);
    for (const { path } of doomed) await rm(path, { force: true });
    await syncDir(dir, fsync);
  } catch (error) {
    throw redoError('REDO_WRITE', 'cannot truncate the redo log in', dir, error);
  }
  return doomed.length;
}
