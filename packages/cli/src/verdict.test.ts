import { describe, expect, test } from 'vitest';
import { differenceText, type Verdict, verdictText } from './verdict.js';

const verdict: Verdict = {
  dir: 'out',
  against: 'final.gz',
  checkpointTs: 42n,
  changes: 1_000,
  ddls: 1,
  overwritten: 0,
  missing: 0,
  comparison: { tables: 2, rows: 10, cells: 30, count: 0, differences: [] },
};

describe('verdict', () => {
  test('that agrees', () => {
    expect(verdictText(verdict)).toBe(`out agrees with final.gz
  carried out 1,000 row changes and 1 DDL, up to 42
  compared    2 tables, 10 rows, 30 cells
  differences 0
`);
  });

  test('that differs lists some and counts all', () => {
    const text = verdictText({
      ...verdict,
      overwritten: 2,
      comparison: { ...verdict.comparison, count: 3, differences: [{ type: 'missing-table', table: 's.t' }] },
    });
    expect(text).toContain('out differs from final.gz\n');
    expect(text).toContain(
      '  differences 3\n  unexpected  2 rows inserted over another, 0 rows changed that did not exist\n  s.t: the table is missing\n  and 2 more\n',
    );
  });

  test('differences', () => {
    expect(differenceText({ type: 'unexpected-table', table: 's.t' })).toBe('s.t: the table should not be there');
    expect(differenceText({ type: 'columns', table: 's.t', folded: ['a', 'b'], final: ['a'] })).toBe(
      's.t: columns are (a, b), not (a)',
    );
    expect(differenceText({ type: 'missing-row', table: 's.t', key: '1, x' })).toBe('s.t [1, x]: the row is missing');
    expect(differenceText({ type: 'unexpected-row', table: 's.t', key: '\u001b[2J' })).toBe(
      's.t [␛[2J]: the row should not be there',
    );
    const cell = { type: 'cell', table: 's.t', key: '1', column: 'c' } as const;
    expect(differenceText({ ...cell, folded: null, final: 'a\n"b' })).toBe('s.t [1] c: is NULL, not "a\\n\\"b"');
    expect(differenceText({ ...cell, folded: 'x'.repeat(100), final: 'y' })).toBe(`s.t [1] c: is "${'x'.repeat(58)}…, not "y"`);
  });
});
