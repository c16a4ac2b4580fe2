import { describe, expect, it } from 'vitest';
import { linearScale, logScale } from './scales.js';

describe('linear scale', () => {
  it('begins at nothing, ends on a round number, and places both at its ends', () => {
    const scale = linearScale([12, 87], 100, 600);
    expect(scale.ticks).toEqual([0, 20, 40, 60, 80, 100]);
    expect([scale.at(0), scale.at(50), scale.at(100)]).toEqual([100, 350, 600]);
  });

  it('grows upwards where the second end is the smaller pixel', () => {
    const scale = linearScale([10], 400, 0);
    expect([scale.at(0), scale.at(10)]).toEqual([400, 0]);
  });

  it('goes below nothing for what is negative, and stands where nothing was measured', () => {
    expect(linearScale([-3, 4], 0, 1).ticks).toEqual([-4, -2, 0, 2, 4]);
    expect(linearScale([], 0, 1).ticks.length).toBeGreaterThan(1);
    expect(linearScale([0], 0, 1).at(0)).toBe(0);
  });

  it('holds every value between its ends', () => {
    for (const value of [0.003, 1, 9.99, 1_000, 61e6]) {
      const { ticks, at } = linearScale([value], 0, 100);
      expect(at(value)).toBeGreaterThan(0);
      expect(at(value)).toBeLessThanOrEqual(100);
      expect(ticks.at(-1)).toBeGreaterThanOrEqual(value);
    }
  });
});

describe('log scale', () => {
  it('has a line for each power of ten, the same distance apart', () => {
    const scale = logScale([1_000, 1_000_000], 0, 300);
    expect(scale.ticks).toEqual([1_000, 10_000, 100_000, 1_000_000]);
    expect(scale.ticks.map((value) => Math.round(scale.at(value)))).toEqual([0, 100, 200, 300]);
  });

  it('ends on whole powers around what lies between them, below one too', () => {
    expect(logScale([0.003, 0.2], 0, 1).ticks).toEqual([0.001, 0.01, 0.1, 1]);
    expect(logScale([7], 0, 1).ticks).toEqual([1, 10]);
    expect(logScale([10], 0, 1).ticks).toEqual([10, 100]);
  });

  it('leaves out of account what has no place on it', () => {
    expect(logScale([0, -1, 20], 0, 1).ticks).toEqual([10, 100]);
    expect(logScale([], 0, 1).ticks).toEqual([1, 10]);
  });
});
