import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Explorer } from './explorer.js';
import { loadRing, type RingUnderTest } from './ringUnderTest.js';
import { boundOf } from './scenario.js';
import { DEATHS } from './scenarios/deaths.js';
import { LIVING } from './scenarios/living.js';
import { ROOM } from './scenarios/room.js';
import { TAKEOVERS } from './scenarios/takeovers.js';

/** `RING_EXPLORER_BOUND=5` or `=Infinity` explores further than the bounds of the scenarios, for as long as it takes. */
const BOUND = process.env['RING_EXPLORER_BOUND'];
const timeout = BOUND === undefined ? 60_000 : 24 * 3_600_000;

let under: RingUnderTest;
let explored = 0;
beforeAll(() => {
  under = loadRing();
});
afterAll(() => {
  console.log(`${explored} schedules explored`);
});

describe.each([
  ['two that live', LIVING],
  ['a lane without room', ROOM],
  ['death', DEATHS],
  ['takeover', TAKEOVERS],
])('every interleaving of %s', (_kind, scenarios) => {
  test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))('%s', { timeout }, async (_name, scenario) => {
    const bound = BOUND === undefined ? boundOf(scenario) : Number(BOUND);
    const report = await new Explorer(scenario, under, { bound }).explore();
    explored += report.schedules;
    if (BOUND !== undefined)
      console.log(`bound ${bound}, ${report.schedules} schedules, up to ${report.longest} steps: ${scenario.name}`);
    expect(report.violation).toBeUndefined();
    expect(report.cut).toBe(false);
    // A scenario whose threads never meet would show nothing.
    expect(report.complete).toBeGreaterThan(1);
  });
});

test('a fault is told step by step', async () => {
  const [scenario] = LIVING;
  const broken = { from: 'Atomics.notify(this.#words, this.#sequence);', to: '', module: 'doorbell' } as const;
  const report = await new Explorer(scenario as (typeof LIVING)[0], loadRing([broken])).explore();
  expect(report.violation).toMatch(/nobody will wake consumer\n {2}(producer|consumer) {2}/);
  expect(report.violation).toMatch(/store tail: -?\d+\n/);
  expect(report.violation).toMatch(/waitAsync sequence of the consumer's doorbell while 0: sleeps/);
});

test('a patch of what is not there is refused', () => {
  expect(() => loadRing([{ module: 'doorbell', from: 'no such line', to: '' }])).toThrow(/0 places of doorbell\.js/);
});
