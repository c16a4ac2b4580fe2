import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { deliverBehind, planStart } from './resume.js';
import { temporaryDirs } from './testing/surroundings.js';

const newDir = temporaryDirs(afterEach);

describe('where a run starts', () => {
  test('a new or empty directory: at the beginning, or where the user says', async () => {
    const dir = await newDir();
    for (const path of [dir, join(dir, 'new')]) {
      expect(await planStart(path, undefined)).toEqual({ startTs: 0n, resumed: false });
      expect(await planStart(path, 7n)).toEqual({ startTs: 7n, resumed: false });
    }
  });

  test('a directory with a checkpoint: there, and nowhere else', async () => {
    const dir = await newDir();
    await writeFile(join(dir, 'metadata'), '{"checkpoint-ts":462422016000786433}');
    expect(await planStart(dir, undefined)).toEqual({ startTs: 462422016000786433n, resumed: true });
    expect(await planStart(dir, 462422016000786433n)).toEqual({ startTs: 462422016000786433n, resumed: true });
    for (const ts of [0n, 462422016000786432n, 462422016000786434n]) {
      await expect(planStart(dir, ts)).rejects.toMatchObject({
        code: 'CLI_RESUME',
        message: expect.stringContaining('complete up to its checkpoint 462422016000786433'),
      });
    }
  });

  test('data without a checkpoint: from the beginning only', async () => {
    const dir = await newDir();
    await mkdir(join(dir, 'shop'));
    expect(await planStart(dir, undefined)).toEqual({ startTs: 0n, resumed: false });
    expect(await planStart(dir, 0n)).toEqual({ startTs: 0n, resumed: false });
    await expect(planStart(dir, 7n)).rejects.toMatchObject({
      code: 'CLI_RESUME',
      message: expect.stringContaining('could leave a hole'),
    });
  });

  test('hidden files are no data; a broken checkpoint is no checkpoint to guess at', async () => {
    const dir = await newDir();
    await writeFile(join(dir, '.tidegate.lock'), '1');
    expect(await planStart(dir, 7n)).toEqual({ startTs: 7n, resumed: false });
    await writeFile(join(dir, 'metadata'), '{}');
    await expect(planStart(dir, undefined)).rejects.toMatchObject({ code: 'STORAGE_INVALID' });
  });
});

test('a run that is continued is delivered what lies at its checkpoint again, a new one starts where it is told', () => {
  expect(deliverBehind({ startTs: 7n, resumed: true })).toBe(6n);
  expect(deliverBehind({ startTs: 0n, resumed: true })).toBe(0n);
  expect(deliverBehind({ startTs: 7n, resumed: false })).toBe(7n);
});
