import { describe, expect, test } from 'vitest';
import { bytes, count, cut, duration, plural, printable, timeOf, timestamp } from './format.js';

describe('format', () => {
  test('counts', () => {
    expect([0, 7, 999, 1_000, 16_548, 1_234_567.6].map(count)).toEqual(['0', '7', '999', '1,000', '16,548', '1,234,568']);
    expect([plural(1, 'row'), plural(0, 'row'), plural(2_000, 'row')]).toEqual(['1 row', '0 rows', '2,000 rows']);
  });

  test('durations change their unit where the digits would run out', () => {
    const given = [0, 0.44, 9.94, 9.96, 12.4, 999.4, 999.6, 59_949, 59_951, 185_000, 3_599_600, 7_380_000];
    expect(given.map(duration)).toEqual([
      '0.0 ms',
      '0.4 ms',
      '9.9 ms',
      '10 ms',
      '12 ms',
      '999 ms',
      '1.0 s',
      '59.9 s',
      '1 min 00 s',
      '3 min 05 s',
      '1 h 00 min',
      '2 h 03 min',
    ]);
  });

  test('bytes change their unit where the digits would run out', () => {
    const given = [0, 999, 1_000, 1_536, 102_348, 312 * 1024 ** 2, 1_100 * 1024 ** 2, 5_000 * 1024 ** 3];
    expect(given.map(bytes)).toEqual(['0 B', '999 B', '1.0 KiB', '1.5 KiB', '99.9 KiB', '312 MiB', '1.1 GiB', '5000 GiB']);
  });

  test('a timestamp has a time only where its upper part can be one', () => {
    expect(timeOf(462422016000786433n)).toBe('2025-11-24 16:00:00.003');
    expect(timestamp(462422016000786433n)).toBe('462422016000786433 (2025-11-24 16:00:00.003)');
    expect(timestamp(42n)).toBe('42');
    expect(timeOf(2n ** 64n - 1n)).toBeUndefined();
  });

  test('cut and printable', () => {
    expect([cut('abcdef', 6), cut('abcdef', 4), cut('abcdef', 1), cut('abcdef', 0)]).toEqual(['abcdef', 'abc…', 'a', '']);
    expect(printable('a\u001b[2J\tb\u0085東')).toBe('a␛[2J␉b\ufffd東');
  });
});
