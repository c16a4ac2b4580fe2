import { describe, expect, it } from 'vitest';
import { parseArguments } from '../arguments.js';
import { ArgumentError, VerificationError } from './errors.js';
import { inUnit, short } from './format.js';
import { measure } from './measure.js';
import type { Case, Measurement } from './measurement.js';
import { summarize } from './statistics.js';
import { tableOf } from './table.js';

const SCALE = { quick: true, runs: 5, warmups: 2, microTime: 1 };

function measurement(cases: readonly Case[], closed: string[] = []): Measurement {
  return {
    name: 'm',
    title: 't',
    unit: 'items',
    open: async () => ({
      cases,
      close: async () => {
        closed.push('closed');
      },
    }),
  };
}

describe('measure', () => {
  it('runs a case that takes long as often as it says, after the same warm-up', async () => {
    let calls = 0;
    const long: Case = { name: 'long', runs: 1, run: () => ({ items: ++calls, seconds: 1 }) };
    const { cases, seconds } = await measure(
      measurement([{ name: 'other', run: () => ({ items: 1, seconds: 1 }) }, long]),
      SCALE,
    );
    expect(calls).toBe(3);
    expect(cases.map(({ rate }) => [rate?.runs, rate?.median])).toEqual([
      [5, 1],
      [1, 3],
    ]);
    expect(seconds).toBeGreaterThan(0);
  });

  it('runs the cases in turns, another one first in each round, and leaves the warm-up out', async () => {
    const order: string[] = [];
    const of = (name: string, seconds: number, baseline?: string): Case => ({
      name,
      ...(baseline !== undefined && { baseline }),
      run: () => {
        order.push(name);
        return { items: 10, seconds, counts: { calls: 1 } };
      },
    });
    const { cases } = await measure(measurement([of('ours', 1, 'theirs'), of('theirs', 4)]), SCALE);
    expect(order.join(' ')).toBe('ours theirs theirs ours ours theirs theirs ours ours theirs theirs ours ours theirs');
    expect(cases[0]).toMatchObject({ name: 'ours', baseline: 'theirs', ratio: 4, counts: { calls: 5 } });
    expect(cases[0]?.rate).toEqual({ runs: 5, median: 10, min: 10, max: 10, spread: 0 });
    expect(cases[1]).not.toHaveProperty('ratio');
  });

  it('sums up figures beside a rate or instead of one, and keeps the last timeline', async () => {
    let run = 0;
    const held: Case = {
      name: 'held',
      point: { line: 'ours', x: 10 },
      run: () => {
        run++;
        return {
          figures: { peak: { value: run, unit: 'bytes' } },
          timeline: { seconds: [0, run], lines: [{ name: 'offered', unit: 'count', values: [0, run] }] },
        };
      },
    };
    const { cases } = await measure({ ...measurement([held]), repeat: () => ({ runs: 3, warmups: 1 }) }, SCALE);
    expect(cases[0]).not.toHaveProperty('rate');
    expect(cases[0]).toMatchObject({
      point: { line: 'ours', x: 10 },
      figures: { peak: { runs: 3, median: 3, min: 2, max: 4, unit: 'bytes' } },
      timeline: { seconds: [0, 4] },
    });
  });

  it('takes the ratio round by round, so that a slow round slows both sides of it', async () => {
    const factors = [1, 1, 1, 10, 1, 10, 10];
    const of = (name: string, seconds: number, baseline?: string): Case => {
      let round = 0;
      return {
        name,
        ...(baseline !== undefined && { baseline }),
        run: () => ({ items: 1, seconds: seconds * factors[round++]! }),
      };
    };
    const { cases } = await measure(measurement([of('ours', 1, 'theirs'), of('theirs', 3)]), SCALE);
    expect(cases[0]?.ratio).toBeCloseTo(3);
  });

  it('fails and closes when a run does not verify, or handles nothing', async () => {
    const closed: string[] = [];
    const fails: Case = {
      name: 'fails',
      run: () => {
        throw new VerificationError('fails', '1 sent, 0 received');
      },
    };
    await expect(measure(measurement([fails], closed), SCALE)).rejects.toThrow('fails: 1 sent, 0 received');
    const nothing: Case = { name: 'nothing', run: () => ({ items: 0, seconds: 1 }) };
    await expect(measure(measurement([nothing], closed), SCALE)).rejects.toMatchObject({ code: 'BENCH_VERIFICATION' });
    const silent: Case = { name: 'silent', run: () => ({ figures: {} }) };
    await expect(measure(measurement([silent], closed), SCALE)).rejects.toMatchObject({ code: 'BENCH_VERIFICATION' });
    expect(closed).toEqual(['closed', 'closed', 'closed']);
  });
});

describe('statistics and table', () => {
  it('gives median, extremes and spread', () => {
    expect(summarize([4, 1, 3])).toEqual({ runs: 3, median: 3, min: 1, max: 4, spread: 1 });
    expect(summarize([4, 1, 3, 2]).median).toBe(2.5);
  });

  it('prints aligned columns and leaves out those that nobody fills', () => {
    const rate = summarize([2e6, 2e6]);
    const text = tableOf({
      name: 'm',
      title: 't',
      unit: 'items',
      cases: [
        { name: 'ours', rate, ratio: 20, baseline: 'theirs', counts: { lost: 1000 } },
        { name: 'theirs', rate: summarize([1e5, 1e5]) },
      ],
    });
    expect(text.split('\n')).toEqual([
      'm: t (items, 2 runs)',
      'case    median/s   min/s   max/s  spread  ns each  ratio  to',
      'ours      2.00 M  2.00 M  2.00 M     0 %      500  20.0×  theirs',
      'theirs     100 k   100 k   100 k     0 %    10000',
      '  ours: lost 1,000',
    ]);
  });

  it('prints figures in a table of their own, with the extremes where runs differ', () => {
    const time = { ...summarize([0.05, 0.06, 0.07]), unit: 'seconds' as const };
    const peak = { ...summarize([3 * 2 ** 20]), unit: 'bytes' as const };
    const cases = [
      { name: 'ours', figures: { time } },
      { name: 'at rest', figures: { peak } },
    ];
    expect(tableOf({ name: 'm', title: 't', unit: 'items', cases }).split('\n')).toEqual([
      'm: t (items, 3 runs)',
      'case                            time      peak',
      'ours     60.0 ms (50.0 ms … 70.0 ms)',
      'at rest                               3.00 MiB',
    ]);
  });

  it('writes numbers in the magnitude that reads best', () => {
    expect([short(950), short(61_234_567), short(2.5e9), short(0)]).toEqual(['950', '61.2 M', '2.50 G', '0.00']);
    expect([inUnit(0.000_04, 'seconds'), inUnit(2e-8, 'seconds'), inUnit(61, 'seconds')]).toEqual([
      '40.0 µs',
      '20.0 ns',
      '61.0 s',
    ]);
    expect([inUnit(32, 'bytes'), inUnit(1536, 'bytes'), inUnit(5 * 2 ** 30, 'bytes')]).toEqual([
      '32.0 B',
      '1.50 KiB',
      '5.00 GiB',
    ]);
    expect([inUnit(0.004, 'percent'), inUnit(6e6, 'count')]).toEqual(['0.0040 %', '6.00 M']);
  });
});

describe('arguments', () => {
  it('are taken, and refused by name', () => {
    expect(parseArguments(['--quick', '--only', 'a', '--only', 'b'], ['a', 'b'])).toMatchObject({
      quick: true,
      only: ['a', 'b'],
    });
    expect(() => parseArguments(['--only', 'c'], ['a', 'b'])).toThrow("there is no measurement 'c': choose from a, b");
    expect(parseArguments(['--runs', '7'], []).runs).toBe(7);
    expect(() => parseArguments(['--runs', '0'], [])).toThrow('--runs is 0: it must be a whole number from 1 to 1 000');
    expect(() => parseArguments(['--fast'], [])).toThrow(ArgumentError);
    expect(parseArguments(['--nodes', '20,24.1'], []).nodes).toEqual(['20', '24.1']);
    expect(() => parseArguments(['--nodes', '20, 24'], [])).toThrow("--nodes names ' 24'");
  });
});
