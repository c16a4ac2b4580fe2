import { describe, expect, test } from 'vitest';
import { checkedRun } from './checkedRun.js';
import { RandomLog } from './randomLog.js';
import type { SteppedHost } from './steppedHost.js';

const SEEDS = Number(process.env.TIDEGATE_SEEDS ?? 24);
const FIRST = Number(process.env.TIDEGATE_SEED ?? 1);

function run(seed: number): Promise<SteppedHost> {
  return checkedRun({
    seed,
    workers: 1 + (seed % 4),
    log: new RandomLog(seed, 150 + (seed % 5) * 50),
    maxDelay: [0, 3, 30, 300][seed % 4] as number,
    linkBytes: seed % 3 === 0 ? 4_096 : 65_536,
  });
}

describe('the real actors in random schedules: order, loss, once, progress (I-1, I-2, I-3, I-5, I-7, I-9, I-10, I-12, I-14)', () => {
  for (let group = 0; group < 4; group++) {
    const seeds = Array.from({ length: Math.ceil(SEEDS / 4) }, (_, i) => FIRST + i * 4 + group);
    test(`seeds ${seeds[0]} to ${seeds.at(-1)} in steps of 4`, { timeout: 300_000 }, async () => {
      for (const seed of seeds) await run(seed);
    });
  }

  test('the same seed gives the same run', async () => {
    const first = await run(FIRST);
    const second = await run(FIRST);
    expect(second.system.trace).toEqual(first.system.trace);
    expect(second.stamps).toEqual(first.stamps);
  });
});
