import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareTsWords, isTs, joinTs, MAX_TS, maxTs, minTs, tsHigh, tsLow } from './timestamps.js';

const ts = fc.bigInt({ min: 0n, max: MAX_TS });

test('words carry every unsigned 64-bit value exactly', () => {
  fc.assert(fc.property(ts, (value) => joinTs(tsHigh(value), tsLow(value)) === value));
  for (const value of [0n, 0xffff_ffffn, 0x1_0000_0000n, 2n ** 53n + 1n, MAX_TS])
    expect(joinTs(tsHigh(value), tsLow(value))).toBe(value);
});

test('words are unsigned 32-bit numbers, so that typed arrays keep them as they are', () => {
  expect(tsHigh(MAX_TS)).toBe(0xffff_ffff);
  expect(tsLow(MAX_TS)).toBe(0xffff_ffff);
});

test('words order as the timestamps do, also when read back from signed arithmetic', () => {
  fc.assert(
    fc.property(ts, ts, (a, b) => {
      const order = compareTsWords(tsHigh(a) | 0, tsLow(a) | 0, tsHigh(b) | 0, tsLow(b) | 0);
      return Math.sign(order) === (a < b ? -1 : a > b ? 1 : 0);
    }),
  );
});

test('minTs and maxTs', () => {
  expect(minTs(2n ** 60n, 2n ** 60n + 1n)).toBe(2n ** 60n);
  expect(maxTs(2n ** 60n, 2n ** 60n + 1n)).toBe(2n ** 60n + 1n);
});

test('isTs takes unsigned 64-bit bigints only', () => {
  for (const value of [0n, MAX_TS]) expect(isTs(value)).toBe(true);
  for (const value of [-1n, MAX_TS + 1n, 1, '1', undefined]) expect(isTs(value)).toBe(false);
});
