import assert from 'node:assert/strict';
import { Bench, type ContractCase, withBench } from './contractHarness.js';
import type { ProbeReport } from './probeMessages.js';

const TINY = { capacityBytes: 4_096, reserveBytes: 512 };

/** What an actor had got when its `stop` was called. */
function atStop(bench: Bench, address: string): ProbeReport | undefined {
  const told = bench.events.find(({ from, event }) => from === address && 'stopped' in (event as object));
  return (told?.event as { stopped: ProbeReport } | undefined)?.stopped;
}

/** Failure and stop. */
export const endCases: readonly ContractCase[] = [
  {
    name: 'an actor that throws is a fault that names it and the message; it receives nothing more, the others go on',
    run: (binding) =>
      withBench(Bench.start(binding, ['a', 'b', 'c'], { 'a>b': {}, 'a>c': {} }), async (bench) => {
        await bench.tell('a', { type: 'tell', to: 'b', message: { type: 'throw', text: 'kaput' } });
        await bench.until('the fault was told', () => bench.faults.length === 1);
        const fault = bench.faults[0] as Error & { address?: string; during?: string; code?: string };
        assert.deepEqual([fault.code, fault.address, fault.during], ['RUNTIME_ACTOR_FAULT', 'b', 'throw']);
        assert.match(fault.message, /actor b on thread .* failed during 'throw': kaput/);
        assert.equal((fault.cause as Error).message, 'kaput');
        await bench.tell('a', { type: 'pump', to: 'b', count: 10 });
        await bench.tell('a', { type: 'pump', to: 'c', count: 10 });
        await bench.untilReceived('c', 'a', 10);
        await bench.until('what b did not get was counted', () => bench.deadLetters.length === 10);
      }),
  },
  {
    name: 'a record that is claimed by a turn that throws never becomes visible',
    run: (binding) =>
      withBench(Bench.start(binding, ['a', 'b'], { 'a>b': {} }), async (bench) => {
        await bench.tell('a', { type: 'fill', to: 'b', limit: 3 });
        await assert.rejects(bench.tell('a', { type: 'throw-in-record', to: 'b' }), { reason: 'receiver-failed' });
        await bench.untilReceived('b', 'a', 3);
        await bench.binding.pass(bench.system, 20);
        assert.equal((await bench.report('b')).streams.a?.records, 3);
      }),
  },
  {
    name: 'an actor that declares its failure has its last words delivered',
    run: (binding) =>
      withBench(Bench.start(binding, ['a', 'b'], { 'a>b': {} }), async (bench) => {
        await assert.rejects(bench.tell('a', { type: 'fail', text: 'cannot go on', tell: 'b' }), { reason: 'receiver-failed' });
        await bench.until('the fault was told', () => bench.faults.length === 1);
        const fault = bench.faults[0] as Error & { during?: string };
        assert.equal(fault.during, 'fail');
        assert.equal((fault.cause as Error).message, 'cannot go on');
        await bench.untilNoted('b', 'last words');
        await assert.rejects(bench.system.send('a', { type: 'silence' }), { reason: 'receiver-failed' });
        const report = await bench.stop();
        assert.equal(report.clean, false);
        assert.deepEqual(
          report.actors.map(({ address, outcome }) => [address, outcome]),
          [
            ['a', 'failed'],
            ['b', 'stopped'],
          ],
        );
      }),
  },
  {
    name: 'a stop in order handles everything that was sent before, outboxes included',
    run: (binding) =>
      withBench(Bench.start(binding, ['a', 'b'], { 'a>b': { ...TINY, outbox: 4_096 } }), async (bench) => {
        assert.equal(await bench.tell('a', { type: 'offer', to: 'b', count: 3_000 }), 3_000);
        const report = await bench.stop({ order: ['a', 'b'] });
        assert.deepEqual(report, {
          clean: true,
          actors: [
            { address: 'a', outcome: 'stopped' },
            { address: 'b', outcome: 'stopped' },
          ],
          terminated: [],
          unfinished: [],
        });
        const stream = atStop(bench, 'b')?.streams.a;
        assert.deepEqual([stream?.messages, stream?.gaps], [3_000, 0]);
      }),
  },
  {
    name: 'a stop waits for what an actor promises, and its timers and posts still arrive meanwhile',
    run: (binding) =>
      withBench(Bench.start(binding, [{ address: 'a', options: { stopDelay: 30 } }, 'b'], {}), async (bench) => {
        const report = await bench.stop();
        assert.equal(report.clean, true);
        assert.deepEqual(atStop(bench, 'a')?.notes, ['stop']);
      }),
  },
  {
    name: 'a stop ends at its deadline and says who did not',
    run: (binding) =>
      withBench(Bench.start(binding, [{ address: 'a', options: { stopHangs: true } }, 'b'], {}), async (bench) => {
        const report = await bench.stop({ deadline: 100, order: [['a', 'b']] });
        assert.equal(report.clean, false);
        assert.deepEqual(
          report.actors.map(({ address, outcome }) => [address, outcome]),
          [
            ['a', 'deadline'],
            ['b', 'stopped'],
          ],
        );
        assert.match(report.actors[0]?.why ?? '', /its own stop\(\)/);
      }),
  },
  {
    name: 'a stop counts what nobody took',
    run: (binding) =>
      withBench(Bench.start(binding, ['a', 'b'], { 'a>b': { ...TINY, outbox: 64 } }), async (bench) => {
        await bench.tell('b', { type: 'pause', from: 'a' });
        const records = (await bench.tell('a', { type: 'fill', to: 'b', limit: 1_000 })) as number;
        await bench.tell('a', { type: 'offer', to: 'b', count: 10 });
        const report = await bench.stop({ deadline: 100, order: ['a', 'b'] });
        assert.equal(report.clean, false);
        const total = { records: 0, messages: 0 };
        for (const left of report.unfinished) {
          assert.deepEqual([left.from, left.to], ['a', 'b']);
          total.records += left.records;
          total.messages += left.messages;
        }
        assert.deepEqual(total, { records, messages: 10 });
      }),
  },
  {
    name: 'after a stop the system refuses calls, and a second stop tells the same',
    run: (binding) =>
      withBench(Bench.start(binding, ['a'], {}), async (bench) => {
        const report = await bench.stop();
        assert.equal(await bench.system.stop(), report);
        await assert.rejects(bench.system.send('a', { type: 'silence' }), { code: 'RUNTIME_STOPPED' });
      }),
  },
];
