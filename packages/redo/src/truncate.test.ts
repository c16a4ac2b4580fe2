import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { fileNames, quietSink, readShort, rowsOf, sinkContext, tableInfo, temporaryDirs } from './testing/rows.js';

const newDir = temporaryDirs(afterEach);
const a = tableInfo(1, 'a', 1n);

/** Segments 11-12, 13-14 and 15-16 of worker-0, and 14-20 of worker-1. */
async function log(): Promise<string> {
  const dir = await newDir();
  for (const [worker, from, to] of [
    ['worker-0', 11n, 12n],
    ['worker-0', 13n, 14n],
    ['worker-0', 15n, 16n],
    ['worker-1', 14n, 20n],
  ] as const) {
    const sink = await quietSink(dir, {}, sinkContext(worker));
    void sink.write(
      rowsOf(worker === 'worker-0' ? a : tableInfo(2, 'b', 1n), [
        [from, 'x'],
        [to, 'y'],
      ]),
    );
    await sink.close();
  }
  return dir;
}

test('deletes sealed segments of all workers that hold nothing above the ts, and says so to readers', async () => {
  const dir = await log();
  const sink = await quietSink(dir);
  expect(await sink.truncate(11n)).toBe(0);
  expect(await readShort(dir)).toHaveLength(8);
  expect(await sink.truncate(15n)).toBe(2);
  expect(await fileNames(dir)).toEqual(['truncated', 'worker-0.00000003.15-16.redo', 'worker-1.00000001.14-20.redo']);
  // 14 of worker-1 is there still, but 14 of worker-0 is not.
  expect(await readShort(dir)).toEqual(['15 a=x', '16 a=y', '20 b=y']);
  expect(await readShort(dir, { from: 14n })).toHaveLength(3);
  await expect(readShort(dir, { from: 13n })).rejects.toMatchObject({
    code: 'REDO_TRUNCATED',
    message: expect.stringMatching(/at or below 14, so it cannot be read from 13; start from there/),
  });
  void sink.write(rowsOf(a, [[17n, 'z']]));
  await sink.close();
  expect(await fileNames(dir)).toContain('worker-0.00000004.17-17.redo');
});

test('a truncation up to everything, and again', async () => {
  const dir = await log();
  const sink = await quietSink(dir);
  expect(await sink.truncate(100n)).toBe(4);
  expect(await sink.truncate(100n)).toBe(0);
  await sink.close();
  expect(await readShort(dir)).toEqual([]);
  await expect(readShort(dir, { from: 19n })).rejects.toMatchObject({ code: 'REDO_TRUNCATED' });
});

test('what is no ts, and a note that is none', async () => {
  const dir = await log();
  const sink = await quietSink(dir);
  await expect(sink.truncate(-1n)).rejects.toMatchObject({ code: 'REDO_OPTION' });
  await writeFile(join(dir, 'truncated'), 'x');
  await expect(sink.truncate(12n)).rejects.toMatchObject({ code: 'REDO_META', path: join(dir, 'truncated') });
  expect(await fileNames(dir)).toHaveLength(5);
  await sink.close();
});
