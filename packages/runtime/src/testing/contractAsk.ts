import assert from 'node:assert/strict';
import { Bench, type ContractCase, withBench } from './contractHarness.js';

const BOTH = { 'a>b': {}, 'b>a': {} };
const ECHO = { type: 'echo', value: 'hello' };

/** Asks between actors and from outside, dead letters. */
export const askCases: readonly ContractCase[] = [
  {
    name: 'an ask gets its reply',
    run: (binding) =>
      withBench(Bench.start(binding, ['a', 'b'], BOTH), async (bench) => {
        await bench.tell('a', { type: 'ask', to: 'b', message: ECHO, deadline: 5_000 });
        await bench.untilNoted('a', 'ask b: hello');
        assert.ok((await bench.report('b')).notes.includes('echo from a'));
      }),
  },
  {
    name: 'an ask fails at once with its reason: unknown address, no link, no way back, handled without reply',
    run: (binding) =>
      withBench(Bench.start(binding, ['a', 'b', 'c'], { ...BOTH, 'a>c': {} }), async (bench) => {
        for (const [asker, to, message, reason] of [
          ['a', 'nobody', ECHO, 'unknown-address'],
          ['b', 'c', ECHO, 'no-link'],
          ['a', 'c', ECHO, 'no-return-link'],
          ['a', 'b', { type: 'silence' }, 'no-reply'],
        ] as const) {
          await bench.tell(asker, { type: 'ask', to, message, deadline: 60_000 });
          await bench.untilNoted(asker, `ask ${to}: error ${reason}`);
        }
      }),
  },
  {
    name: 'an ask that is not answered in time ends with its deadline, once, and a late reply is counted only',
    run: (binding) =>
      withBench(Bench.start(binding, ['a', 'b'], BOTH), async (bench) => {
        await bench.tell('b', { type: 'pause', from: 'a' });
        await bench.tell('a', { type: 'ask', to: 'b', message: ECHO, deadline: 20 });
        await bench.untilNoted('a', 'ask b: error deadline');
        await bench.tell('b', { type: 'resume', from: 'a' });
        await bench.until('the late reply was counted', async () => {
          const actors = (await bench.system.inspect()).threads.flatMap((thread) =>
            thread.state === 'running' ? thread.actors : [],
          );
          return actors.some(({ address, lateReplies, asks }) => address === 'a' && lateReplies === 1 && asks === 0);
        });
        assert.equal((await bench.report('a')).notes.filter((note) => note.startsWith('ask')).length, 1);
      }),
  },
  {
    name: 'asks beyond the bound are refused',
    run: (binding) =>
      withBench(Bench.start(binding, ['a', 'b'], BOTH, { limits: { asks: 2 } }), async (bench) => {
        await bench.tell('b', { type: 'pause', from: 'a' });
        for (let i = 0; i < 3; i++) await bench.tell('a', { type: 'ask', to: 'b', message: ECHO, deadline: 60_000 });
        await bench.untilNoted('a', 'ask b: error refused');
        await bench.tell('b', { type: 'resume', from: 'a' });
        await bench.until('the others got their replies', async () => (await bench.report('a')).notes.length === 3);
        assert.deepEqual((await bench.report('a')).notes, ['ask b: error refused', 'ask b: hello', 'ask b: hello']);
      }),
  },
  {
    name: 'an ask to a failed actor, and one that fails it, end at once',
    run: (binding) =>
      withBench(Bench.start(binding, ['a', 'b'], BOTH), async (bench) => {
        await bench.tell('a', { type: 'ask', to: 'b', message: { type: 'throw', text: 'no' }, deadline: 60_000 });
        await bench.untilNoted('a', 'ask b: error receiver-failed');
        await bench.tell('a', { type: 'ask', to: 'b', message: ECHO, deadline: 60_000 });
        await bench.until('both ended', async () => (await bench.report('a')).notes.length === 2);
        assert.deepEqual((await bench.report('a')).notes, ['ask b: error receiver-failed', 'ask b: error receiver-failed']);
      }),
  },
  {
    name: 'an ask to a stopped actor ends at once, while the asker itself is stopping',
    run: (binding) =>
      withBench(Bench.start(binding, [{ address: 'a', options: { stopAsks: 'b' } }, 'b'], BOTH), async (bench) => {
        const report = await bench.stop({ order: ['b', 'a'] });
        assert.equal(report.clean, true);
        assert.ok(bench.events.some(({ event }) => (event as { outcome?: string }).outcome === 'receiver-stopped'));
      }),
  },
  {
    name: 'from outside: ask, send, and their errors',
    run: (binding) =>
      withBench(Bench.start(binding, ['a'], {}), async (bench) => {
        assert.equal(await bench.tell('a', { type: 'echo', value: 12n }), 12n);
        assert.ok((await bench.report('a')).notes.includes('echo from @outside'));
        await bench.system.send('a', { type: 'note', label: 'sent' });
        await bench.untilNoted('a', 'sent');
        await assert.rejects(bench.system.ask('nobody', ECHO, { deadline: 1_000 }), {
          code: 'RUNTIME_ASK',
          reason: 'unknown-address',
        });
        await assert.rejects(bench.system.send('nobody', ECHO), { code: 'RUNTIME_ASK', reason: 'unknown-address' });
        await assert.rejects(bench.tell('a', { type: 'silence' }), { code: 'RUNTIME_ASK', reason: 'no-reply' });
      }),
  },
  {
    name: 'a message that reaches nobody is a dead letter with its reason, told and counted',
    run: (binding) =>
      withBench(Bench.start(binding, ['a', 'b', 'c'], { 'a>b': {} }), async (bench) => {
        await bench.tell('b', { type: 'fail', text: 'gone' }).catch(() => undefined);
        const note = { type: 'note', label: 'x' };
        for (const to of ['nobody', 'c', 'b']) assert.equal(await bench.tell('a', { type: 'tell', to, message: note }), true);
        assert.equal(await bench.tell('a', { type: 'fill', to: 'b', limit: 2 }), 2);
        await bench.until('all dead letters were told', () => bench.deadLetters.length === 5);
        assert.deepEqual(
          new Set(bench.deadLetters.map(({ from, to, type, reason }) => `${from} ${to} ${type} ${reason}`)),
          new Set([
            'a nobody note unknown-address',
            'a c note no-link',
            'a b note receiver-failed',
            'a b record receiver-failed',
          ]),
        );
        const counts: Record<string, number> = {};
        for (const thread of (await bench.system.inspect()).threads)
          if (thread.state === 'running') Object.assign(counts, thread.deadLetters);
        assert.deepEqual(counts, { 'unknown-address': 1, 'no-link': 1, 'receiver-failed': 3 });
      }),
  },
];
