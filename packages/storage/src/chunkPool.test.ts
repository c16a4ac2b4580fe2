import { expect, test } from 'vitest';
import { ChunkPool, LARGEST_CHUNK } from './chunkPool.js';

const KIB = 1024;

test('memory that is given back is used for the next that fits, and never twice at a time', () => {
  const pool = new ChunkPool(LARGEST_CHUNK);
  const first = pool.take(20 * KIB);
  const second = pool.take(20 * KIB);
  expect(first.length).toBe(32 * KIB);
  pool.give(first.subarray(0, 17));
  const third = pool.take(30 * KIB);
  expect(third.buffer).toBe(first.buffer);
  expect(third.length).toBe(32 * KIB);
  const buffers = new Set([second, third, pool.take(20 * KIB), pool.take(64 * KIB)].map(({ buffer }) => buffer));
  expect(buffers.size).toBe(4);
});

test('what shares its memory, is too large, or is too much is not kept', () => {
  const pool = new ChunkPool(40 * KIB);
  const small = pool.take(300);
  const large = pool.take(LARGEST_CHUNK + 5);
  expect([small.length, large.length]).toEqual([512, LARGEST_CHUNK + 5]);
  const full = [pool.take(32 * KIB), pool.take(32 * KIB)];
  for (const chunk of [small, large, new Uint8Array(32 * KIB), ...full]) pool.give(chunk);
  expect(pool.take(32 * KIB).buffer).toBe(full[0]?.buffer);
  expect(pool.take(32 * KIB).buffer).not.toBe(full[1]?.buffer);
  expect(pool.take(LARGEST_CHUNK + 5).buffer).not.toBe(large.buffer);
});
