// The built package: a worker thread loads it, and the main thread must run the same build.
import { type System, startThreads, type Topology } from '@tidegate/runtime';
import { describe, expect, it } from 'vitest';
import { contractCases } from './testing/contractSuite.js';
import { threadBinding } from './testing/threadBinding.js';

const probe = new URL('../dist/testing/probe.js', import.meta.url).href;

/** Every thread sleeps with its event loop standing still. */
function startBlocking(topology: Topology): Promise<System> {
  return startThreads({ ...topology, threads: topology.threads.map((thread) => ({ ...thread, parking: 'blocking' })) });
}

describe('threads: the contract of every binding', () => {
  for (const { name, run } of contractCases) it(name, () => run(threadBinding(probe, startThreads)), 120_000);
});

describe('threads that block while they sleep: the contract of every binding', () => {
  for (const { name, run } of contractCases) it(name, () => run(threadBinding(probe, startBlocking)), 120_000);

  it('what comes from outside is seen to at once, and not at the next look', async () => {
    const system = await startBlocking({
      threads: [{ name: 't', actors: [{ address: 'a', module: probe }] }],
      links: [],
    });
    const times: number[] = [];
    for (let round = 0; round < 20; round++) {
      const start = performance.now();
      await system.inspect();
      times.push(performance.now() - start);
    }
    await expect(system.stop()).resolves.toMatchObject({ clean: true });
    // It looks by itself every five seconds; half of that would be the mean.
    expect(times.sort((a, b) => a - b)[10]).toBeLessThan(250);
  }, 120_000);

  it('one that sleeps can be ended by force', async () => {
    const system = await startThreads({
      threads: [{ name: 't', parking: 'blocking', actors: [{ address: 'a', module: probe }] }],
      links: [],
    });
    await system.terminate();
    await expect(system.inspect()).resolves.toMatchObject({ threads: [{ name: 't', state: 'dead' }] });
  }, 120_000);
});

describe('the end of a thread', () => {
  it('what was sent to an actor behind its stop is dead letters, however soon its thread ends', async () => {
    const module = `data:text/javascript,${encodeURIComponent(`
      export function createActor(context, options) {
        return { receive() {}, stop() { for (const n of options?.words ?? []) context.send('b', { type: 'last', n }); } };
      }`)}`;
    const actor = (address: string, options: object) => ({ address, module, options });
    for (let round = 0; round < 20; round++) {
      const system = await startThreads({
        threads: [
          { name: 'b', actors: [actor('b', {})] },
          { name: 'a', actors: [actor('a', { words: [1, 2, 3] })] },
        ],
        links: [{ from: 'a', to: 'b' }],
        stopOrder: ['b', 'a'],
      });
      expect(await system.stop()).toMatchObject({ clean: true, unfinished: [] });
    }
  }, 60_000);
});
