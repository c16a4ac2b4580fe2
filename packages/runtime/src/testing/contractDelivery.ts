import assert from 'node:assert/strict';
import { Bench, type ContractCase, withBench } from './contractHarness.js';

/** The smallest link: 128 cells. */
const TINY = { capacityBytes: 4_096, reserveBytes: 512 };
const TINY_CELLS = 112;

/** Order, loss, refusal, coalescing, back-pressure. */
export const deliveryCases: readonly ContractCase[] = [
  {
    name: 'records and messages of one sender arrive in the order of sending',
    run: (binding) =>
      withBench(Bench.start(binding, ['a', 'b'], { 'a>b': {} }), async (bench) => {
        await bench.tell('a', { type: 'pump', to: 'b', count: 5_000, recordEvery: 7 });
        await bench.untilReceived('b', 'a', 5_000);
        const { a } = (await bench.report('b')).streams;
        assert.deepEqual(a, { records: 4_285, messages: 715, last: 4_999, gaps: 0, backwards: 0 });
      }),
  },
  {
    name: 'nothing lossless is lost or reordered when link and outbox are tiny, and the outbox keeps its bound',
    run: (binding) =>
      withBench(Bench.start(binding, ['a', 'b'], { 'a>b': { ...TINY, outbox: 4 } }), async (bench) => {
        await bench.tell('a', { type: 'pump', to: 'b', count: 3_000, recordEvery: 3, padding: 100 });
        await bench.untilReceived('b', 'a', 3_000);
        const { a } = (await bench.report('b')).streams;
        assert.deepEqual(a, { records: 2_000, messages: 1_000, last: 2_999, gaps: 0, backwards: 0 });
        const sender = await bench.report('a');
        assert.ok(sender.highBacklog <= 4, `outbox rose to ${sender.highBacklog}`);
        assert.ok(sender.notes.includes('room b'), 'the sender was never told of room');
      }),
  },
  {
    name: 'records claimed and taken in runs keep the order of sending, on a tiny link and across a pause within a run',
    run: (binding) =>
      withBench(
        Bench.start(binding, ['a', { address: 'b', options: { takesRuns: true } }], { 'a>b': { ...TINY, outbox: 4 } }),
        async (bench) => {
          await bench.tell('b', { type: 'pause', from: 'a', afterItem: 1_000 });
          await bench.tell('a', { type: 'pump', to: 'b', count: 3_000, recordEvery: 41, run: 30 });
          await bench.untilReceived('b', 'a', 1_001);
          const paused = (await bench.report('b')).streams.a;
          assert.deepEqual([paused?.last, paused?.gaps], [1_000, 0]);
          await bench.tell('b', { type: 'resume', from: 'a' });
          await bench.untilReceived('b', 'a', 3_000);
          const { streams, longestRun } = await bench.report('b');
          assert.deepEqual(streams.a, { records: 2_926, messages: 74, last: 2_999, gaps: 0, backwards: 0 });
          // Stepped, a delivery is one record.
          assert.ok(binding.name === 'stepped' || longestRun > 10, `runs of up to ${longestRun}`);
        },
      ),
  },
  {
    name: 'several senders are served side by side, each in its own order',
    run: (binding) =>
      withBench(Bench.start(binding, ['a', 'b', 'c'], { 'a>c': TINY, 'b>c': TINY }), async (bench) => {
        await bench.tell('a', { type: 'pump', to: 'c', count: 2_000, recordEvery: 5 });
        await bench.tell('b', { type: 'pump', to: 'c', count: 2_000, recordEvery: 2 });
        await bench.untilReceived('c', 'a', 2_000);
        await bench.untilReceived('c', 'b', 2_000);
        const { streams } = await bench.report('c');
        for (const stream of [streams.a, streams.b])
          assert.deepEqual([stream?.gaps, stream?.backwards, stream?.last], [0, 0, 1_999]);
      }),
  },
  {
    name: 'a refusable message is refused when the link is full, nothing changes, and room is told',
    run: (binding) =>
      withBench(Bench.start(binding, ['a', 'b'], { 'a>b': TINY }), async (bench) => {
        await bench.tell('b', { type: 'pause', from: 'a' });
        const accepted = (await bench.tell('a', { type: 'offer', to: 'b', count: 500, delivery: 'refusable' })) as number;
        assert.ok(accepted > 0 && accepted <= TINY_CELLS, `accepted ${accepted}`);
        assert.equal((await bench.report('a')).backlog.b, 0);
        await bench.tell('b', { type: 'resume', from: 'a' });
        await bench.untilNoted('a', 'room b');
        await bench.untilReceived('b', 'a', accepted);
        const { a } = (await bench.report('b')).streams;
        assert.deepEqual([a?.messages, a?.gaps], [accepted, 0]);
      }),
  },
  {
    name: 'the outbox takes lossless messages up to its bound, then refuses',
    run: (binding) =>
      withBench(Bench.start(binding, ['a', 'b'], { 'a>b': { ...TINY, outbox: 16 } }), async (bench) => {
        await bench.tell('b', { type: 'pause', from: 'a' });
        const accepted = (await bench.tell('a', { type: 'offer', to: 'b', count: 500 })) as number;
        assert.ok(accepted > 16 && accepted <= TINY_CELLS + 16, `accepted ${accepted}`);
        assert.equal((await bench.report('a')).backlog.b, 16);
        await bench.tell('b', { type: 'resume', from: 'a' });
        await bench.untilReceived('b', 'a', accepted);
        const { a } = (await bench.report('b')).streams;
        assert.deepEqual([a?.messages, a?.gaps, a?.backwards], [accepted, 0, 0]);
      }),
  },
  {
    name: 'a record is refused as long as a message waits in the outbox',
    run: (binding) =>
      withBench(Bench.start(binding, ['a', 'b'], { 'a>b': { ...TINY, outbox: 500 } }), async (bench) => {
        await bench.tell('b', { type: 'pause', from: 'a' });
        await bench.tell('a', { type: 'offer', to: 'b', count: 300 });
        assert.equal(await bench.tell('a', { type: 'fill', to: 'b', limit: 10 }), 0);
        await bench.tell('b', { type: 'resume', from: 'a' });
        await bench.untilReceived('b', 'a', 300);
        assert.equal(await bench.tell('a', { type: 'fill', to: 'b', limit: 10 }), 10);
      }),
  },
  {
    name: 'a control message uses the reserve of a link that is full of records, and keeps its place in the order',
    run: (binding) =>
      withBench(Bench.start(binding, ['a', 'b'], { 'a>b': TINY }), async (bench) => {
        await bench.tell('b', { type: 'pause', from: 'a' });
        assert.equal(await bench.tell('a', { type: 'fill', to: 'b', limit: 1_000 }), TINY_CELLS);
        const item = { type: 'item', n: TINY_CELLS };
        assert.equal(await bench.tell('a', { type: 'tell', to: 'b', message: item, delivery: 'refusable' }), false);
        assert.equal(await bench.tell('a', { type: 'tell', to: 'b', message: item, delivery: 'control' }), true);
        assert.equal((await bench.report('a')).backlog.b, 0);
        await bench.tell('b', { type: 'resume', from: 'a' });
        await bench.untilReceived('b', 'a', TINY_CELLS + 1);
        const { a } = (await bench.report('b')).streams;
        assert.deepEqual(a, { records: TINY_CELLS, messages: 1, last: TINY_CELLS, gaps: 0, backwards: 0 });
      }),
  },
  {
    name: 'while it waits, a message with a coalescing key is replaced by a later one with that key',
    run: (binding) =>
      withBench(Bench.start(binding, ['a', 'b'], { 'a>b': TINY }), async (bench) => {
        await bench.tell('b', { type: 'pause', from: 'a' });
        const filled = (await bench.tell('a', { type: 'fill', to: 'b', limit: 1_000 })) as number;
        assert.equal(await bench.tell('a', { type: 'offer', to: 'b', count: 1_000, keys: 3 }), 1_000);
        assert.equal((await bench.report('a')).backlog.b, 3);
        await bench.tell('b', { type: 'resume', from: 'a' });
        await bench.untilReceived('b', 'a', filled + 3);
        const { a } = (await bench.report('b')).streams;
        // The places are those of items 0, 1 and 2, the values the last of each key: 999, 997, 998.
        assert.deepEqual([a?.messages, a?.last, a?.backwards], [3, 998, 1]);
      }),
  },
  {
    name: 'pause stops delivery at once, in the middle of a burst, and resume goes on behind it',
    run: (binding) =>
      withBench(Bench.start(binding, ['a', 'b'], { 'a>b': {} }), async (bench) => {
        for (const [item, count] of [
          [10, 60],
          [83, 100],
        ] as const) {
          await bench.tell('b', { type: 'pause', from: 'a', afterItem: item });
          await bench.tell('a', {
            type: 'pump',
            to: 'b',
            first: item === 10 ? 0 : 60,
            count: item === 10 ? 60 : 40,
            recordEvery: 4,
          });
          await bench.untilReceived('b', 'a', item + 1);
          await bench.binding.pass(bench.system, 20);
          assert.equal((await bench.report('b')).streams.a?.last, item);
          await bench.tell('b', { type: 'resume', from: 'a' });
          await bench.untilReceived('b', 'a', count);
          assert.deepEqual([(await bench.report('b')).streams.a?.gaps], [0]);
        }
      }),
  },
  {
    name: 'an actor linked to itself gets what it sends, later',
    run: (binding) =>
      withBench(Bench.start(binding, ['a'], { 'a>a': TINY }), async (bench) => {
        await bench.tell('a', { type: 'pump', to: 'a', count: 400, recordEvery: 2 });
        await bench.untilReceived('a', 'a', 400);
        assert.deepEqual((await bench.report('a')).streams.a, { records: 200, messages: 200, last: 399, gaps: 0, backwards: 0 });
      }),
  },
];
