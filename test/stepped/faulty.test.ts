import { describe, expect, test } from 'vitest';
import { violations } from '../e2e/stampLog.js';
import { profileOf } from './profiles.js';
import { RandomLog } from './randomLog.js';
import { SteppedHost } from './steppedHost.js';

const SEEDS = Number(process.env.TIDEGATE_SEEDS ?? 40);
const FIRST = Number(process.env.TIDEGATE_SEED ?? 1);

async function run(seed: number): Promise<SteppedHost> {
  const log = new RandomLog(seed, 100 + (seed % 5) * 40);
  const host = await SteppedHost.create({ seed, log, ...profileOf(seed) });
  const finished = host.runTo(log.endTs, 2_000_000);
  expect(host.faults, `seed ${seed}`).toEqual([]);
  expect(finished, `seed ${seed} did not finish: the checkpoint is at ${host.checkpointTs} of ${log.endTs}`).toBe(true);
  expect(violations(log.events, host.stamps.stamps), `seed ${seed}`).toEqual([]);
  expect(await host.leftovers(), `seed ${seed}`).toEqual([]);
  return host;
}

describe('the real actors over a way that loses, doubles and delays (I-1 to I-14, T-I)', () => {
  for (let group = 0; group < 4; group++) {
    const seeds = Array.from({ length: Math.ceil(SEEDS / 4) }, (_, i) => FIRST + i * 4 + group);
    test(`seeds ${seeds[0]} to ${seeds.at(-1)} in steps of 4`, { timeout: 300_000 }, async () => {
      for (const seed of seeds) await run(seed);
    });
  }
});
