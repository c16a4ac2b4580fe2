import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readMessages } from '../readMessages.js';
import { watermarkLine } from '../testing/log.js';

const LINES = Array.from({ length: 2000 }, (_, index) => watermarkLine(462_422_016_000_000_000n + BigInt(index)));
const PLAIN = Buffer.from(`${LINES.join('\n')}\n`);
const GZIP = zlib.gzipSync(PLAIN);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'canal-unpack-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

async function count(path: string): Promise<number> {
  let messages = 0;
  for await (const _ of readMessages({ path })) messages++;
  return messages;
}

async function failure(path: string): Promise<Error> {
  try {
    await count(path);
  } catch (error) {
    return error as Error;
  }
  throw new Error('expected an error');
}

describe('reading files', () => {
  test('plain', async () => {
    expect(await count(await file('plain.jsonl', PLAIN))).toBe(2000);
  });

  test('gzip, whatever the file is called', async () => {
    expect(await count(await file('packed.jsonl.gz', GZIP))).toBe(2000);
    expect(await count(await file('packed.log', GZIP))).toBe(2000);
  });

  test('several gzip members in one file', async () => {
    expect(await count(await file('members.gz', Buffer.concat([GZIP, GZIP.subarray(0)])))).toBe(4000);
  });

  test('bytes in small pieces, even within the first four', async () => {
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < GZIP.length; at += 3) yield GZIP.subarray(at, at + 3);
    }
    let messages = 0;
    for await (const _ of readMessages({ stream: pieces() })) messages++;
    expect(messages).toBe(2000);
  });

  test('Zstandard: read where Node can unpack it, a clear error elsewhere', async () => {
    const pack: unknown = Reflect.get(zlib, 'zstdCompressSync');
    if (typeof pack === 'function') {
      const packed = pack(PLAIN) as Uint8Array;
      expect(await count(await file('log.zst', packed))).toBe(2000);
      expect(await failure(await file('cut.zst', packed.subarray(0, packed.length - 10)))).toMatchObject({
        code: 'CANAL_TRUNCATED',
      });
      return;
    }
    const error = await failure(await file('log.zst', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0])));
    expect(error).toMatchObject({ code: 'CANAL_COMPRESSION' });
    expect(error.message).toMatch(/log\.zst.*Zstandard.*Node\.js v.*22\.15/s);
  });

  test('an empty plain file is an empty log', async () => {
    expect(await count(await file('empty.jsonl', Buffer.alloc(0)))).toBe(0);
  });
});

describe('bad files, each with its error', () => {
  test('no such file', async () => {
    const error = await failure(join(folder, 'absent.jsonl'));
    expect(error).toMatchObject({ code: 'CANAL_INPUT' });
    expect(error.message).toMatch(/absent\.jsonl.*no such file/);
  });

  test('a directory', async () => {
    expect(await failure(folder)).toMatchObject({ code: 'CANAL_INPUT' });
  });

  test('gzip cut off', async () => {
    const error = await failure(await file('cut.gz', GZIP.subarray(0, GZIP.length - 20)));
    expect(error).toMatchObject({ code: 'CANAL_TRUNCATED', file: expect.stringMatching(/cut\.gz$/) });
    expect(error.message).toMatch(/cut\.gz, line \d+ \(byte \d+\): the packed log is cut off/);
  });

  test('gzip cut to nothing', async () => {
    expect(await failure(await file('nothing.gz', Buffer.alloc(0)))).toMatchObject({ code: 'CANAL_TRUNCATED', line: 0 });
  });

  test('gzip with a wrong checksum', async () => {
    const damaged = Buffer.from(GZIP);
    damaged[damaged.length - 6] = (damaged[damaged.length - 6] as number) ^ 1;
    expect(await failure(await file('damaged.gz', damaged))).toMatchObject({ code: 'CANAL_CORRUPT' });
  });

  test('a plain file that is called .gz', async () => {
    const error = await failure(await file('renamed.gz', PLAIN));
    expect(error).toMatchObject({ code: 'CANAL_CORRUPT' });
    expect(error.message).toContain('its name promises gzip, but its bytes are plain: rename it');
  });

  test('a stream of text instead of bytes', async () => {
    const { Readable } = await import('node:stream');
    const read = async (): Promise<void> => {
      for await (const _ of readMessages({ stream: Readable.from(['{"a":1}\n']) })) expect.unreachable();
    };
    await expect(read()).rejects.toMatchObject({ code: 'CANAL_OPTION', option: 'stream' });
  });
});
