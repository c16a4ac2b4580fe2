import type { Answer, WorkerAnswer } from '@tidegate/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { EPOCH, MAINTAINER, normal, STOPPED, TestHost } from '../testing/host.js';
import { key } from '../testing/statuses.js';

/** Handle 0 (the trigger), 3 and 5 live on worker-0, handles 2 and 4 on worker-1. */
let host: TestHost;

beforeEach(() => {
  host = new TestHost();
  host.bootstrap([2, 3, 4, 5]);
});

const answersTo = (worker: string) => host.messages(worker) as WorkerAnswer[];
const targets = (worker: string) =>
  answersTo(worker).map(({ answer }) => (answer.target.type === 'normal' ? [...answer.target.handle] : answer.target.type));

describe('response routing (section 12)', () => {
  test('R-2 Normal: each worker gets its own dispatchers, in order, with their generations', () => {
    host.answer([{ target: normal(5, 2, 3, 4), ack: key(50) }]);
    expect(answersTo('worker-0')).toEqual([{ type: 'answer', mode: 0, answer: { target: normal(5, 3), ack: key(50) } }]);
    expect(answersTo('worker-1')).toEqual([{ type: 'answer', mode: 0, answer: { target: normal(2, 4), ack: key(50) } }]);
  });

  test('R-2 Normal: an answer for one worker only goes on as it is', () => {
    const answer: Answer = { target: normal(2, 4), ack: key(50) };
    host.answer([answer]);
    expect(answersTo('worker-1')[0]?.answer).toBe(answer);
    expect(answersTo('worker-0')).toEqual([]);
  });

  test('R-2 DB and All: every worker, which knows its own; the mode goes along', () => {
    for (const target of [{ type: 'db', schemaId: 1 }, { type: 'all' }] as const) {
      const answer: Answer = { target, action: { action: 1, key: key(50, true) } };
      host.answer([answer], { mode: 1 });
      for (const worker of ['worker-0', 'worker-1']) expect(answersTo(worker)).toEqual([{ type: 'answer', mode: 1, answer }]);
    }
  });

  test('R-3: a target that is not here, or of another generation, loses the answer, and is counted', () => {
    const target = { type: 'normal', handle: Uint32Array.of(2, 4, 99), generation: Uint32Array.of(1, 2, 1) } as const;
    host.answer([{ target, ack: key(50) }]);
    expect(targets('worker-1')).toEqual([[2]]);
    expect(host.coordinator.inspect().lostAnswers).toBe(2);
  });

  test('R-4, B-14: order is kept, ack before action', () => {
    host.answer([
      { target: normal(2), ignored: key(40) },
      { target: normal(2, 4), ack: key(50) },
      { target: normal(2), action: { action: 0, key: key(50) } },
    ]);
    const kinds = answersTo('worker-1').map(({ answer }) => Object.keys(answer).find((name) => name !== 'target'));
    expect(kinds).toEqual(['ignored', 'ack', 'action']);
  });

  test('answers use the headroom of the lane', () => {
    host.answer([{ target: normal(2), ack: key(50) }]);
    expect(host.context.take('worker-1').map(({ delivery }) => delivery)).toEqual(['control']);
  });

  test('what a worker cannot take waits in order, creates and removes in between; the rest of the host goes on', () => {
    host.context.full.add('worker-1');
    host.answer([{ target: normal(2, 3), ack: key(50) }]);
    host.receive(MAINTAINER, { type: 'schedule', epoch: EPOCH, create: [], remove: [{ id: '', handle: 4, generation: 1 }] });
    host.answer([{ target: normal(2), action: { action: 0, key: key(50) } }]);
    expect(targets('worker-0')).toEqual([[3]]);
    expect(host.coordinator.inspect().workers[1]?.waiting).toBe(3);
    host.room('worker-1');
    expect(host.messages('worker-1').map((message) => (message as { type: string }).type)).toEqual([
      'answer',
      'remove',
      'answer',
    ]);
    expect(host.coordinator.inspect().workers[1]?.waiting).toBe(0);
  });

  test('beyond the bound answers are dropped and counted, creates and removes are not', () => {
    const small = new TestHost({ outboxCapacity: 2 });
    small.bootstrap([2, 3, 4]);
    small.context.full.add('worker-1');
    for (let ts = 50; ts < 55; ts++) small.ack(ts, [2]);
    small.receive(MAINTAINER, { type: 'schedule', epoch: EPOCH, create: [], remove: [{ id: '', handle: 2, generation: 1 }] });
    expect(small.coordinator.inspect().workers[1]).toMatchObject({ waiting: 3, dropped: 3 });
    small.room('worker-1');
    expect(small.messages('worker-1').map((message) => (message as { type: string }).type)).toEqual([
      'answer',
      'answer',
      'remove',
    ]);
  });

  test('HandlerDropsStaleMaintainerEpoch: a stale Pass is not pushed anywhere (R-1, I-11)', () => {
    host.receive(MAINTAINER, {
      type: 'answers',
      epoch: EPOCH - 1,
      mode: 0,
      answers: [{ target: { type: 'all' }, action: { action: 1, key: key(50) } }],
    });
    expect([host.messages('worker-0'), host.messages('worker-1')]).toEqual([[], []]);
  });

  test('T-D: unknown goes to the worker, is counted, and the host is told who it is', () => {
    host.answer([{ target: normal(2, 3), unknown: key(50) }]);
    expect([targets('worker-0'), targets('worker-1')]).toEqual([[[3]], [[2]]]);
    expect(host.context.events).toEqual([
      {
        type: 'unknown-dispatchers',
        host: 'host-0',
        mode: 0,
        key: key(50),
        count: 2,
        dispatchers: [
          { handle: 2, generation: 1 },
          { handle: 3, generation: 1 },
        ],
      },
    ]);
    expect(host.context.counters.get('coordinator.unknown-dispatchers')).toBe(2);
  });

  test('a stopped dispatcher is not on the way of any answer', () => {
    host.components('worker-1', { handle: 2, state: STOPPED });
    host.answer([{ target: normal(2), ack: key(50) }]);
    expect(targets('worker-1')).toEqual([]);
  });

  test('an empty reply settles and goes nowhere (B-10)', () => {
    host.waiting(2, 50);
    host.done(3, 40);
    host.advance(10);
    const [request] = host.requests();
    host.context.take();
    host.answer([], { inReplyTo: request?.seq ?? 0 });
    expect(host.context.take()).toEqual([]);
  });
});
