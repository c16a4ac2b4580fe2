import { describe, expect, test } from 'vitest';
import { COUNTS, DEPTHS } from '../testing/storms.js';
import { accountedFor, deepest, faultsOf } from './report.js';

describe('what does not add up in a storm', () => {
  test('nothing, if every status is somewhere and everybody took part', () => {
    expect(accountedFor(COUNTS)).toBe(COUNTS.offered);
    expect(faultsOf(COUNTS, 1, DEPTHS, 101)).toEqual([]);
  });

  test.each([
    ['a lost status', { ...COUNTS, offered: 1_233 }, 1, DEPTHS, '1233 statuses were offered, and 1232 are accounted for'],
    ['more received than sent', { ...COUNTS, received: 510 }, 1, DEPTHS, '510 statuses were received, and 509 sent'],
    ['too few handled', { ...COUNTS, handled: 201 }, 1, DEPTHS, '201 statuses were handled; a barrier of 101 needs 202'],
    ['a sync point told twice', COUNTS, 2, DEPTHS, 'the sinks were told of the sync point 2 times instead of once'],
    ['the pending map', COUNTS, 1, { ...DEPTHS, pending: 20_000 }, 'the pending map held 20000, and may hold 16384'],
    ['the request queue', COUNTS, 1, { ...DEPTHS, queue: 10_001 }, 'the request queue held 10001, and may hold 10000'],
  ])('%s', (_, counts, syncPoints, depths, fault) => {
    expect(faultsOf(counts, syncPoints, depths, 101)).toEqual([fault]);
  });

  test('depths are kept at their deepest', () => {
    expect(deepest(undefined, DEPTHS)).toBe(DEPTHS);
    expect(deepest({ ...DEPTHS, pending: 99, inbox: 1 }, DEPTHS)).toEqual({ ...DEPTHS, pending: 99, inbox: 7 });
  });
});
