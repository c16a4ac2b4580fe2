import { expect, test } from 'vitest';
import { PackedTableIds } from './packedTableIds.js';

test('ids come back, small and large, whoever had the row before', () => {
  const ids = new PackedTableIds();
  ids.grow(8);
  const largest = Number.MAX_SAFE_INTEGER;
  for (const [row, id] of [0, 0xffff_ffff, 2 ** 32, largest].entries()) ids.set(row, id);
  expect([0, 1, 2, 3].map((row) => ids.get(row))).toEqual([0, 0xffff_ffff, 2 ** 32, largest]);
  ids.set(2, 7);
  ids.clear(3);
  ids.set(3, 9);
  ids.set(0, largest);
  ids.grow(100);
  ids.set(99, 1);
  expect([0, 1, 2, 3, 99].map((row) => ids.get(row))).toEqual([largest, 0xffff_ffff, 7, 9, 1]);
});
