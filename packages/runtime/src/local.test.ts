import { setTimeout as wait } from 'node:timers/promises';
import { describe, it } from 'vitest';
import { createLocal } from './local.js';
import type { ContractBinding } from './testing/contractHarness.js';
import { contractCases } from './testing/contractSuite.js';

const probe = new URL('../dist/testing/probe.js', import.meta.url).href;

const binding: ContractBinding = {
  name: 'local',
  probe,
  start: createLocal,
  settle: (_system, promise) => promise,
  pass: (_system, milliseconds) => wait(milliseconds),
};

describe('local: the contract of every binding', () => {
  for (const { name, run } of contractCases) it(name, () => run(binding));
});
