import { appendFile, copyFile, mkdir, open, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { createSink } from './createSink.js';
import { fileNames, quietSink, readShort, rowsOf, sinkContext, tableInfo, temporaryDirs } from './testing/rows.js';

const newDir = temporaryDirs(afterEach);
const a = tableInfo(1, 'a', 10n);
const OPEN = 'worker-0.00000001.open';

/** A directory with an unsealed segment of three batches, at 11, 12 and 13, and the places where they end. */
async function unsealed(): Promise<{ dir: string; path: string; ends: number[] }> {
  const dir = await newDir();
  const abort = new AbortController();
  const sink = await quietSink(dir, {}, sinkContext('worker-0', abort.signal));
  const ends: number[] = [];
  for (const ts of [11n, 12n, 13n]) {
    const written = sink.write(rowsOf(a, [[ts, `value ${ts}`]]));
    await sink.flush(a);
    await written;
    ends.push((await readFile(join(dir, OPEN))).length);
  }
  abort.abort();
  await sink.close();
  return { dir, path: join(dir, OPEN), ends };
}

async function flip(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[at] = (bytes[at] ?? 0) ^ 0x10;
  await writeFile(path, bytes);
}

describe('a torn tail', () => {
  test('cut at every byte: whole batches are read, what follows is not, and the next life cuts it', async () => {
    const { path, ends } = await unsealed();
    const [, second = 0, third = 0] = ends;
    const dir = await newDir();
    for (let size = second; size < third; size++) {
      const copy = join(dir, String(size));
      await mkdir(copy);
      await copyFile(path, join(copy, OPEN));
      await truncate(join(copy, OPEN), size);
      expect(await readShort(copy)).toEqual(['11 a=value 11', '12 a=value 12']);
      await (await quietSink(copy)).close();
      expect(await fileNames(copy)).toEqual(['worker-0.00000001.11-12.redo']);
      expect((await readFile(join(copy, 'worker-0.00000001.11-12.redo'))).length).toBe(second);
    }
  });

  test.each([
    ['zeros, as a file system leaves them', Buffer.alloc(5_000)],
    ['garbage', Buffer.from('garbage '.repeat(100))],
    ['the first bytes of a header', Buffer.from('TGR\u0001')],
  ])('%s', async (_, tail) => {
    const { dir, path } = await unsealed();
    await appendFile(path, tail);
    expect(await readShort(dir)).toHaveLength(3);
    await (await quietSink(dir)).close();
    expect(await fileNames(dir)).toEqual(['worker-0.00000001.11-13.redo']);
    expect(await readShort(dir)).toHaveLength(3);
  });

  test('a last batch whose bytes did not all reach the disk', async () => {
    const { dir, path, ends } = await unsealed();
    await flip(path, (ends[2] ?? 0) - 1);
    expect(await readShort(dir)).toEqual(['11 a=value 11', '12 a=value 12']);
    await (await quietSink(dir)).close();
    expect(await readShort(dir)).toEqual(['11 a=value 11', '12 a=value 12']);
  });

  test('nothing whole at all: the file goes', async () => {
    const { dir, path } = await unsealed();
    await truncate(path, 20);
    expect(await readShort(dir)).toEqual([]);
    await (await quietSink(dir)).close();
    expect(await fileNames(dir)).toEqual([]);
  });

  test('the next life goes on behind it, and other workers leave it alone', async () => {
    const { dir, path, ends } = await unsealed();
    await truncate(path, (ends[2] ?? 0) - 1);
    await (await quietSink(dir, {}, sinkContext('worker-1'))).close();
    expect(await fileNames(dir)).toEqual([OPEN]);
    const sink = await quietSink(dir);
    void sink.write(rowsOf(a, [[13n, 'value 13']]));
    await sink.close();
    expect(await fileNames(dir)).toEqual(['worker-0.00000001.11-12.redo', 'worker-0.00000002.13-13.redo']);
    expect(await readShort(dir)).toHaveLength(3);
  });
});

describe('damage to what was durable is never taken for a torn tail', () => {
  test('a batch that is broken while a later one is not: its writer had synced it', async () => {
    const { dir, path, ends } = await unsealed();
    const [first = 0] = ends;
    for (const at of [first, first + 17, first + 40]) {
      await flip(path, at);
      const damage = {
        code: 'REDO_CORRUPT',
        path,
        offset: first,
        message: expect.stringMatching(/damaged at byte \d+: .*later batch at byte \d+.* put an intact copy/),
      };
      await expect(readShort(dir)).rejects.toMatchObject(damage);
      await expect(createSink({ dir }, sinkContext())).rejects.toMatchObject(damage);
      await flip(path, at);
    }
    expect(await readShort(dir)).toHaveLength(3);
  });

  test('anything in a sealed segment, at any byte', async () => {
    const { dir } = await unsealed();
    await (await quietSink(dir)).close();
    const path = join(dir, 'worker-0.00000001.11-13.redo');
    const { length } = await readFile(path);
    for (let at = 0; at < length; at += 7) {
      await flip(path, at);
      await expect(readShort(dir), `byte ${at}`).rejects.toMatchObject({ code: 'REDO_CORRUPT', path });
      await flip(path, at);
    }
    const handle = await open(path, 'r+');
    await handle.truncate(length - 1);
    await handle.close();
    await expect(readShort(dir)).rejects.toMatchObject({ code: 'REDO_CORRUPT' });
  });

  test('a change that looks like a batch is not taken for one', async () => {
    const { dir, path, ends } = await unsealed();
    const copy = (await readFile(path)).toString('latin1');
    const sink = await quietSink(dir);
    const bytes = Buffer.from(copy, 'latin1');
    void sink.write({ table: a, length: 1, commitTs: () => 14n, rows: () => 1, bytes: () => bytes });
    const abort = sink.flush(a);
    await abort;
    // Its own header is lost, and in it lie three of another segment.
    const second = join(dir, 'worker-0.00000002.open');
    await flip(second, 3);
    expect(await readShort(dir)).toHaveLength(3);
    expect(ends).toHaveLength(3);
    await sink.close();
  });
});
