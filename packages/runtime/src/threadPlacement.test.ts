import { startThreads } from '@tidegate/runtime';
import { describe, expect, it } from 'vitest';
import { Bench, withBench } from './testing/contractHarness.js';
import { threadBinding } from './testing/threadBinding.js';

const probe = new URL('../dist/testing/probe.js', import.meta.url).href;
const binding = threadBinding(probe, startThreads);
const RING = { 'a>b': {}, 'b>c': {}, 'c>a': {} };

describe('any placement of the same actors works by configuration alone', { timeout: 120_000 }, () => {
  for (const placement of [['a', 'b', 'c'], ['ab', 'c'], ['a', 'bc'], ['ac', 'b'], ['abc']]) {
    it(`${placement.length} threads: ${placement.join(' | ')}`, () => {
      const threads = placement.map((addresses) => ({
        name: addresses,
        actors: [...addresses].map((address) => ({ address, module: probe })),
      }));
      return withBench(Bench.start(binding, ['a', 'b', 'c'], RING, { threads }), async (bench) => {
        for (const [from, to] of ['ab', 'bc', 'ca'].map((way) => [...way] as [string, string])) {
          await bench.tell(from, { type: 'pump', to, count: 500, recordEvery: 3 });
          await bench.untilReceived(to, from, 500);
          expect((await bench.report(to)).streams[from]).toMatchObject({ gaps: 0, backwards: 0, last: 499 });
        }
        expect(await bench.stop()).toMatchObject({ clean: true });
      });
    });
  }
});

describe('what a lane cannot carry', { timeout: 120_000 }, () => {
  it('is an error that names message and bound', () =>
    withBench(Bench.start(binding, ['a', 'b'], { 'a>b': { capacityBytes: 4_096 } }), async (bench) => {
      await bench.tell('a', { type: 'offer', to: 'b', count: 1, padding: 10_000 }).catch(() => undefined);
      await bench.until('the fault was told', () => bench.faults.length === 1);
      expect(bench.faults[0]?.message).toMatch(/message 'item' from a to b takes 10\d+ bytes and the lane carries at most \d+/);
    }));
});
