import { describe, expect, test } from 'vitest';
import { isNumberType, sortKey } from './sortKey.js';

const number = (text: string | null): Uint8Array => sortKey([text], () => true);
const text = (value: string): Uint8Array => sortKey([value], () => false);

test.each([
  [
    'numbers',
    number,
    [
      '-1e30',
      '-18446744073709551615',
      '-100.5',
      '-100',
      '-99.999',
      '-1',
      '-0.5',
      '-0.05',
      '0',
      '0.0499',
      '0.05',
      '0.5',
      '1',
      '1.5',
      '9',
      '10',
      '99',
      '100',
      '9007199254740993',
      '9007199254740994',
      '18446744073709551615',
      '1e30',
    ],
  ],
  ['text', text, ['', '\0', '\0\0', '\0a', 'A', 'B', 'a', 'a\0', 'a\0b', 'ab', 'b', 'ä', '東京']],
  ['dates', text, ['1999-12-31', '2000-01-01', '2000-01-01 00:00:00', '2000-01-01 00:00:00.5', '2000-01-02']],
])('%s: bytes compare as the values do', (_kind, encode, values) => {
  const keys = values.map(encode);
  for (const [i, a] of keys.entries())
    for (const [j, b] of keys.entries())
      expect(Math.sign(Buffer.compare(a, b)), `${values[i]} and ${values[j]}`).toBe(Math.sign(i - j));
});

test('a number has one key however it is written', () => {
  for (const same of [
    ['1', '+1', '01', '1.0', '1e0', '10e-1'],
    ['0', '-0', '0.00', '00'],
    ['1200', '1.2e3', '1200.000'],
  ])
    expect(new Set(same.map((value) => Buffer.from(number(value)).toString('hex'))).size).toBe(1);
});

test('several columns compare one after the other, and NULL comes first', () => {
  const rows: (string | null)[][] = [
    [null, 'z'],
    ['-2', 'b'],
    ['1', null],
    ['1', ''],
    ['1', 'a'],
    ['1', 'aa'],
    ['2', ''],
    ['10', ''],
  ];
  const keys = rows.map((row) => sortKey(row, (index) => index === 0));
  expect([...keys].reverse().sort(Buffer.compare)).toEqual(keys);
});

describe('types', () => {
  test.each(['bigint', 'BIGINT UNSIGNED', 'int(11)', 'decimal(18,4)', 'double', 'year'])('%s holds numbers', (type) => {
    expect(isNumberType(type)).toBe(true);
  });
  test.each(['varchar(20)', 'datetime', 'date', 'binary(16)', 'enum', '', undefined])('%s does not', (type) => {
    expect(isNumberType(type)).toBe(false);
  });
  test('what is no number in a column of numbers is text, behind all numbers', () => {
    expect(Buffer.compare(number('1e30'), number('not a number'))).toBe(-1);
  });
});
