import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSink } from '@tidegate/redo';
import { afterEach, expect, test } from 'vitest';
import { bind, checkBegin, checkBond } from './redoBond.js';
import { temporaryDirs } from './testing/surroundings.js';

const newDir = temporaryDirs(afterEach);
const fresh = { startTs: 0n, resumed: false };
const later = { startTs: 30n, resumed: true };

/** A redo log says how far it is. */
async function promise(log: string): Promise<void> {
  const sink = await createSink({ dir: log, fsync: false }, { worker: 'worker-0', signal: new AbortController().signal });
  await sink.meta?.({ resolvedTs: 30n, checkpointTs: 20n });
  await sink.close();
}

async function begun(): Promise<{ to: string; log: string }> {
  const [to, log] = [await newDir(), join(await newDir(), 'log')];
  await bind(to, log, fresh);
  await promise(log);
  return { to, log };
}

test('a directory that every run has kept beside its log goes on with it', async () => {
  const { to, log } = await begun();
  await checkBond(to, log, later);
  await bind(to, log, later);
  await expect(checkBond(to, log, later)).resolves.toBeUndefined();
  expect(() => checkBegin(log, 0n), 'it has everything').not.toThrow();
});

test('one that was continued without its log, or with another, does not: the log would have a hole', async () => {
  for (const other of [undefined, join(await newDir(), 'other')]) {
    const { to, log } = await begun();
    await bind(to, other, later);
    await expect(checkBond(to, log, later)).rejects.toThrow(
      expect.objectContaining({ code: 'CLI_RESUME', message: expect.stringContaining('was continued without it') }),
    );
    await expect(checkBond(to, log, fresh), 'from the beginning, nothing is missing').resolves.toBeUndefined();
  }
});

test('a log that is begun beside a directory with a checkpoint is applied from there only', async () => {
  const [to, log] = [await newDir(), join(await newDir(), 'log')];
  await checkBond(to, log, later);
  await bind(to, log, later);
  expect(() => checkBegin(log, 29n)).toThrow(
    expect.objectContaining({ code: 'CLI_INCOMPLETE', message: expect.stringContaining('--from 30') }),
  );
  expect(() => checkBegin(log, 30n)).not.toThrow();
});

test('a log that has promised nothing yet is begun anew; so is a bond that was cut off while it was written', async () => {
  const [to, log] = [await newDir(), join(await newDir(), 'log')];
  await bind(await newDir(), log, fresh);
  await expect(checkBond(to, log, later)).resolves.toBeUndefined();
  writeFileSync(join(log, '.tidegate.redo'), '{"token":"a');
  await bind(to, log, later);
  await promise(log);
  await expect(checkBond(to, log, later)).resolves.toBeUndefined();
});

test('nothing is made of a log that is only looked at', async () => {
  const log = join(await newDir(), 'log');
  await checkBond(await newDir(), log, later);
  checkBegin(log, 0n);
  expect(existsSync(log)).toBe(false);
});
