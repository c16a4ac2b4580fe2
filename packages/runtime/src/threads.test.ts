import { setTimeout as wait } from 'node:timers/promises';
// The built package: a worker thread loads it, and the main thread must run the same build.
import { startThreads } from '@tidegate/runtime';
import { describe, it } from 'vitest';
import type { ContractBinding } from './testing/contractHarness.js';
import { contractCases } from './testing/contractSuite.js';

const probe = new URL('../dist/testing/probe.js', import.meta.url).href;

const binding: ContractBinding = {
  name: 'threads',
  probe,
  start: startThreads,
  settle: (_system, promise) => promise,
  pass: (_system, milliseconds) => wait(milliseconds),
};

describe('threads: the contract of every binding', () => {
  for (const { name, run } of contractCases) it(name, () => run(binding), 30_000);
});
