import { describe, expect, test } from 'vitest';
import { byteSize, choice, duration, timestamp, wholeNumber } from './values.js';

describe('values of options', () => {
  test('that are right', () => {
    expect(wholeNumber('n', '7', 1, 9)).toBe(7);
    expect(['0ms', '250ms', '30s', '10m', '2h'].map((text) => duration('n', text, 0, 1e9))).toEqual([
      0, 250, 30_000, 600_000, 7_200_000,
    ]);
    expect(['1024', '1KiB', '64MiB', '1GiB'].map((text) => byteSize('n', text, 1, 2 ** 40))).toEqual([
      1024,
      1024,
      2 ** 26,
      2 ** 30,
    ]);
    expect(timestamp('n', '462422016000786433')).toBe(462422016000786433n);
    expect(choice('n', 'all', ['error', 'all'])).toBe('all');
  });

  test.each([
    [() => wholeNumber('workers', '0', 1, 256), "--workers takes a whole number from 1 to 256, not '0'"],
    [() => wholeNumber('workers', '1.5', 1, 256), "--workers takes a whole number from 1 to 256, not '1.5'"],
    [() => wholeNumber('workers', '', 1, 256), "--workers takes a whole number from 1 to 256, not ''"],
    [() => duration('x', '30', 0, 60_000), "--x takes a time from 0ms to 1m, such as 45s or 5m, not '30'"],
    [() => duration('x', '29s', 30_000, 86_400_000), "--x takes a time from 30s to 24h, such as 45s or 5m, not '29s'"],
    [() => byteSize('x', '1MB', 1024, 2 ** 29), "--x takes a size from 1KiB to 512MiB, such as 64MiB, not '1MB'"],
    [() => byteSize('x', '1', 1024, 2 ** 29), "--x takes a size from 1KiB to 512MiB, such as 64MiB, not '1'"],
    [
      () => timestamp('start-ts', '18446744073709551616'),
      "--start-ts takes a timestamp (a decimal number of 64 bits), not '18446744073709551616'",
    ],
    [() => timestamp('start-ts', '-1'), "--start-ts takes a timestamp (a decimal number of 64 bits), not '-1'"],
    [() => choice('x', 'ALL', ['error', 'all']), "--x takes error or all, not 'ALL'"],
  ])('that are wrong: %#', (read, message) => {
    expect(read).toThrow(expect.objectContaining({ code: 'CLI_USAGE', message }));
  });
});
