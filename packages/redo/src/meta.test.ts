import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { readRedoMeta } from './meta.js';
import { fileNames, quietSink, sinkContext, temporaryDirs } from './testing/rows.js';

const newDir = temporaryDirs(afterEach);
const TS = 462422016003145732n;

test('K-11: both numbers only grow, over writes, workers and lives', async () => {
  const dir = await newDir();
  expect(await readRedoMeta(dir)).toBeUndefined();
  const sink = await quietSink(dir);
  await sink.meta({ resolvedTs: TS, checkpointTs: 5n });
  expect(await readRedoMeta(dir)).toEqual({ resolvedTs: TS, checkpointTs: 5n });
  await sink.meta({ resolvedTs: TS - 1n, checkpointTs: 7n });
  expect(await readRedoMeta(dir)).toEqual({ resolvedTs: TS, checkpointTs: 7n });
  await sink.close();
  const next = await quietSink(dir, { fsync: true }, sinkContext('worker-1'));
  await next.checkpoint(TS - 5n);
  expect(await readRedoMeta(dir)).toEqual({ resolvedTs: TS, checkpointTs: 7n });
  await next.checkpoint(TS + 1n);
  expect(await readRedoMeta(dir)).toEqual({ resolvedTs: TS + 1n, checkpointTs: 7n });
  await next.close();
  expect(await fileNames(dir)).toEqual(['meta']);
});

test('K-11: neither goes back when another worker has written meanwhile', async () => {
  const dir = await newDir();
  const sinks = [await quietSink(dir), await quietSink(dir, {}, sinkContext('worker-1'))] as const;
  await sinks[0].meta({ resolvedTs: 5n, checkpointTs: 3n });
  await sinks[1].meta({ resolvedTs: 9n, checkpointTs: 8n });
  await sinks[0].meta({ resolvedTs: 7n, checkpointTs: 4n });
  expect(await readRedoMeta(dir)).toEqual({ resolvedTs: 9n, checkpointTs: 8n });
  for (const sink of sinks) await sink.close();
});

test('many writes at a time are merged, and each settles when its numbers are there', async () => {
  const dir = await newDir();
  const sink = await quietSink(dir);
  const writes: Promise<void>[] = [];
  for (let ts = 1n; ts <= 200n; ts++) {
    writes.push(
      sink.meta({ resolvedTs: ts, checkpointTs: ts / 2n }).then(async () => {
        expect((await readRedoMeta(dir))?.resolvedTs).toBeGreaterThanOrEqual(ts);
      }),
    );
  }
  await Promise.all(writes);
  expect(await readRedoMeta(dir)).toEqual({ resolvedTs: 200n, checkpointTs: 100n });
  await sink.close();
});

test('a meta file that is none is an error that names it, and is not written over', async () => {
  const dir = await newDir();
  for (const text of ['', '{}', '{"resolved-ts":1}', '{"resolved-ts":18446744073709551616,"checkpoint-ts":1}']) {
    await writeFile(join(dir, 'meta'), text);
    const wrong = { code: 'REDO_META', path: join(dir, 'meta') };
    await expect(readRedoMeta(dir)).rejects.toMatchObject(wrong);
    const sink = await quietSink(dir);
    await expect(sink.checkpoint(1n)).rejects.toMatchObject(wrong);
    await sink.close();
  }
});
