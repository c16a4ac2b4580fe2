// The built package: a worker thread loads it, and the main thread must run the same build.
import { startThreads } from '@tidegate/runtime';
import { describe, it } from 'vitest';
import { contractCases } from './testing/contractSuite.js';
import { threadBinding } from './testing/threadBinding.js';

const probe = new URL('../dist/testing/probe.js', import.meta.url).href;

describe('threads: the contract of every binding', () => {
  for (const { name, run } of contractCases) it(name, () => run(threadBinding(probe, startThreads)), 30_000);
});
