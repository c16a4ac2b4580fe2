import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TopologyWorld } from '../testing/topologyWorld.js';

/** Deterministic chance from one seed. */
function chance(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

describe('random changes of topology under random losses', () => {
  it('nothing that is not durable is ever committed, no key has two owners, and everything converges (I-7, K-3, K-8, T-6 to T-10)', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const world = new TopologyWorld(chance(seed), [1, 2, 3]);
        let before = 0n;
        for (let step = 0; step < 400; step++) {
          world.step(true);
          expect(world.problems).toEqual([]);
          expect(world.committedTs).toBeGreaterThanOrEqual(before);
          before = world.committedTs;
        }
        let left = 2_000;
        while (!world.isSettled && left-- > 0) world.step(false);
        expect(world.problems).toEqual([]);
        expect(
          world.isSettled,
          JSON.stringify(world.m.actor.inspect(), (_, v) => (typeof v === 'bigint' ? `${v}` : v)),
        ).toBe(true);
        for (let step = 0; step < 200; step++) world.step(false);
        expect(world.committedTs).toBeGreaterThan(before);
      }),
      { numRuns: 40 },
    );
  }, 60_000);
});
