import { describe, it } from 'vitest';
import { createStepped, type SteppedSystem } from './stepped.js';
import type { ContractBinding } from './testing/contractHarness.js';
import { contractCases } from './testing/contractSuite.js';

const probe = new URL('../dist/testing/probe.js', import.meta.url).href;

const binding: ContractBinding = {
  name: 'stepped',
  probe,
  start: (topology) => createStepped(topology),
  settle: async (system, promise) => {
    (system as SteppedSystem).runUntilIdle();
    return await promise;
  },
  pass: async (system, milliseconds) => (system as SteppedSystem).advance(milliseconds),
};

describe('stepped: the contract of every binding', () => {
  for (const { name, run } of contractCases) it(name, () => run(binding));
});
