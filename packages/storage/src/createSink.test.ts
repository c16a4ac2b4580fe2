import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createSink } from './createSink.js';
import { fileNames, sinkContext, temporaryDirs } from './testing/rows.js';

const newDir = temporaryDirs(afterEach);

test('creates the directory with its parents and leaves nothing of the trial in it', async () => {
  const dir = join(await newDir(), 'a', 'b');
  const sink = await createSink({ dir }, sinkContext());
  await sink.close();
  expect(await fileNames(dir)).toEqual([]);
});

test('a directory that cannot be written is said at once, with its path and the reason', async () => {
  const file = join(await newDir(), 'file');
  await writeFile(file, '');
  for (const dir of [file, join(file, 'x'), '/proc/tidegate']) {
    await expect(createSink({ dir }, sinkContext())).rejects.toMatchObject({
      code: 'STORAGE_UNWRITABLE',
      path: dir,
      message: expect.stringMatching(/^cannot write to directory .*: E[A-Z]+/),
    });
  }
});

test('options are checked before anything is touched', async () => {
  await expect(createSink({ dir: '' }, sinkContext())).rejects.toMatchObject({ code: 'STORAGE_OPTION' });
});

test('several workers may open one directory at a time', async () => {
  const dir = await newDir();
  const sinks = await Promise.all(Array.from({ length: 8 }, (_, worker) => createSink({ dir }, sinkContext(`worker-${worker}`))));
  await Promise.all(sinks.map((sink) => sink.close()));
  expect(await fileNames(dir)).toEqual([]);
});

test('a worker may have any name', async () => {
  const dir = await newDir();
  for (const name of ['h2/worker-0', '..', 'a.b', 'é']) {
    const sink = await createSink({ dir, fsync: false }, sinkContext(name));
    await sink.checkpoint(1n);
    await sink.close();
  }
  expect(await fileNames(dir)).toEqual(['metadata']);
});
