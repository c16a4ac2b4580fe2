import { setTimeout as wait } from 'node:timers/promises';
import type { System } from '../system.js';
import type { Topology } from '../topology.js';
import type { ContractBinding } from './contractHarness.js';

/** The threads binding for tests; `start` comes from the built package, which the worker threads load too. */
export function threadBinding(probe: string, start: (topology: Topology) => Promise<System>): ContractBinding {
  return {
    name: 'threads',
    probe,
    start,
    settle: (_system, promise) => promise,
    pass: (_system, milliseconds) => wait(milliseconds),
  };
}
