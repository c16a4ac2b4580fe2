import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { redoError } from './errors.js';
import { parseSegmentName, type SegmentName } from './segmentName.js';

/** A segment in a directory. */
export interface SegmentFile extends SegmentName {
  readonly path: string;
}

/** The segments of a directory, by worker and number. Other files are passed over. Throws `REDO_UNREADABLE`. */
export async function listSegments(dir: string): Promise<SegmentFile[]> {
  let names: string[];
  try {
    names = await readdir(dir);
  } catch (error) {
    throw redoError('REDO_UNREADABLE', 'cannot read directory', dir, error);
  }
  const segments: SegmentFile[] = [];
  for (const name of names) {
    const parsed = parseSegmentName(name);
    if (parsed !== undefined) segments.push({ ...parsed, path: join(dir, name) });
  }
  return segments.sort((a, b) => (a.worker === b.worker ? a.number - b.number : a.worker < b.worker ? -1 : 1));
}
