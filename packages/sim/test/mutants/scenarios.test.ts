import { expect, it } from 'vitest';
import { hunt } from './runMutant.js';

const SCENARIOS = [
  ...['zombie', 'lostPass', 'lostAck', 'lostDone', 'lostWorker', 'merges', 'splitReporter', 'lateTable'],
  ...['otherSchema', 'lostTrigger', 'skippedEvent'],
];

it.each(SCENARIOS)('the scenario %s breaks no rule without a mutant', { timeout: 300_000 }, async (profile) => {
  const { tried, unsound } = await hunt({ edits: [], profile, seeds: 5 });
  expect([tried, unsound]).toEqual([5, 0]);
});
