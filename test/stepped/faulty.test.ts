import { describe, test } from 'vitest';
import { checkedRun } from './checkedRun.js';
import { profileOf } from './profiles.js';
import { RandomLog } from './randomLog.js';

const SEEDS = Number(process.env.TIDEGATE_SEEDS ?? 12);
const FIRST = Number(process.env.TIDEGATE_SEED ?? 1);

async function run(seed: number): Promise<void> {
  await checkedRun({ seed, log: new RandomLog(seed, 100 + (seed % 5) * 40), ...profileOf(seed) });
}

describe('the real actors over a way that loses, doubles, delays and stalls (I-1 to I-14, T-I)', () => {
  for (let group = 0; group < 4; group++) {
    const seeds = Array.from({ length: Math.ceil(SEEDS / 4) }, (_, i) => FIRST + i * 4 + group);
    test(`seeds ${seeds[0]} to ${seeds.at(-1)} in steps of 4`, { timeout: 300_000 }, async () => {
      for (const seed of seeds) await run(seed);
    });
  }

  test.each([
    [28, 'a table leaves a schema while its DONE at a schema-wide event is lost (B-60)'],
    [46, 'the DONE of a writer is lost while the source stands still (D-37, T-I)'],
    [186, 'a request finds less room than it needs at the maintainer, again and again (T-I)'],
  ])('seed %i: %s', { timeout: 300_000 }, async (seed) => {
    await run(seed);
  });
});
