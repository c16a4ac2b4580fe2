import { runScenario, scenarioOf } from '@tidegate/sim';
import { expect, test } from 'vitest';

const SEEDS = Number(process.env.TIDEGATE_SEEDS ?? 2_000);
const FIRST = Number(process.env.TIDEGATE_SEED ?? 1);
/** Seeds of one test: small enough that a failing one is soon told. */
const BATCH = 100;

/** Runs every other seed, the profiles taking turns: each of two files takes a half, so that two cores share the work. */
export function checkSeeds(half: 0 | 1): void {
  const seeds = Array.from({ length: Math.ceil(SEEDS / 2) }, (_, i) => FIRST + 2 * i + half);
  for (let at = 0; at < seeds.length; at += BATCH) {
    const batch = seeds.slice(at, at + BATCH);
    test(`seeds ${batch[0]} to ${batch.at(-1)} in steps of 2: every rule holds (I-1 to I-14)`, { timeout: 600_000 }, async () => {
      for (const seed of batch) {
        const scenario = scenarioOf(seed);
        const { violations } = await runScenario(scenario);
        expect(violations, `npm run sim -- --seed ${seed} --profile ${scenario.profile} --trace`).toEqual([]);
      }
    });
  }
}
