import { describe, expect, test } from 'vitest';
import { componentStatuses, config, EPOCH, INITIALIZING, MAINTAINER, TestHost, WORKING } from '../testing/host.js';

interface Asked {
  readonly type: string;
  readonly id: number;
  readonly columns?: boolean;
  readonly brief?: boolean;
}

const ask = (host: TestHost, worker: string) =>
  host.context
    .take(worker)
    .map(({ message }) => message as Asked)
    .filter(({ type }) => type === 'snapshot');

describe('complete heartbeat (H-1)', () => {
  test('every 10 s each worker with dispatchers lists them; the last list carries the flag', () => {
    const host = new TestHost({ workers: ['worker-0', 'worker-1', 'worker-2'], heartbeatFirst: 50_000 });
    host.bootstrap([2]);
    host.advance(10_000);
    const [first] = ask(host, 'worker-0');
    expect(first).toMatchObject({ type: 'snapshot', columns: true });
    expect(ask(host, 'worker-1')).toEqual([first]);
    expect(ask(host, 'worker-2')).toEqual([]);
    const snapshot = first?.id ?? 0;
    const statuses = componentStatuses([{ handle: 0, state: WORKING, checkpointTs: 20n }]);
    host.receive('worker-0', { type: 'component-statuses', statuses, snapshot });
    host.advance(10);
    const spans = [
      { config: config(2), state: WORKING, checkpointTs: 30n },
      { config: config(3), state: INITIALIZING, checkpointTs: 30n },
    ];
    host.receive('worker-1', { type: 'worker-snapshot', id: snapshot, spans });
    const heartbeats = host.heartbeats();
    expect(heartbeats.map(({ complete, statuses }) => [complete, ...(statuses?.handle ?? [])])).toEqual([
      [false, 0],
      [true, 2],
    ]);
    host.advance(9_990);
    expect(ask(host, 'worker-0').length).toBe(1);
  });

  test('a round that a worker leaves unfinished gives way to the next', () => {
    const host = new TestHost({ heartbeatFirst: 50_000 });
    host.bootstrap([2]);
    host.advance(10_000);
    const [first] = ask(host, 'worker-0');
    host.advance(10_000);
    const [second] = ask(host, 'worker-0');
    const statuses = componentStatuses([]);
    for (const snapshot of [first?.id, second?.id]) {
      for (const worker of ['worker-0', 'worker-1'])
        host.receive(worker, { type: 'component-statuses', statuses, snapshot: snapshot ?? 0 });
    }
    expect(host.heartbeats().map(({ complete }) => complete)).toEqual([true]);
  });
});

/** Waits for the next round, in which both workers say whether their list is another one. Returns whether they were asked briefly. */
function round(host: TestHost, changed: 'changed' | 'unchanged', interval = 10_000): boolean | undefined {
  host.advance(interval);
  let brief: boolean | undefined;
  for (const worker of ['worker-0', 'worker-1']) {
    for (const request of ask(host, worker)) {
      brief = request.brief === true;
      const statuses = componentStatuses(brief && changed === 'unchanged' ? [] : [{ handle: 2, state: WORKING }]);
      const unchanged = changed === 'unchanged' && { unchanged: true };
      host.receive(worker, { type: 'component-statuses', statuses, snapshot: request.id, ...unchanged });
    }
  }
  return brief;
}

const wentOut = (host: TestHost): number => host.heartbeats().filter(({ complete }) => complete).length;

describe('a complete heartbeat that says nothing new (H-1)', () => {
  /** With the table trigger: the maintainer is on this host. */
  const resting = (trigger: boolean): TestHost => {
    const host = new TestHost({ heartbeatFirst: 60_000 });
    if (trigger) host.bootstrap([2]);
    else {
      host.receive(MAINTAINER, { type: 'bootstrap', epoch: EPOCH, startTs: 10n });
      host.answerSnapshots();
      host.receive(MAINTAINER, { type: 'schedule', epoch: EPOCH, create: [config(2), config(3)], remove: [] });
      host.context.take();
    }
    return host;
  };

  test.each([
    ['to the own host', true, 1],
    ['to another host', false, 3],
  ])('%s: one of six goes, once the last change was told often enough', (_, trigger, repeated) => {
    const host = resting(trigger);
    const briefs: (boolean | undefined)[] = [round(host, 'changed')];
    for (let i = 0; i < repeated + 12; i++) briefs.push(round(host, 'unchanged'));
    const six = [true, true, true, true, true, false];
    expect(briefs).toEqual([...Array.from({ length: repeated }, () => false), ...six, ...six, true]);
    expect(wentOut(host)).toBe(repeated + 2);
  });

  test('what has changed is listed by everybody, and goes at once', () => {
    const host = resting(true);
    round(host, 'changed');
    expect(round(host, 'unchanged')).toBe(true);
    expect(wentOut(host)).toBe(1);
    host.advance(10_000);
    const [first] = ask(host, 'worker-0');
    ask(host, 'worker-1');
    const snapshot = first?.id ?? 0;
    host.receive('worker-0', {
      ...{ type: 'component-statuses', statuses: componentStatuses([{ handle: 0, state: WORKING }]), snapshot },
    });
    const nothing = componentStatuses([]);
    host.receive('worker-1', { type: 'component-statuses', statuses: nothing, snapshot, unchanged: true });
    // Both are asked for all of it, though the first has just said what it has.
    const all = ['worker-0', 'worker-1'].flatMap((worker) => ask(host, worker).map((request) => ({ worker, ...request })));
    expect(all.map(({ worker, brief }) => [worker, brief])).toEqual([
      ['worker-0', undefined],
      ['worker-1', undefined],
    ]);
    for (const { worker, id } of all) {
      const statuses = componentStatuses([{ handle: worker === 'worker-0' ? 0 : 2, state: WORKING }]);
      host.receive(worker, { type: 'component-statuses', statuses, snapshot: id, unchanged: true });
    }
    expect(wentOut(host)).toBe(1);
    expect(round(host, 'unchanged')).toBe(true);
  });

  test('a worker that is asked for the first time, or no more, and one that died, are changes', () => {
    const host = resting(true);
    round(host, 'changed');
    expect(round(host, 'unchanged')).toBe(true);
    host.receive('owner', { type: 'worker-lost', worker: 'worker-1' });
    expect(round(host, 'unchanged')).toBe(false);
    expect(round(host, 'unchanged')).toBe(true);
  });

  test('a maintainer that asks what there is, or another one, is told everything again', () => {
    const host = resting(true);
    round(host, 'changed');
    expect(round(host, 'unchanged')).toBe(true);
    host.receive(MAINTAINER, { type: 'bootstrap', epoch: EPOCH, startTs: 10n, trigger: config(0) });
    host.answerSnapshots();
    host.context.take();
    expect(round(host, 'unchanged')).toBe(false);
    expect(round(host, 'unchanged')).toBe(true);
  });
});

test('while the maintainer is silent nothing is listed: it would wait in its inbox (H-1)', () => {
  const host = new TestHost({ heartbeatFirst: 60_000, outstandingResend: 1_000, outstandingResendMax: 1_000 });
  host.bootstrap([2]);
  expect(round(host, 'changed')).toBe(false);
  host.waiting(2, 100);
  host.advance(10);
  const [request] = host.requests();
  // Sent again, and nothing was heard.
  expect(round(host, 'changed')).toBeUndefined();
  expect(round(host, 'changed')).toBeUndefined();
  host.ack(100, [2], request?.seq ?? 0);
  expect(round(host, 'changed')).toBe(true);
});

test('a silence that nobody can end is none: whoever waited for an answer is gone', () => {
  const host = new TestHost({ heartbeatFirst: 60_000, outstandingResend: 1_000, outstandingResendMax: 1_000 });
  host.bootstrap([2]);
  host.waiting(2, 100);
  host.advance(10);
  expect(round(host, 'changed')).toBeUndefined();
  host.receive('owner', { type: 'worker-lost', worker: 'worker-1' });
  expect(host.context.counters.get('coordinator.complete-left-out')).toBe(1);
  expect(round(host, 'changed')).toBe(false);
});
