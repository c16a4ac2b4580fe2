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

const text = (value: unknown): string => JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}` : part));

/** Safety while everything goes wrong, convergence once nothing does. */
function run(seed: number): void {
  const world = new TopologyWorld(chance(seed), [1, 2, 3]);
  let before = 0n;
  for (let step = 0; step < 400; step++) {
    world.step(true);
    expect(world.problems, `seed ${seed}, step ${step}`).toEqual([]);
    expect(world.committedTs).toBeGreaterThanOrEqual(before);
    before = world.committedTs;
  }
  for (let left = 2_000; left > 0 && !world.isSettled; left--) world.step(false);
  expect(world.problems, `seed ${seed}`).toEqual([]);
  expect(world.isSettled, `seed ${seed}: ${text(world.m.actor.inspect())}`).toBe(true);
  for (let step = 0; step < 100; step++) world.step(false);
  expect(world.committedTs).toBeGreaterThan(before);
}

describe('random changes of topology: nothing that is not durable is committed, no key has two owners (I-7, K-3, K-8, T-6 to T-10)', () => {
  const seeds = Number(process.env.TIDEGATE_SEEDS ?? 1);
  it('and everything converges once nothing is lost', () => {
    for (let seed = 0; seed < 30 * seeds; seed++) run(seed);
  }, 600_000);

  it.each([
    [799_832, 'a merge that was given up begins again with a repeated request'],
    [1_908_492, 'the same, and the sources’ Stopped is lost'],
    [4_988_983, 'a worker dies while a repeat of its creates is on the way'],
    [11_165_803, 'the same, of a dispatcher that was just asked back'],
  ])('seed %i: %s', (seed) => run(seed));
});
