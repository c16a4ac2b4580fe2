import { expect, test } from 'vitest';
import { MAX_TS, tsHigh, tsLow } from './timestamps.js';
import { TsColumn } from './tsColumn.js';

test('every ts comes back, of rows that have the same and of rows that do not, and orders like it', () => {
  const column = new TsColumn();
  const model = new Map<number, bigint>();
  let seed = 11;
  const next = (below: number): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return (seed >>> 8) % below;
  };
  const some = [0n, 1n, 7n << 32n, (7n << 32n) | 0xffff_ffffn, MAX_TS];
  const pick = (): bigint => some[next(some.length)] as bigint;
  for (let step = 0; step < 30_000; step++) {
    // The first pages have one ts for long, the last ones never.
    const row = next(6 * 1024);
    const ts = row < 3 * 1024 && step < 20_000 ? 9n : pick();
    if (step % 2 === 0) column.setTs(row, ts);
    else column.set(row, tsHigh(ts) | 0, tsLow(ts) | 0);
    model.set(row, ts);
    const other = next(6 * 1024);
    const known = model.get(other);
    if (known === undefined) continue;
    const beside = pick();
    expect(column.get(other)).toBe(known);
    expect(Math.sign(column.compareTo(other, tsHigh(beside), tsLow(beside)))).toBe(beside < known ? -1 : beside > known ? 1 : 0);
  }
  for (const [row, ts] of model) expect(column.get(row)).toBe(ts);
});
