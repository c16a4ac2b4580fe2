import type { CreateDispatchers, DispatcherConfig, RemoveDispatchers, Subscribe, SubscribeMany } from '@tidegate/protocol';
import { describe, expect, test } from 'vitest';
import { config, EPOCH, INITIALIZING, MAINTAINER, STOPPED, TestHost, typeOf, WORKING } from '../testing/host.js';

function schedule(host: TestHost, create: readonly DispatcherConfig[], remove: readonly [number, number][] = []): void {
  const removals = remove.map(([handle, generation]) => ({ id: config(handle).id, handle, generation }));
  host.receive(MAINTAINER, { type: 'schedule', epoch: EPOCH, create, remove: removals });
}

const created = (host: TestHost, worker: string) =>
  (host.messages(worker) as CreateDispatchers[]).flatMap(({ configs }) => configs.map(({ handle }) => handle));
const removed = (host: TestHost, worker: string) =>
  (host.messages(worker) as RemoveDispatchers[]).flatMap(({ handle, generation }) =>
    Array.from(handle, (one, row) => [one, generation[row] ?? 0]),
  );
const bootstrapped = (handles: readonly number[] = [], options = {}) => {
  const host = new TestHost(options);
  host.bootstrap(handles);
  return host;
};

describe('placement', () => {
  test('least loaded first, the first among equals; one create message a worker; nobody moves', () => {
    const host = bootstrapped([], { workers: ['worker-0', 'worker-1', 'worker-2'] });
    schedule(
      host,
      [2, 3, 4, 5, 6].map((handle) => config(handle)),
    );
    // The trigger is on worker-0 already.
    expect(['worker-0', 'worker-1', 'worker-2'].map((worker) => created(host, worker))).toEqual([[4], [2, 5], [3, 6]]);
    host.components('worker-1', { handle: 2, state: STOPPED }, { handle: 5, state: STOPPED });
    schedule(host, [config(7), config(8), config(9)]);
    expect(created(host, 'worker-1')).toEqual([7, 8]);
    expect(host.coordinator.inspect().workers.map(({ dispatchers }) => dispatchers)).toEqual([3, 2, 2]);
  });

  test('a stopped dispatcher frees its place and its handle; the next generation may have it', () => {
    const host = bootstrapped([2]);
    schedule(host, [], [[2, 1]]);
    host.components('worker-1', { handle: 2, state: STOPPED });
    host.context.take();
    schedule(host, [config(2, { generation: 2 })]);
    expect(host.messages('worker-1')).toEqual([{ type: 'create', configs: [config(2, { generation: 2 })] }]);
  });

  test('inspect counts dispatchers by worker and state', () => {
    const host = bootstrapped([2, 3, 4]);
    host.components('worker-1', { handle: 2, state: INITIALIZING }, { handle: 2, state: WORKING, checkpointTs: 11n });
    host.components('worker-0', { handle: 3, state: INITIALIZING });
    const { workers, dispatchers } = host.coordinator.inspect();
    expect(dispatchers).toBe(4);
    expect(workers.map(({ states }) => states)).toEqual([
      { created: 1, initializing: 1 },
      { created: 1, working: 1 },
    ]);
  });
});

describe('create (F-9)', () => {
  test('CreateSkippedWhenDispatcherExists: a repeated create is ignored', () => {
    const host = bootstrapped([2]);
    schedule(host, [config(2), config(3)]);
    expect([created(host, 'worker-0'), created(host, 'worker-1')]).toEqual([[3], []]);
    expect(host.coordinator.inspect().progress.seq).toEqual([3, 0]);
  });

  test('a create of an earlier generation is ignored; one of a later generation first removes the former dispatcher', () => {
    const host = bootstrapped([]);
    schedule(host, [config(2, { generation: 5 })]);
    host.context.take();
    schedule(host, [config(2, { generation: 4 })]);
    expect(host.context.take()).toEqual([]);
    schedule(host, [config(2, { generation: 6 })]);
    expect(removed(host, 'worker-1')).toEqual([[2, 5]]);
    schedule(host, [config(2, { generation: 6 })]);
    expect(host.context.take()).toEqual([]);
    host.components('worker-1', { handle: 2, generation: 5, state: STOPPED });
    schedule(host, [config(2, { generation: 6 })]);
    expect(created(host, 'worker-1')).toEqual([2]);
  });

  test('a handle that no table can hold is refused, with a log line', () => {
    const host = bootstrapped([]);
    schedule(host, [config(2 ** 24)]);
    expect(host.context.take()).toEqual([]);
    expect(host.context.logs.map(({ level }) => level)).toEqual(['error']);
  });
});

describe('subscribe', () => {
  test('only after the worker was heard of: the stream must not reach it before the dispatcher is there', () => {
    const host = bootstrapped([]);
    schedule(host, [config(2, { startTs: 2n ** 60n + 3n, tableId: 2 ** 50 })]);
    expect(host.messages('source')).toEqual([]);
    host.components('worker-1', { handle: 2, state: INITIALIZING });
    host.components('worker-1', { handle: 2, state: INITIALIZING });
    expect(host.messages('source')).toEqual([
      {
        type: 'subscribe',
        handle: 2,
        generation: 1,
        mode: 0,
        tableId: 2 ** 50,
        startTs: 2n ** 60n + 3n,
        worker: 'worker-1',
      },
    ]);
  });

  test('S-12: the trigger only after post-bootstrap, whichever comes first', () => {
    for (const order of ['state first', 'post-bootstrap first']) {
      const host = bootstrapped([]);
      const steps = [
        () => host.components('worker-0', { handle: 0, state: INITIALIZING }),
        () => host.receive(MAINTAINER, { type: 'post-bootstrap', epoch: EPOCH }),
      ];
      if (order !== 'state first') steps.reverse();
      steps[0]?.();
      expect(host.messages('source'), order).toEqual([]);
      steps[1]?.();
      expect(host.messages('source').map(typeOf), order).toEqual(['subscribe']);
      expect(host.messages(MAINTAINER).map(typeOf)).toEqual(['post-bootstrap-response']);
    }
  });

  test('a repeated post-bootstrap is answered again and subscribes nothing again', () => {
    const host = bootstrapped([]);
    host.components('worker-0', { handle: 0, state: INITIALIZING });
    for (let round = 0; round < 2; round++) host.receive(MAINTAINER, { type: 'post-bootstrap', epoch: EPOCH });
    expect(host.messages('source').length).toBe(1);
    expect(host.messages(MAINTAINER)).toEqual([
      { type: 'post-bootstrap-response', from: 'host-0', epoch: EPOCH },
      { type: 'post-bootstrap-response', from: 'host-0', epoch: EPOCH },
    ]);
  });

  test('orders wait for room in order; one for a dispatcher that was removed meanwhile is not sent', () => {
    const host = bootstrapped([2, 3, 4]);
    host.context.full.add('source');
    host.components('worker-1', { handle: 2, state: INITIALIZING }, { handle: 4, state: INITIALIZING });
    host.components('worker-0', { handle: 3, state: INITIALIZING });
    schedule(host, [], [[4, 1]]);
    expect(host.coordinator.inspect().subscriptions).toBe(4);
    host.room('source');
    const sent = host.messages('source') as { type: string; handle: number }[];
    expect(sent.map(({ type, handle }) => [type, handle])).toEqual([
      ['subscribe', 2],
      ['subscribe', 3],
      ['unsubscribe', 4],
    ]);
    expect(host.coordinator.inspect().subscriptions).toBe(0);
  });

  test('many orders', () => {
    const handles = Array.from({ length: 3000 }, (_, index) => index + 2);
    const host = bootstrapped(handles, { workers: ['worker-0'] });
    host.context.full.add('source');
    host.components('worker-0', ...handles.map((handle) => ({ handle, state: INITIALIZING })));
    host.room('source');
    // All in one go, the last few one by one; the parts fit the smallest lane.
    const told = host.messages('source') as (Subscribe | SubscribeMany)[];
    expect(told.flatMap((message) => ('workers' in message ? [...message.handle] : message.handle))).toEqual(handles);
    expect(Math.max(...told.map((message) => ('workers' in message ? message.handle.length : 1)))).toBe(600);
    const [first] = told as SubscribeMany[];
    expect([first?.workers, first?.worker[5], first?.generation[5], first?.mode[5]]).toEqual([['worker-0'], 0, 1, 0]);
    expect([first?.tableId[5], first?.startTs[5]]).toEqual([config(7).tableId, config(7).startTs]);
  });
});

describe('remove', () => {
  test('unsubscribes, tells the worker, and is not begun again (D-49)', () => {
    const host = bootstrapped([2]);
    host.components('worker-1', { handle: 2, state: INITIALIZING });
    host.context.take();
    for (let round = 0; round < 2; round++) schedule(host, [], [[2, 1]]);
    expect(host.context.take().map(({ to, message }) => [to, typeOf(message)])).toEqual([
      ['source', 'unsubscribe'],
      ['worker-1', 'remove'],
    ]);
  });

  test('PreCheck_RemoveAllowedWhenDispatcherMissing: an unknown one, or one of another generation, is reported stopped (D-49)', () => {
    const host = bootstrapped([2]);
    schedule(
      host,
      [],
      [
        [77, 3],
        [2, 9],
      ],
    );
    host.advance(10);
    const [heartbeat] = host.heartbeats();
    expect([...(heartbeat?.statuses?.handle ?? [])]).toEqual([77, 2]);
    expect([...(heartbeat?.statuses?.generation ?? [])]).toEqual([3, 9]);
    expect([...(heartbeat?.statuses?.state ?? [])]).toEqual([STOPPED, STOPPED]);
    expect(host.coordinator.inspect().dispatchers).toBe(2);
    expect(host.messages('worker-1')).toEqual([]);
  });

  test('one that stops by itself is unsubscribed, reported and free', () => {
    const host = bootstrapped([2]);
    host.components('worker-1', { handle: 2, state: INITIALIZING });
    host.components('worker-1', { handle: 2, state: STOPPED, checkpointTs: 40n });
    host.advance(10);
    expect(host.messages('source').map(typeOf)).toEqual(['subscribe', 'unsubscribe']);
    expect([...(host.heartbeats()[0]?.statuses?.checkpointTs ?? [])]).toEqual([40n]);
    expect(host.coordinator.inspect().dispatchers).toBe(1);
  });

  test('a late status of a former generation touches nothing of its successor', () => {
    const host = bootstrapped([]);
    schedule(host, [config(2, { generation: 2 })]);
    host.components('worker-1', { handle: 2, generation: 1, state: STOPPED });
    host.components('worker-1', { handle: 2, generation: 1, state: INITIALIZING });
    expect(host.messages('source')).toEqual([]);
    expect(host.coordinator.inspect().workers[1]).toMatchObject({ dispatchers: 1, states: { created: 1 } });
  });
});

test('messages of strangers, and unknown ones, are ignored and counted', () => {
  const host = bootstrapped([]);
  host.receive('somebody', { type: 'worker-error', handle: 0, generation: 1, code: 'X', message: 'x' });
  host.receive(MAINTAINER, { type: 'nonsense' } as never);
  expect(host.context.take()).toEqual([]);
  expect(host.context.counters.get('coordinator.ignored')).toBe(2);
});

test('stop sends what was gathered', () => {
  const host = bootstrapped([2]);
  host.components('worker-1', { handle: 2, state: WORKING });
  host.waiting(2, 50);
  host.coordinator.stop();
  expect(host.messages(MAINTAINER).map(typeOf)).toEqual(['heartbeat', 'block-statuses']);
});
