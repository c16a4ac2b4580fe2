import type { Actor } from '@tidegate/runtime';
import { expect, it } from 'vitest';
import type { WrapActor } from '../../src/cluster/cluster.js';
import type { Fault } from '../../src/faults/fault.js';
import { scenarioOf } from '../../src/profiles.js';
import { runScenario } from '../../src/run/runScenario.js';

const FENCE: Fault = { do: 'fence', host: 2, back: 1_000, when: { step: 400 } };
/** The log is still being read when the lease ends. */
const slowly = (seed: number) => ({ ...scenarioOf(seed, 'hosts'), pace: 200, faults: [FENCE] });
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

/** Workers that do not hear that their host has lost its lease. */
const deaf: WrapActor = (address, context, make) => {
  const actor = make(context) as Actor;
  if (!address.includes('/worker-')) return actor;
  const receive = actor.receive.bind(actor);
  actor.receive = (message, from) => {
    if ((message as { readonly type?: string }).type !== 'fence') receive(message, from);
  };
  return actor;
};

it('F-12: a host that was cut off and fenced writes nothing any more, and its tables go on elsewhere', {
  timeout: 120_000,
}, async () => {
  for (const seed of SEEDS) {
    const { violations } = await runScenario(slowly(seed));
    expect(violations, `seed ${seed}`).toEqual([]);
  }
});

it('F-12: workers that go on after the fence are seen', { timeout: 120_000 }, async () => {
  const rules = new Set<string | undefined>();
  for (const seed of SEEDS) {
    const { violations } = await runScenario(slowly(seed), { wrap: deaf });
    rules.add(violations[0]?.rule);
  }
  expect([...rules]).toContain('F-12');
});
