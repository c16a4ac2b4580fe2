import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { readMetadata } from './metadata.js';
import { temporaryDirs } from './testing/rows.js';

const newDir = temporaryDirs(afterEach);

describe('readMetadata', () => {
  test('reads the checkpoint exactly, beyond 2^53, and as others indent it', async () => {
    const dir = await newDir();
    await writeFile(join(dir, 'metadata'), '{"checkpoint-ts":462422016000786433}');
    expect(await readMetadata(dir)).toEqual({ checkpointTs: 462422016000786433n });
    await writeFile(join(dir, 'metadata'), '{\n    "checkpoint-ts": 433305438660591627\n}\n');
    expect(await readMetadata(dir)).toEqual({ checkpointTs: 433305438660591627n });
  });

  test('none before the first checkpoint, nor without a directory', async () => {
    const dir = await newDir();
    expect(await readMetadata(dir)).toBeUndefined();
    expect(await readMetadata(join(dir, 'none'))).toBeUndefined();
  });

  test.each(['', '{}', '{"checkpoint-ts":"5"}', '{"checkpoint-ts":-1}', '{"checkpoint-ts":18446744073709551616}', '[5]'])(
    '%j is refused',
    async (text) => {
      const dir = await newDir();
      await writeFile(join(dir, 'metadata'), text);
      await expect(readMetadata(dir)).rejects.toMatchObject({ code: 'STORAGE_INVALID', path: join(dir, 'metadata') });
    },
  );

  test('what cannot be read is said', async () => {
    const dir = await newDir();
    await mkdir(join(dir, 'metadata'));
    await expect(readMetadata(dir)).rejects.toMatchObject({ code: 'STORAGE_UNREADABLE', path: join(dir, 'metadata') });
  });
});
