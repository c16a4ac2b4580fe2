import { startThreads } from '@tidegate/runtime';
import { describe, expect, it } from 'vitest';
import type { ThreadDeathError } from './errors.js';
import { Bench, withBench } from './testing/contractHarness.js';
import { threadBinding } from './testing/threadBinding.js';

const probe = new URL('../dist/testing/probe.js', import.meta.url).href;
const binding = threadBinding(probe, startThreads);
const BOTH = { 'a>b': {}, 'b>a': {} };

async function theDeath(bench: Bench): Promise<ThreadDeathError> {
  await bench.until('a fault was told', () => bench.faults.length > 0);
  expect(bench.faults).toHaveLength(1);
  return bench.faults[0] as ThreadDeathError;
}

/** Crashes a probe; the call itself may or may not get its answer before. */
function crash(
  bench: Bench,
  address: string,
  how: 'uncaught' | 'rejection' | 'exit' | 'memory' | 'hang',
  code = 0,
): Promise<unknown> {
  return bench.tell(address, { type: 'crash', how, code }, 60_000).catch((error: unknown) => error);
}

describe('a thread that dies is noticed at once and named', { timeout: 120_000 }, () => {
  it('tells an uncaught error with its message and stack', () =>
    withBench(Bench.start(binding, ['a', 'b'], BOTH), async (bench) => {
      await crash(bench, 'b', 'uncaught');
      const death = await theDeath(bench);
      expect(death).toMatchObject({ code: 'RUNTIME_THREAD_DEATH', thread: 'b thread', reason: 'uncaught-error', actors: ['b'] });
      expect(death.message).toContain('thrown outside of every turn');
      expect((death.cause as Error).stack).toContain('probe');
    }));

  it('tells an unhandled rejection as an uncaught error', () =>
    withBench(Bench.start(binding, ['a'], {}), async (bench) => {
      await crash(bench, 'a', 'rejection');
      const death = await theDeath(bench);
      expect(death.reason).toBe('uncaught-error');
      expect(death.message).toContain('nobody handles this');
    }));

  it('tells process.exit(3) with its code, and what was in flight in both directions', () =>
    withBench(Bench.start(binding, ['a', 'b', 'c'], { ...BOTH, 'b>c': {} }), async (bench) => {
      await bench.tell('b', { type: 'pause', from: 'a' });
      await bench.tell('c', { type: 'pause', from: 'b' });
      await bench.tell('a', { type: 'fill', to: 'b', limit: 5 });
      await bench.tell('a', { type: 'offer', to: 'b', count: 3 });
      await bench.tell('b', { type: 'offer', to: 'c', count: 4 });
      await crash(bench, 'b', 'exit', 3);
      const death = await theDeath(bench);
      expect(death).toMatchObject({ thread: 'b thread', reason: 'exit', exitCode: 3 });
      expect(death.inFlight).toEqual([
        { from: 'a', to: 'b', records: 5, messages: 3 },
        { from: 'b', to: 'c', records: 0, messages: 4 },
      ]);
      // What the dead thread had published is not lost: its receiver still gets it.
      await bench.tell('c', { type: 'resume', from: 'b' });
      await bench.untilReceived('c', 'b', 4);
    }));

  it('tells out of memory', () =>
    withBench(
      Bench.start(binding, ['a', 'b'], BOTH, {
        threads: [
          { name: 'a thread', actors: [{ address: 'a', module: probe }] },
          { name: 'b thread', actors: [{ address: 'b', module: probe }], resourceLimits: { maxOldGenerationSizeMb: 24 } },
        ],
      }),
      async (bench) => {
        await crash(bench, 'b', 'memory');
        expect(await theDeath(bench)).toMatchObject({ thread: 'b thread', reason: 'out-of-memory' });
      },
    ));

  it('ends calls and asks to the dead thread at once, pending and later ones', () =>
    withBench(Bench.start(binding, ['a', 'b'], BOTH), async (bench) => {
      await bench.tell('b', { type: 'pause', from: 'a' });
      await bench.tell('a', { type: 'ask', to: 'b', message: { type: 'silence' }, deadline: 60_000 });
      const pending = crash(bench, 'b', 'exit', 1);
      await theDeath(bench);
      await expect(pending).resolves.toMatchObject({ code: 'RUNTIME_ASK', reason: 'thread-dead' });
      await bench.untilNoted('a', 'ask b: error thread-dead');
      await expect(bench.system.ask('b', { type: 'report' }, { deadline: 60_000 })).rejects.toMatchObject({
        reason: 'thread-dead',
      });
      // A sender is not blocked by a dead receiver: what it sends is a dead letter.
      await bench.tell('a', { type: 'offer', to: 'b', count: 3 });
      await bench.until('the dead letters were told', () => bench.deadLetters.length === 3);
      expect(bench.deadLetters[0]).toEqual({ from: 'a', to: 'b', type: 'item', reason: 'thread-dead' });
    }));

  it('leaves the others running, and a stop says who is lost', () =>
    withBench(Bench.start(binding, ['a', 'b'], { 'a>b': { capacityBytes: 4_096, outbox: 1_024 } }), async (bench) => {
      await bench.tell('b', { type: 'pause', from: 'a' });
      await bench.tell('a', { type: 'offer', to: 'b', count: 500 });
      await crash(bench, 'b', 'exit', 1);
      await theDeath(bench);
      const { threads } = await bench.system.inspect();
      expect(threads.map(({ name, state }) => [name, state])).toEqual([
        ['a thread', 'running'],
        ['b thread', 'dead'],
      ]);
      const report = await bench.stop({ deadline: 5_000 });
      expect(report.clean).toBe(false);
      expect(report.actors.map(({ address, outcome }) => [address, outcome])).toEqual([
        ['a', 'stopped'],
        ['b', 'lost'],
      ]);
      expect(report.terminated).toEqual([]);
      expect(report.unfinished).toEqual([{ from: 'a', to: 'b', records: 0, messages: expect.any(Number) }]);
    }));
});

describe('a thread that hangs', { timeout: 120_000 }, () => {
  it('does not hang the stop: it is terminated at the deadline, and named', () =>
    withBench(Bench.start(binding, ['a', 'b'], BOTH), async (bench) => {
      const hanging = crash(bench, 'b', 'hang');
      await bench.until('the snapshot says so', async () => {
        const { threads } = await bench.system.inspect();
        expect(threads[0]?.state).toBe('running');
        return threads[1]?.state === 'unresponsive';
      });
      const start = performance.now();
      const report = await bench.stop({ deadline: 300 });
      expect(performance.now() - start).toBeLessThan(5_000);
      expect(report.terminated).toEqual(['b thread']);
      expect(report.actors).toMatchObject([
        { address: 'a', outcome: 'stopped' },
        { address: 'b', outcome: 'lost', why: expect.stringContaining('no answer within') },
      ]);
      await expect(hanging).resolves.toMatchObject({ code: 'RUNTIME_ASK' });
      expect(bench.faults).toEqual([]);
    }));

  it('can be ended in the middle of its work', () =>
    withBench(Bench.start(binding, ['a', 'b'], BOTH), async (bench) => {
      await bench.tell('a', { type: 'pump', to: 'b', count: 1_000_000_000, recordEvery: 10 });
      await bench.untilReceived('b', 'a', 1_000);
      await bench.system.terminate();
      await expect(bench.system.ask('a', { type: 'report' }, { deadline: 60_000 })).rejects.toMatchObject({
        code: 'RUNTIME_STOPPED',
      });
      expect(bench.faults).toEqual([]);
    }));
});

describe('a thread that cannot start', { timeout: 120_000 }, () => {
  const start = (actor: object): Promise<unknown> =>
    startThreads({
      threads: [
        { name: 'good', actors: [{ address: 'a', module: probe }] },
        { name: 'bad', actors: [{ address: 'b', module: probe, ...actor }] },
      ],
      links: [],
    });

  it('names a module that is not there', async () => {
    await expect(start({ module: 'file:///nowhere/actor.js' })).rejects.toMatchObject({
      code: 'RUNTIME_START',
      message: expect.stringMatching(/thread bad did not start: actor b did not start: module file:\/\/\/nowhere\/actor.js/),
    });
  });

  it('names an export that is not there', async () => {
    await expect(start({ factory: 'makeActor' })).rejects.toThrow(/exports no function 'makeActor'/);
  });

  it('passes on what a factory throws', async () => {
    await expect(start({ options: { refuse: 'no such table' } })).rejects.toThrow(/actor b did not start: .*no such table/);
  });

  it('gives up at the start deadline', async () => {
    const hangs = 'data:text/javascript,export const createActor = () => new Promise(() => setInterval(() => {}, 1000));';
    const threads = [{ name: 'bad', actors: [{ address: 'b', module: hangs }] }];
    await expect(startThreads({ threads, links: [], limits: { start: 500 } })).rejects.toThrow(
      /thread bad .*not there within 500 ms/,
    );
  });

  it('takes no create function', async () => {
    const actors = [{ address: 'a', create: () => ({ receive: () => {} }) }];
    await expect(startThreads({ threads: [{ name: 't', actors }], links: [] })).rejects.toMatchObject({
      code: 'RUNTIME_TOPOLOGY',
    });
  });
});
