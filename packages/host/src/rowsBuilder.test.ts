import { expect, test } from 'vitest';
import { RowsBuilder } from './rowsBuilder.js';

test('a message keeps its columns and bytes when the builder goes on', () => {
  const builder = new RowsBuilder(8);
  for (let i = 0; i < 1_000; i++) builder.add(i, i + 1, BigInt(i) + 2n ** 60n, 1, Uint8Array.of(i & 0xff, 7));
  const first = builder.take();
  builder.add(5, 6, 7n, 2, Uint8Array.of(9, 9, 9));
  const second = builder.take();
  expect(first?.handle.length).toBe(1_000);
  for (let i = 0; i < 1_000; i++) {
    expect([first?.handle[i], first?.generation[i], first?.commitTs[i], first?.rows[i]]).toEqual([
      i,
      i + 1,
      BigInt(i) + 2n ** 60n,
      1,
    ]);
    expect([...(first?.bytes.subarray(first.offset[i], first.offset[i + 1]) ?? [])]).toEqual([i & 0xff, 7]);
  }
  expect(second).toMatchObject({
    type: 'rows',
    handle: Uint32Array.of(5),
    offset: Uint32Array.of(0, 3),
    bytes: Uint8Array.of(9, 9, 9),
  });
  expect(builder.take()).toBeUndefined();
});

test('it knows what it holds', () => {
  const builder = new RowsBuilder(64);
  expect([builder.length, builder.bytes, builder.lastCommitTs]).toEqual([0, 0, 0n]);
  builder.add(1, 1, 5n, 1, new Uint8Array(10));
  expect([builder.length, builder.bytes, builder.lastCommitTs]).toEqual([1, 10, 5n]);
  builder.take();
  expect([builder.length, builder.bytes, builder.lastCommitTs]).toEqual([0, 0, 0n]);
});

test('what a lane has copied is written over by the next', () => {
  const builder = new RowsBuilder(64);
  builder.add(1, 1, 5n, 1, Uint8Array.of(1, 2));
  const first = builder.take();
  (first as { copied?(): void }).copied?.();
  builder.add(2, 3, 6n, 1, Uint8Array.of(8));
  const second = builder.take();
  expect(second?.bytes.buffer).toBe(first?.bytes.buffer);
  expect(second).toMatchObject({ handle: Uint32Array.of(2), commitTs: BigUint64Array.of(6n), bytes: Uint8Array.of(8) });
  // Told late: the next ones have begun in memory of their own.
  builder.add(4, 1, 7n, 1, Uint8Array.of(3));
  (second as { copied?(): void }).copied?.();
  expect(builder.take()).toMatchObject({ handle: Uint32Array.of(4), bytes: Uint8Array.of(3) });
});
