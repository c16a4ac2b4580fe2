import { describe, expect, test } from 'vitest';
import { Rate, spread } from './statistics.js';

describe('spread', () => {
  test('of nothing, one and many', () => {
    expect(spread([])).toBeUndefined();
    expect(spread([5])).toEqual({ count: 1, median: 5, p99: 5, max: 5 });
    expect(spread(Array.from({ length: 200 }, (_, index) => 200 - index))).toEqual({
      count: 200,
      median: 100,
      p99: 198,
      max: 200,
    });
  });

  test('orders numbers as numbers and leaves the list as it is', () => {
    const values = [10, 9, 100];
    expect(spread(values)?.median).toBe(10);
    expect(values).toEqual([10, 9, 100]);
  });
});

describe('rate', () => {
  test('is that of the window', () => {
    const rate = new Rate(3_000);
    expect(rate.perSecond).toBe(0);
    rate.add(0, 0);
    expect(rate.perSecond).toBe(0);
    rate.add(1_000, 500);
    expect(rate.perSecond).toBe(500);
    for (let second = 2; second <= 10; second++) rate.add(second * 1_000, 500 + (second - 1) * 100);
    expect(rate.perSecond).toBe(100);
  });

  test('falls to nothing when nothing more comes', () => {
    const rate = new Rate(3_000);
    for (let second = 0; second <= 8; second++) rate.add(second * 1_000, Math.min(second, 2) * 1_000);
    expect(rate.perSecond).toBe(0);
  });
});
