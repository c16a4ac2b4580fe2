import { createHash } from 'node:crypto';
import type { Run, SegmentCursor } from './segmentCursor.js';

/** A record of a segment. */
export interface Place {
  readonly cursor: SegmentCursor;
  readonly position: number;
}

/** What one dispatcher wrote of a table at a ts, in its order. */
type Stream = readonly Run[];

/**
 * Rows of one table at one ts, each once, of everything that was written of them.
 *
 * A restart repeats everything above a checkpoint, and so does a dispatcher that takes a table over. Every such stream (a
 * life of a worker, and in it a generation of the table) wrote a beginning of the same list, as far as it came: then
 * the longest is the list. Where several dispatchers share a table by key ranges their streams are parts of it: then
 * they are joined, and a change counts as often as in the stream that has it most often. So equal changes of one stream are
 * different changes, and equal changes of two streams are the same one.
 */
export async function* withoutRepeats(runs: readonly Run[]): AsyncGenerator<Place, void, void> {
  const streams = streamsOf(runs);
  const longest = streams.reduce((best, stream) => (sizeOf(stream) > sizeOf(best) ? stream : best), streams[0] ?? []);
  if (await everyBeginning(streams, longest)) yield* places(longest);
  else yield* joined(streams);
}

async function everyBeginning(streams: readonly Stream[], longest: Stream): Promise<boolean> {
  for (const stream of streams) if (stream !== longest && !(await isBeginning(stream, longest))) return false;
  return true;
}

async function* joined(streams: readonly Stream[]): AsyncGenerator<Place, void, void> {
  const given = new Map<string, number>();
  for (const stream of streams) {
    const own = new Map<string, number>();
    for (const place of places(stream)) {
      const key = await fingerprint(place);
      const count = (own.get(key) ?? 0) + 1;
      own.set(key, count);
      if (count <= (given.get(key) ?? 0)) continue;
      given.set(key, count);
      yield place;
    }
  }
}

/** Runs by who wrote them. Segments of one life come in the order of their numbers. */
function streamsOf(runs: readonly Run[]): Stream[] {
  const streams = new Map<string, Run[]>();
  for (const { cursor, from, to } of runs) {
    for (let start = from; start < to; ) {
      const generation = cursor.index.table(start)?.generation ?? 0;
      let end = start + 1;
      while (end < to && (cursor.index.table(end)?.generation ?? 0) === generation) end++;
      const name = `${cursor.segment.worker}/${cursor.session}/${generation}`;
      const stream = streams.get(name) ?? [];
      stream.push({ cursor, from: start, to: end });
      streams.set(name, stream);
      start = end;
    }
  }
  return [...streams.values()];
}

function* places(stream: Stream): Generator<Place, void, void> {
  for (const { cursor, from, to } of stream) for (let position = from; position < to; position++) yield { cursor, position };
}

function sizeOf(stream: Stream): number {
  return stream.reduce((sum, { from, to }) => sum + to - from, 0);
}

async function isBeginning(stream: Stream, longest: Stream): Promise<boolean> {
  const own = places(longest);
  for (const place of places(stream)) {
    const other = own.next().value;
    if (other === undefined || place.cursor.index.size(place.position) !== other.cursor.index.size(other.position)) return false;
    const bytes = await place.cursor.bytes(place.position);
    if (!bytes.equals(await other.cursor.bytes(other.position))) return false;
  }
  return true;
}

async function fingerprint({ cursor, position }: Place): Promise<string> {
  return createHash('sha256')
    .update(await cursor.bytes(position))
    .digest('base64url');
}
