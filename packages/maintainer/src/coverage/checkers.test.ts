import { describe, expect, it } from 'vitest';
import type { Checker } from './checker.js';
import { CountChecker } from './countChecker.js';
import { RangeCoverage } from './rangeCoverage.js';
import { SpanChecker } from './spanChecker.js';

function of<C extends Checker>(checker: C, tables: readonly number[]): C {
  for (const table of tables) checker.list(table);
  return checker;
}

const key = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);
const range = (start: readonly number[], end: readonly number[]) => ({ start: key(...start), end: key(...end) });

describe('count checker (V-1, V-4)', () => {
  it('New: nothing reported, as many needed as are listed (V-1)', () => {
    const checker = of(new CountChecker(), [1, 2, 3]);
    expect([checker.missingCount, checker.needed, checker.covered]).toEqual([3, 3, false]);
  });

  it('AddSubRange: one reported is not all', () => {
    const checker = of(new CountChecker(), [1, 2, 3]);
    checker.add(1);
    expect([checker.missingCount, checker.covered]).toEqual([2, false]);
  });

  it('IsFullyCovered: after every listed table', () => {
    const checker = of(new CountChecker(), [1, 2, 3]);
    for (const table of [1, 2, 3]) checker.add(table);
    expect(checker.covered).toBe(true);
  });

  it('Reset: forgets the reports, keeps the requirement (V-4)', () => {
    const checker = of(new CountChecker(), [1, 2, 3]);
    for (const table of [1, 2, 3]) checker.add(table);
    checker.reset();
    expect([checker.missingCount, checker.covered]).toEqual([3, false]);
  });

  it('does not count tables that are not listed, nor one twice (W-6)', () => {
    const checker = of(new CountChecker(), [1, 2, 3]);
    for (const table of [1, 1, 4, 5, 6]) checker.add(table);
    expect([checker.missingCount, checker.covered]).toEqual([2, false]);
  });

  it('mark-covered forces it until the reset; an empty list is covered at once (V-2, V-4)', () => {
    const checker = of(new CountChecker(), [1]);
    checker.markCovered();
    expect(checker.covered).toBe(true);
    checker.reset();
    expect(checker.covered).toBe(false);
    expect(new CountChecker().covered).toBe(true);
  });

  it('counts the same through many tables as through few', () => {
    const checker = new CountChecker();
    checker.listAll(1_000);
    checker.unlist(999);
    for (let table = 0; table < 998; table++) checker.add(table);
    expect([checker.missingCount, checker.covered]).toEqual([1, false]);
    checker.add(998);
    expect(checker.covered).toBe(true);
    checker.reopen(17);
    const missing: number[] = [];
    checker.forEachMissing((table) => missing.push(table));
    expect(missing).toEqual([17]);
  });
});

describe('span checker (V-2, V-4)', () => {
  it('New: three tables', () => {
    expect(of(new SpanChecker(), [1, 2, 3]).missingCount).toBe(3);
  });

  it('AddSubRange: bytes that are not the ends of the table do not cover it (V-2)', () => {
    const checker = of(new SpanChecker(), [1, 2, 3]);
    checker.add(1, range([0], [255]));
    expect(checker.missingCount).toBe(3);
  });

  it('IsFullyCovered: one table whole, one in three parts; reset; both whole', () => {
    const checker = of(new SpanChecker(), [0, 1]);
    checker.add(0);
    checker.add(1, range([], [10]));
    checker.add(1, range([20], []));
    expect(checker.covered).toBe(false);
    checker.add(1, range([10], [20]));
    expect(checker.covered).toBe(true);
    checker.reset();
    expect(checker.covered).toBe(false);
    checker.add(0);
    checker.add(1);
    expect(checker.covered).toBe(true);
  });

  it('Reset: not covered, and the parts are forgotten', () => {
    const checker = of(new SpanChecker(), [1]);
    checker.add(1, range([], [10]));
    checker.reset();
    checker.add(1, range([10], []));
    expect(checker.covered).toBe(false);
  });

  it('ignores tables that are not listed; a reporter that leaves reopens its table only (V-8)', () => {
    const checker = of(new SpanChecker(), [1, 2]);
    checker.add(9);
    checker.add(2);
    checker.add(1, range([], [10]));
    checker.add(1, range([10], []));
    expect(checker.covered).toBe(true);
    checker.reopen(1);
    checker.add(1, range([10], []));
    expect([checker.covered, checker.missingCount]).toEqual([false, 1]);
    checker.add(1, range([], [10]));
    expect(checker.covered).toBe(true);
  });
});

describe('single range 00..FF (V-2)', () => {
  const whole = range([0], [255]);

  it('AddSubRange: touching and overlapping parts merge; covered with the last', () => {
    const coverage = new RangeCoverage(whole);
    for (const part of [range([0], [16]), range([16], [32])]) coverage.add(part);
    expect(coverage.covered).toBe(false);
    coverage.add(range([0], [32]));
    expect([coverage.covered, coverage.pieces.length]).toEqual([false, 1]);
    coverage.add(range([32], [255]));
    expect(coverage.covered).toBe(true);
  });

  it('IsFullyCovered: empty no; two halves yes; after a reset half no', () => {
    const coverage = new RangeCoverage(whole);
    expect(coverage.covered).toBe(false);
    coverage.add(range([0], [127]));
    coverage.add(range([127], [255]));
    expect(coverage.covered).toBe(true);
    coverage.reset();
    coverage.add(range([0], [80]));
    expect(coverage.covered).toBe(false);
  });

  it('Reset: nothing is kept', () => {
    const coverage = new RangeCoverage(whole);
    coverage.add(range([0], [80]));
    coverage.add(range([80], [255]));
    coverage.reset();
    expect([coverage.covered, coverage.pieces.length]).toEqual([false, 0]);
  });

  it('a gap, out of order, duplicates, and a part that overshoots the end', () => {
    const coverage = new RangeCoverage(whole);
    coverage.add(range([200], [255]));
    coverage.add(range([0], [100]));
    coverage.add(range([0], [100]));
    expect([coverage.covered, coverage.pieces.length]).toEqual([false, 2]);
    coverage.add(range([90], [210]));
    expect(coverage.covered).toBe(true);
    coverage.add(range([250], [255, 1]));
    expect(coverage.covered).toBe(false);
  });
});
