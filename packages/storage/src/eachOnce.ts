import { createHash } from 'node:crypto';
import type { ChangeLine } from './changeFile.js';
import type { StreamReader } from './streamReader.js';

/**
 * Lines at `ts` of streams that stand there, each once; the streams stand behind `ts` then. See `TableReader` for what
 * streams have in common. As long as they say the same, nothing is kept of it.
 */
export async function* eachOnce(streams: readonly StreamReader[], ts: bigint): AsyncGenerator<ChangeLine, void, void> {
  let abreast = await standingAt(streams, ts);
  for (let line = common(abreast); line !== undefined; line = common(abreast)) {
    yield line;
    for (const stream of abreast) stream.step();
    abreast = await standingAt(abreast, ts);
  }
  const given = new Map<string, number>();
  for (const stream of abreast) {
    const own = new Map<string, number>();
    while ((await stream.read()) && stream.line?.commitTs === ts) {
      const { line } = stream;
      const key = createHash('sha256').update(line.bytes).digest('base64url');
      const count = (own.get(key) ?? 0) + 1;
      own.set(key, count);
      if (count > (given.get(key) ?? 0)) {
        given.set(key, count);
        yield line;
      }
      stream.step();
    }
  }
}

async function standingAt(streams: readonly StreamReader[], ts: bigint): Promise<readonly StreamReader[]> {
  const standing: StreamReader[] = [];
  for (const stream of streams) if ((await stream.read()) && stream.ts === ts) standing.push(stream);
  return standing;
}

/** The line at hand, if it is the same in all. */
function common([first, ...others]: readonly StreamReader[]): ChangeLine | undefined {
  const line = first?.line;
  if (line === undefined) return undefined;
  const same = ({ line: other }: StreamReader): boolean => other !== undefined && Buffer.compare(line.bytes, other.bytes) === 0;
  return others.every(same) ? line : undefined;
}
