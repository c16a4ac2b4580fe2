import { type BootstrapResponse, ComponentState, type DispatcherConfig, type ScheduleRequest, Stage } from '@tidegate/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  config,
  EPOCH,
  INITIALIZING,
  MAINTAINER,
  rowsOf,
  STOPPED,
  TestHost,
  typeOf,
  WORKING,
  workerHeartbeat,
} from '../testing/host.js';
import { key } from '../testing/statuses.js';

let host: TestHost;

/** worker-0: the trigger and 3; worker-1: 2 and 4. All work, worker-1 at 500. */
beforeEach(() => {
  host = new TestHost({ heartbeatFirst: 1_000, heartbeatInterval: 200, snapshotDeadline: 600_000 });
  host.bootstrap([2, 3, 4]);
  for (const handle of [0, 3])
    host.components('worker-0', { handle, state: INITIALIZING }, { handle, state: WORKING, checkpointTs: 10n });
  for (const handle of [2, 4])
    host.components('worker-1', { handle, state: INITIALIZING }, { handle, state: WORKING, checkpointTs: 10n });
  host.receive('worker-0', workerHeartbeat(2, { checkpointTs: 900n, resolvedTs: 900n }));
  host.receive('worker-1', workerHeartbeat(2, { checkpointTs: 500n, resolvedTs: 600n }));
  host.advance(10);
  host.context.take();
});

const lose = (worker: string) => host.receive('@outside', { type: 'worker-lost', worker });
const replace = (worker: string) => host.receive('@outside', { type: 'worker-replaced', worker });
const confirm = (...numbers: number[]) => {
  for (const number of numbers.length > 0 ? numbers : [1]) {
    host.receive(MAINTAINER, { type: 'heartbeat-taken', epoch: EPOCH, confirm: number });
  }
};
const told = () =>
  host.heartbeats().map(({ watermark, statuses }) => ({
    checkpointTs: watermark?.checkpointTs,
    rows: Array.from(statuses?.handle ?? [], (handle, row) => [handle, statuses?.state[row], statuses?.checkpointTs[row]]),
  }));

describe('a lost worker (decided for Tidegate: T-9 within a host)', () => {
  it('its dispatchers are reported stopped at what can be vouched for, and unsubscribed', () => {
    host.receive(MAINTAINER, { type: 'schedule', epoch: EPOCH, create: [config(5), config(6, { startTs: 700n })], remove: [] });
    host.context.take();
    lose('worker-1');
    expect(host.messages('source')).toEqual([
      { type: 'unsubscribe', handle: 2, generation: 1 },
      { type: 'unsubscribe', handle: 4, generation: 1 },
    ]);
    host.advance(10);
    // 6 is not counted by any report of the worker: only its start is certain.
    expect(told()[0]?.rows).toEqual([
      [2, STOPPED, 500n],
      [4, STOPPED, 500n],
      // For the maintainer there was none yet: what asks for it asks for another one.
      [6, ComponentState.REMOVED, 700n],
    ]);
    expect(host.coordinator.inspect()).toMatchObject({
      dispatchers: 3,
      workers: [{ lost: false }, { lost: true, dispatchers: 0 }],
    });
  });

  it('K-9: they are told with growing pauses, and bound the watermark, until the maintainer has confirmed', () => {
    lose('worker-1');
    host.advance(10);
    expect(told().map(({ checkpointTs, rows }) => [checkpointTs, rows.length])).toEqual([[500n, 2]]);
    host.advance(990);
    const repeats: number[] = [];
    for (let interval = 0; interval < 100; interval++) {
      const heartbeats = told();
      expect(heartbeats.every(({ checkpointTs }) => checkpointTs === 500n)).toBe(true);
      if (heartbeats.some(({ rows }) => rows.length === 2)) repeats.push(interval);
      host.advance(200);
    }
    expect(repeats.slice(0, 5)).toEqual([0, 2, 6, 14, 30]);
    // Not by a maintainer of another epoch, nor for another heartbeat.
    host.receive(MAINTAINER, { type: 'heartbeat-taken', epoch: EPOCH - 1, confirm: 1 });
    host.receive(MAINTAINER, { type: 'heartbeat-taken', epoch: EPOCH, confirm: 99 });
    expect(host.coordinator.inspect().progress).toMatchObject({ checkpointTs: 500n, unconfirmed: 2 });
    told();
    confirm();
    expect(host.coordinator.inspect().progress.unconfirmed).toBe(0);
    host.advance(20_000);
    expect(told().every(({ checkpointTs, rows }) => checkpointTs === 900n && rows.length === 0)).toBe(true);
  });

  it('K-9: one that stops by itself is told, and bounds the watermark, until that is confirmed; one that was asked is told once', () => {
    host.receive(MAINTAINER, { type: 'schedule', epoch: EPOCH, create: [], remove: [{ id: '', handle: 4, generation: 1 }] });
    host.components(
      'worker-1',
      { handle: 2, state: STOPPED, checkpointTs: 510n },
      { handle: 4, state: STOPPED, checkpointTs: 520n },
    );
    host.receive('worker-1', workerHeartbeat(2));
    host.advance(10);
    const [first, second] = host.heartbeats();
    expect(first).toMatchObject({ statuses: { handle: Uint32Array.of(2) }, watermark: { checkpointTs: 500n }, confirm: 1 });
    expect(second?.statuses?.handle).toEqual(Uint32Array.of(4));
    expect(second).not.toHaveProperty('confirm');
    host.advance(5_000);
    expect(host.heartbeats().every(({ watermark }) => watermark?.checkpointTs === 510n)).toBe(true);
    confirm();
    expect(host.coordinator.inspect().progress.checkpointTs).toBe(900n);
  });

  it('K-9: what the next owner learns from its bootstrap is not told it again', () => {
    lose('worker-1');
    host.receive('next', { type: 'bootstrap', epoch: EPOCH + 1, startTs: 10n, trigger: config(0) });
    expect(host.coordinator.inspect().progress).toMatchObject({ checkpointTs: 900n, unconfirmed: 0 });
  });

  it('K-9: while the maintainer takes nothing the bound stays', () => {
    host.context.full.add(MAINTAINER);
    lose('worker-1');
    host.advance(10_000);
    host.room(MAINTAINER);
    expect(told()[0]).toMatchObject({
      checkpointTs: 500n,
      rows: [
        [2, STOPPED, 500n],
        [4, STOPPED, 500n],
      ],
    });
  });

  it('nothing is placed on it before its replacement runs, which begins empty', () => {
    lose('worker-1');
    const create = Array.from({ length: 4 }, (_, index) => config(10 + index, { startTs: 800n }));
    host.receive(MAINTAINER, { type: 'schedule', epoch: EPOCH, create, remove: [] });
    expect(host.messages('worker-1')).toEqual([]);
    replace('worker-1');
    host.receive(MAINTAINER, {
      type: 'schedule',
      epoch: EPOCH,
      create: [config(2, { generation: 2, startTs: 500n })],
      remove: [],
    });
    expect(host.messages('worker-1')).toEqual([{ type: 'create', configs: [config(2, { generation: 2, startTs: 500n })] }]);
    // H-3: its count begins anew.
    host.advance(3_000);
    confirm();
    host.receive('worker-0', workerHeartbeat(6, { checkpointTs: 900n, resolvedTs: 900n }));
    expect(host.coordinator.inspect().progress.checkpointTs).toBe(500n);
    host.receive('worker-1', workerHeartbeat(1, { checkpointTs: 550n, resolvedTs: 550n }));
    expect(host.coordinator.inspect().progress.checkpointTs).toBe(550n);
  });

  it('without any worker a create waits for the replacement; one that is asked back meanwhile does not come', () => {
    lose('worker-0');
    lose('worker-1');
    const create = [config(9), config(10), config(0, { generation: 2 })];
    host.receive(MAINTAINER, { type: 'schedule', epoch: EPOCH, create, remove: [] });
    host.receive(MAINTAINER, {
      type: 'schedule',
      epoch: EPOCH,
      create: [],
      remove: [{ id: config(10).id, handle: 10, generation: 1 }],
    });
    expect(host.coordinator.inspect()).toMatchObject({ dispatchers: 0, waitingCreates: 2 });
    host.context.take();
    replace('worker-0');
    expect(host.messages('worker-0')).toEqual([{ type: 'create', configs: [config(9), config(0, { generation: 2 })] }]);
    expect(host.coordinator.inspect()).toMatchObject({ dispatchers: 2, waitingCreates: 0 });
    host.receive(MAINTAINER, { type: 'schedule', epoch: EPOCH, create: [config(10)], remove: [] });
    expect(host.coordinator.inspect().dispatchers).toBe(2);
  });

  it('a create that waits goes with its owner', () => {
    lose('worker-0');
    lose('worker-1');
    host.receive(MAINTAINER, { type: 'schedule', epoch: EPOCH, create: [config(9)], remove: [] });
    host.receive('@outside', { type: 'owner-lost', epoch: EPOCH });
    replace('worker-0');
    expect(host.coordinator.inspect()).toMatchObject({ dispatchers: 0, waitingCreates: 0 });
  });

  it('a create that comes late, or twice, does not bring back what has stopped: who waits for it hears that there is none (F-9)', () => {
    lose('worker-1');
    host.advance(10);
    host.context.take();
    host.receive(MAINTAINER, { type: 'schedule', epoch: EPOCH, create: [config(4), config(5)], remove: [] });
    host.advance(10);
    expect(told().map(({ rows }) => rows)).toEqual([[[4, ComponentState.REMOVED, 0n]]]);
    expect(host.coordinator.inspect().dispatchers).toBe(3);
    // One that was asked back before its create came, likewise.
    host.receive(MAINTAINER, {
      type: 'schedule',
      epoch: EPOCH,
      create: [],
      remove: [{ id: config(6).id, handle: 6, generation: 3 }],
    });
    for (const generation of [2, 3, 4]) {
      host.receive(MAINTAINER, { type: 'schedule', epoch: EPOCH, create: [config(6, { generation })], remove: [] });
      expect(host.coordinator.inspect().dispatchers).toBe(generation < 4 ? 3 : 4);
    }
    // The generations of the next epoch are its own.
    host.receive('next', { type: 'bootstrap', epoch: EPOCH + 1, startTs: 10n, trigger: config(0) });
    host.receive('next', { type: 'schedule', epoch: EPOCH + 1, create: [config(4)], remove: [] });
    expect(host.coordinator.inspect().dispatchers).toBe(5);
    // Also where one of the former epoch had the handle, under whatever generation.
    const next = (create: readonly DispatcherConfig[], remove: ScheduleRequest['remove'] = []) =>
      host.receive('next', { type: 'schedule', epoch: EPOCH + 1, create, remove });
    next([], [{ id: '0', handle: 6, generation: 4 }]);
    host.components('worker-0', { handle: 6, generation: 4, state: STOPPED });
    next([], [{ id: '0', handle: 6, generation: 4 }]);
    next([config(6)]);
    expect(host.coordinator.inspect().dispatchers).toBe(5);
    expect(host.messages('worker-0')).toContainEqual({ type: 'create', configs: [config(6)] });
  });

  it('a create whose handle is still in use waits for it (F-9)', () => {
    host.receive(MAINTAINER, { type: 'schedule', epoch: EPOCH, create: [config(2, { generation: 2 })], remove: [] });
    expect(host.messages('worker-1')).toMatchObject([{ type: 'remove' }]);
    host.components('worker-1', { handle: 2, state: STOPPED, checkpointTs: 510n });
    expect(host.messages('worker-1')).toEqual([{ type: 'create', configs: [config(2, { generation: 2 })] }]);
    host.advance(10);
    expect(told().map(({ rows }) => rows)).toEqual([[[2, STOPPED, 510n]]]);
  });

  it('its outbox is dropped, and what it says after its death is ignored', () => {
    host.context.full.add('worker-1');
    host.answer([{ target: { type: 'all' }, ack: key(50) }]);
    expect(host.coordinator.inspect().workers[1]?.waiting).toBe(1);
    lose('worker-1');
    host.answer([{ target: { type: 'all' }, ack: key(50) }]);
    expect(host.coordinator.inspect().workers[1]?.waiting).toBe(0);
    host.components('worker-1', { handle: 2, state: WORKING });
    expect(host.context.counters.get('coordinator.ignored')).toBe(1);
    replace('worker-1');
    host.room('worker-1');
    expect(host.messages('worker-1')).toEqual([]);
  });

  it('T-I: nothing of its dispatchers stays outstanding; what is on the way goes, and other dispatchers know the facts', () => {
    for (const handle of [2, 3]) host.waiting(handle, 50);
    host.advance(10);
    host.waiting(4, 50);
    lose('worker-1');
    host.advance(10);
    expect(host.coordinator.inspect().statuses.keys).toBe(1);
    host.ack(50, [3]);
    expect(host.coordinator.inspect().statuses).toMatchObject({ keys: 0, outstanding: 0 });
    host.requests();
    host.record(Stage.WAITING, 3, 50);
    host.advance(10);
    expect(host.requests().flatMap(rowsOf)).toMatchObject([{ handle: 3, stage: Stage.WAITING }]);
  });

  it('a bootstrap that waits for it is answered, without it', () => {
    const bootstrap = { type: 'bootstrap', epoch: EPOCH, startTs: 10n, trigger: config(0) } as const;
    host.receive(MAINTAINER, bootstrap);
    const id = (host.messages('worker-0') as { type: string; id: number }[]).find(({ type }) => type === 'snapshot')?.id ?? 0;
    const span = (handle: number) => ({ config: config(handle), state: WORKING, checkpointTs: 20n });
    host.receive('worker-1', { type: 'worker-snapshot', id, spans: [span(2)], more: true });
    host.receive('worker-0', { type: 'worker-snapshot', id, spans: [span(0), span(3)] });
    lose('worker-1');
    const responses = () =>
      host.messages(MAINTAINER).filter((message) => typeOf(message) === 'bootstrap-response') as BootstrapResponse[];
    expect(responses().map(({ spans }) => spans.map(({ config: { handle } }) => handle))).toEqual([[0, 3]]);
    // One that begins while it is lost does not ask it.
    host.receive(MAINTAINER, bootstrap);
    host.answerSnapshots();
    expect(responses().length).toBe(1);
  });

  it('a round of a complete heartbeat that waits for it ends', () => {
    host.advance(9_990);
    const id = (host.messages('worker-0') as { type: string; id: number }[]).find(({ type }) => type === 'snapshot')?.id ?? 0;
    host.receive('worker-0', { type: 'worker-snapshot', id, spans: [] });
    host.context.take(MAINTAINER);
    lose('worker-1');
    expect(host.heartbeats().map(({ complete }) => complete)).toEqual([true, false]);
  });

  it('a trigger that was lost can be created again, and consumes at once (S-12)', () => {
    host.receive(MAINTAINER, { type: 'post-bootstrap', epoch: EPOCH });
    lose('worker-0');
    host.receive(MAINTAINER, {
      type: 'schedule',
      epoch: EPOCH,
      create: [config(0, { generation: 2, startTs: 900n })],
      remove: [],
    });
    host.context.take();
    host.components('worker-1', { handle: 0, generation: 2, state: INITIALIZING });
    expect(host.messages('source')).toMatchObject([
      { type: 'subscribe', handle: 0, generation: 2, startTs: 900n, worker: 'worker-1' },
    ]);
  });

  it('a bootstrap request that comes late does not bring a lost trigger back; post-bootstrap is answered without error (S-12)', () => {
    lose('worker-0');
    host.context.take();
    host.receive(MAINTAINER, { type: 'bootstrap', epoch: EPOCH, startTs: 10n, trigger: config(0) });
    host.receive(MAINTAINER, { type: 'post-bootstrap', epoch: EPOCH });
    expect(host.messages('worker-1').map(typeOf)).toEqual(['snapshot']);
    expect(host.messages(MAINTAINER)).toContainEqual({ type: 'post-bootstrap-response', from: 'host-0', epoch: EPOCH });
  });

  it('a trigger that is lost before the bootstrap is answered has named its start all the same (S-5)', () => {
    const fresh = new TestHost();
    fresh.receive(MAINTAINER, { type: 'bootstrap', epoch: EPOCH, startTs: 10n, trigger: config(0) });
    fresh.receive('@outside', { type: 'worker-lost', worker: 'worker-0' });
    fresh.answerSnapshots();
    expect(fresh.messages(MAINTAINER)).toContainEqual({
      type: 'bootstrap-response',
      from: 'host-0',
      epoch: EPOCH,
      spans: [],
      checkpointTs: 10n,
    });
  });

  it('a trigger that a later generation replaces goes by force: nobody acknowledges it any more (D-42)', () => {
    host.context.take();
    host.receive(MAINTAINER, {
      type: 'schedule',
      epoch: EPOCH,
      create: [config(0, { generation: 2 }), config(2, { generation: 2 })],
      remove: [],
    });
    expect(host.messages('worker-0')).toMatchObject([{ type: 'remove', force: true }]);
    expect(host.messages('worker-1')).toEqual([{ type: 'remove', handle: Uint32Array.of(2), generation: Uint32Array.of(1) }]);
  });

  it('a close that waits for it ends', () => {
    host.receive(MAINTAINER, { type: 'close', epoch: EPOCH, removed: false });
    host.components('worker-0', { handle: 0, state: STOPPED }, { handle: 3, state: STOPPED });
    host.context.take();
    lose('worker-1');
    expect(host.messages(MAINTAINER)).toContainEqual({ type: 'close-response', from: 'host-0', epoch: EPOCH, success: true });
    expect(host.coordinator.inspect().dispatchers).toBe(0);
  });

  it('lost twice is lost once; an unknown worker is ignored; a replacement that comes unannounced takes its place', () => {
    lose('worker-1');
    host.context.take();
    lose('worker-1');
    lose('nobody');
    expect(host.context.take()).toEqual([]);
    replace('worker-0');
    expect(host.coordinator.inspect()).toMatchObject({ dispatchers: 0, workers: [{ lost: false }, { lost: true }] });
  });
});
