import { spawnSync } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { DirectoryLock } from './directoryLock.js';
import { temporaryDirs } from './testing/surroundings.js';

const newDir = temporaryDirs(afterEach);

test('is released once and leaves nothing', async () => {
  const dir = await newDir();
  const lock = DirectoryLock.take(dir);
  expect(await readdir(dir)).toEqual(['.tidegate.lock']);
  lock.release();
  expect(await readdir(dir)).toEqual([]);
  const next = DirectoryLock.take(dir);
  lock.release();
  expect(await readdir(dir)).toEqual(['.tidegate.lock']);
  next.release();
});

test('a live process keeps it', async () => {
  const dir = await newDir();
  await writeFile(join(dir, '.tidegate.lock'), `${process.ppid}\n`);
  expect(() => DirectoryLock.take(dir)).toThrow(
    expect.objectContaining({ code: 'CLI_LOCKED', message: expect.stringContaining(`by process ${process.ppid}`) }),
  );
});

test('that of a dead process, or of no process, is taken over', async () => {
  const dir = await newDir();
  const { pid } = spawnSync(process.execPath, ['--version']);
  for (const owner of [`${pid}\n`, '', 'nonsense', `${process.pid}\n`]) {
    await writeFile(join(dir, '.tidegate.lock'), owner);
    DirectoryLock.take(dir).release();
  }
  expect(await readdir(dir)).toEqual([]);
});
