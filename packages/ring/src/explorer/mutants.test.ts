import { describe, expect, test } from 'vitest';
import { EQUIVALENTS } from './equivalents.js';
import { Explorer } from './explorer.js';
import { MUTANTS, WITHIN } from './mutants.js';
import { loadRing } from './ringUnderTest.js';
import { DEATHS } from './scenarios/deaths.js';
import { LIVING } from './scenarios/living.js';
import { ROOM } from './scenarios/room.js';
import { TAKEOVERS } from './scenarios/takeovers.js';

const scenarios = [...LIVING, ...ROOM, ...DEATHS, ...TAKEOVERS];

/** What finds no fault in the lane must find those that are put into it. */
describe('the explorer catches a lane in which', () => {
  test.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))('%s', { timeout: 60_000 }, async (_name, mutant) => {
    const scenario = scenarios.find(({ name }) => name === mutant.caughtBy);
    if (scenario === undefined) throw new Error(`no scenario is named '${mutant.caughtBy}'`);
    const under = loadRing(mutant.patches);
    let left = WITHIN;
    let violation: string | undefined;
    // The fewer interruptions a fault needs, the sooner it is found, and the easier its story is to read.
    for (let bound = 0; violation === undefined && left > 0; bound++) {
      const report = await new Explorer(scenario, under, { bound, maxSchedules: left }).explore();
      left -= report.schedules;
      violation = report.violation;
    }
    expect(violation).toBeDefined();
  });

  test('there are as many as before, each of its own', () => {
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
    expect(MUTANTS.length).toBe(50);
  });
});

describe('the explorer finds nothing wrong with', () => {
  test.each(EQUIVALENTS)('%s', { timeout: 60_000 }, async (_name, patches) => {
    const under = loadRing(patches);
    for (const scenario of scenarios) {
      if (scenario.deaths === 2) continue;
      const bound = LIVING.includes(scenario) || ROOM.includes(scenario) ? 2 : 0;
      const report = await new Explorer(scenario, under, { bound }).explore();
      expect(report.violation).toBeUndefined();
    }
  });
});
