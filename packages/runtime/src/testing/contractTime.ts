import assert from 'node:assert/strict';
import { Bench, type ContractCase, withBench } from './contractHarness.js';

/** Timers, ticks, posts, chance, events, logs, and the bounds of an actor's own queues. */
export const timeCases: readonly ContractCase[] = [
  {
    name: 'timers fire in order of time, never early, and not when cancelled',
    run: (binding) =>
      withBench(Bench.start(binding, ['a'], {}), async (bench) => {
        const start = (await bench.tell('a', { type: 'schedule', delay: 400, label: 'late' })) as number;
        await bench.tell('a', { type: 'schedule', delay: 200, label: 'cancelled', cancel: true });
        await bench.tell('a', { type: 'schedule', delay: 5, label: 'early' });
        await bench.untilNoted('a', 'late');
        const end = (await bench.tell('a', { type: 'schedule', delay: 0, label: 'end' })) as number;
        assert.ok(end - start >= 395, `a timer of 400 ms came after ${end - start} ms`);
        await bench.untilNoted('a', 'end');
        assert.deepEqual((await bench.report('a')).notes, ['early', 'late', 'end']);
      }),
  },
  {
    name: 'tick comes at the interval of the placement',
    run: (binding) =>
      withBench(Bench.start(binding, [{ address: 'a', tickInterval: 10 }, 'b'], {}), async (bench) => {
        await bench.until('a ticked five times', async () => (await bench.report('a')).ticks >= 5);
        assert.equal((await bench.report('b')).ticks, 0);
      }),
  },
  {
    name: 'posts arrive in order, also from an effect that completes outside of any turn',
    run: (binding) =>
      withBench(Bench.start(binding, ['a'], {}), async (bench) => {
        await bench.tell('a', { type: 'post', labels: ['one', 'two', 'three'] });
        await bench.tell('a', { type: 'effect', label: 'effect' });
        await bench.untilNoted('a', 'effect');
        assert.deepEqual((await bench.report('a')).notes, ['one', 'two', 'three', 'effect']);
      }),
  },
  {
    name: 'random numbers depend on the seed and the address alone',
    run: (binding) =>
      withBench(Bench.start(binding, ['a', 'b'], {}), async (bench) => {
        const a = await bench.tell('a', { type: 'random', count: 3 });
        // The same numbers on every binding: they are pinned here.
        assert.deepEqual(a, [3_474_932_046, 901_033_380, 1_511_223_126]);
        assert.notDeepEqual(await bench.tell('b', { type: 'random', count: 3 }), a);
      }),
  },
  {
    name: 'events with a key are replaced by later ones until taken, the last always comes',
    run: (binding) =>
      withBench(Bench.start(binding, ['a'], {}), async (bench) => {
        await bench.tell('a', { type: 'emit', count: 1_000, keys: 2 });
        await bench.until('both last events came', () => bench.events.length >= 2);
        const numbers = bench.events.map(({ from, event }) => [from, (event as { n: number }).n]);
        assert.deepEqual(numbers, [
          ['a', 998],
          ['a', 999],
        ]);
      }),
  },
  {
    name: 'events without a key are kept in order up to the bound, beyond it the oldest dropped and counted',
    run: (binding) =>
      withBench(Bench.start(binding, ['a'], {}, { limits: { events: 50 } }), async (bench) => {
        await bench.tell('a', { type: 'emit', count: 80 });
        await bench.until('fifty events came', () => bench.events.length >= 50);
        assert.deepEqual(
          bench.events.map(({ event }) => (event as { n: number }).n),
          Array.from({ length: 50 }, (_, n) => 30 + n),
        );
        const [thread] = (await bench.system.inspect()).threads;
        assert.equal(thread?.state === 'running' && thread.droppedEvents, 30);
        await bench.tell('a', { type: 'emit', count: 1 });
        await bench.until('later events come again', () => bench.events.length === 51);
      }),
  },
  {
    name: 'log lines reach the outside from the chosen level on',
    run: (binding) =>
      withBench(Bench.start(binding, ['a'], {}), async (bench) => {
        await bench.tell('a', { type: 'log', text: 'look' });
        await bench.until('a line came', () => bench.logs.length > 0);
        assert.deepEqual(
          bench.logs.map(({ level, text }) => [level, text]),
          [['warn', 'look']],
        );
      }),
  },
  {
    name: 'an actor whose own queue passes its bound fails and says so',
    run: (binding) =>
      withBench(Bench.start(binding, ['a', 'b'], {}, { limits: { selfQueue: 8, timers: 2 } }), async (bench) => {
        const labels = Array.from({ length: 9 }, (_, n) => `post ${n}`);
        await assert.rejects(bench.tell('a', { type: 'post', labels }), { reason: 'receiver-failed' });
        await bench.until('the fault was told', () => bench.faults.length === 1);
        assert.match(bench.faults[0]?.message ?? '', /posts and timers of a is at its bound of 8/);
        for (const label of ['one', 'two']) await bench.tell('b', { type: 'schedule', delay: 10_000, label });
        await assert.rejects(bench.tell('b', { type: 'schedule', delay: 10_000, label: 'three' }), { reason: 'receiver-failed' });
        await bench.until('the second fault was told', () => bench.faults.length === 2);
        assert.match(bench.faults[1]?.message ?? '', /set of timers of b is at its bound of 2/);
      }),
  },
];
