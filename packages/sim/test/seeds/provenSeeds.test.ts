import { runScenario, scenarioOf } from '@tidegate/sim';
import { describe, expect, it } from 'vitest';

/** Seeds that have found something, each with what it was. */
const PROVEN = [
  [20, 'tables', 'a live dispatcher that complete heartbeats in parts did not name was taken for lost (H-1)'],
  [10, 'sinks', 'a dispatcher that starts at the ts of a sync point was not given it (D-2)'],
  [26, 'tables', 'an event executed again by the successor of its writer (T-5)'],
] as const;

describe('seeds that have found a defect', () => {
  it.each(PROVEN)('seed %i of %s: %s', { timeout: 120_000 }, async (seed, profile) => {
    const { violations } = await runScenario(scenarioOf(seed, profile));
    expect(violations).toEqual([]);
  });
});
