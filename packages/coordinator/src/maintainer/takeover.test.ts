import type { BootstrapResponse, RemoveDispatchers } from '@tidegate/protocol';
import { describe, expect, it } from 'vitest';
import { config, EPOCH, INITIALIZING, MAINTAINER, STOPPED, TestHost, typeOf, WORKING } from '../testing/host.js';
import { Ownership } from './ownership.js';
import { PendingControl } from './pendingControl.js';

const NEXT = 'next';
const trigger = config(0, { id: 'f'.repeat(32), generation: 2 });
const bootstrap = (epoch: number, extra = {}) => ({ type: 'bootstrap', epoch, startTs: 10n, trigger, ...extra }) as const;
const close = (epoch: number, removed = false) => ({ type: 'close', epoch, removed }) as const;

function answers(host: TestHost, to: string): unknown[] {
  return host.messages(to).filter((message) => typeOf(message) !== 'heartbeat');
}

/** Answers the snapshot request in hand: worker-0 has `spans`. */
function answer(host: TestHost, spans: readonly BootstrapResponse['spans'][number][]): BootstrapResponse | undefined {
  const requests = host.messages('worker-0') as { type: string; id: number }[];
  const id = requests.filter(({ type }) => type === 'snapshot').at(-1)?.id ?? 0;
  for (const worker of ['worker-0', 'worker-1']) {
    host.receive(worker, { type: 'worker-snapshot', id, spans: worker === 'worker-0' ? spans : [] });
  }
  return answers(host, NEXT).find((message) => typeOf(message) === 'bootstrap-response') as BootstrapResponse | undefined;
}

describe('a lost owner', () => {
  it('owner-lost: its triggers go by force, the rest stays, nothing of its epoch is obeyed (F-3, S-2)', () => {
    const host = new TestHost();
    host.bootstrap([2, 3]);
    host.receive('@outside', { type: 'owner-lost', epoch: EPOCH });
    const [remove, ...others] = host.messages('worker-0') as RemoveDispatchers[];
    expect([...(remove?.handle ?? []), remove?.force, others.length]).toEqual([0, true, 0]);
    expect(host.messages('worker-1')).toEqual([]);
    host.receive(MAINTAINER, { type: 'schedule', epoch: EPOCH, create: [config(9)], remove: [] });
    host.receive(MAINTAINER, bootstrap(EPOCH));
    expect(answers(host, MAINTAINER)).toMatchObject([{ refused: 'schedule' }, { refused: 'bootstrap' }]);
    expect(host.coordinator.inspect()).toMatchObject({ dispatchers: 3 });
    expect(host.coordinator.inspect().maintainer).toBeUndefined();
  });

  it('a bootstrap is refused until the triggers are gone, by their id or not, and then taken (S-2)', () => {
    const host = new TestHost();
    host.bootstrap([2]);
    host.receive('@outside', { type: 'owner-lost', epoch: EPOCH });
    const same = bootstrap(EPOCH + 1, { trigger: config(0) });
    for (const request of [bootstrap(EPOCH + 1), same]) {
      host.receive(NEXT, request);
      expect(answers(host, NEXT)).toMatchObject([{ epoch: EPOCH + 1, error: { code: 'COORDINATOR_TRIGGER_MISMATCH' } }]);
    }
    expect(host.coordinator.inspect().maintainer).toBeUndefined();
    host.components('worker-0', { handle: 0, state: STOPPED });
    host.receive(NEXT, bootstrap(EPOCH + 1));
    expect(host.coordinator.inspect()).toMatchObject({ epoch: EPOCH + 1, maintainer: NEXT });
  });

  it('an owner that is lost while a later one owns the host changes nothing', () => {
    const host = new TestHost();
    host.bootstrap([2]);
    host.receive('@outside', { type: 'owner-lost', epoch: EPOCH - 1 });
    expect(host.context.take()).toEqual([]);
    expect(host.coordinator.inspect()).toMatchObject({ epoch: EPOCH, maintainer: MAINTAINER });
  });

  it('what held the workers back does not hide the end of the triggers: they are heard while nobody takes statuses', () => {
    const host = new TestHost({ pendingCapacity: 2, batchStatuses: 1, requestQueueCapacity: 8 });
    const handles = Array.from({ length: 12 }, (_, index) => index + 2);
    host.bootstrap(handles);
    host.context.full.add(MAINTAINER);
    for (const handle of handles) host.waiting(handle, 50);
    expect(host.context.paused.size).toBe(2);
    host.receive('@outside', { type: 'owner-lost', epoch: EPOCH });
    expect(host.context.paused.size).toBe(0);
    host.waiting(13, 50);
    expect(host.context.paused.size).toBe(0);
    host.components('worker-0', { handle: 0, state: STOPPED });
    host.receive(NEXT, bootstrap(EPOCH + 1));
    const sent = host.messages(NEXT) as { type: string; handle?: Uint32Array }[];
    expect(sent.flatMap(({ handle }) => [...(handle ?? [])])).toEqual(handles.slice(0, sent.length));
    expect(sent.length).toBeGreaterThanOrEqual(8);
  });

  it('T-B: a stale schedule, answer, merge, redo or close of each former owner has no effect (F-3, F-4, F-6)', () => {
    const host = new TestHost();
    host.bootstrap([2]);
    host.receive('@outside', { type: 'owner-lost', epoch: EPOCH });
    host.components('worker-0', { handle: 0, state: STOPPED });
    host.receive(NEXT, bootstrap(EPOCH + 1));
    host.context.take();
    const before = host.coordinator.inspect();
    host.receive(MAINTAINER, { type: 'redo-meta', epoch: EPOCH, resolvedTs: 1n, checkpointTs: 1n });
    host.receive(MAINTAINER, { type: 'checkpoint', epoch: EPOCH, checkpointTs: 1n });
    expect(answers(host, MAINTAINER)).toMatchObject([{ refused: 'redo-meta' }, { refused: 'checkpoint' }]);
    host.receive(MAINTAINER, close(EPOCH, true));
    expect(answers(host, MAINTAINER)).toEqual([{ type: 'close-response', from: 'host-0', epoch: EPOCH, success: true }]);
    expect(host.coordinator.inspect()).toEqual(before);
  });
});

describe('what a new owner is told (S-3)', () => {
  function taken(): TestHost {
    const host = new TestHost();
    host.bootstrap([2, 3, 4, 5]);
    return host;
  }
  const span = (handle: number) => ({ config: config(handle), state: WORKING, checkpointTs: 20n });

  it('BootstrapResponseRestoresCurrentOperatorsAndStaleRemoves: an unfinished removal is marked, a create is a dispatcher like any', () => {
    const host = taken();
    host.receive(MAINTAINER, { type: 'schedule', epoch: EPOCH, create: [], remove: [{ id: '', handle: 3, generation: 1 }] });
    host.receive('@outside', { type: 'owner-lost', epoch: EPOCH });
    host.components('worker-0', { handle: 0, state: STOPPED });
    host.receive(NEXT, bootstrap(EPOCH + 1));
    const told = answer(host, [span(3), span(5), { config: trigger, state: INITIALIZING, checkpointTs: 10n }]);
    expect(told?.spans.map((one) => [one.config.handle, one.removing])).toEqual([
      [3, true],
      [5, undefined],
      [0, undefined],
    ]);
  });

  it('PreCheck_MaintainerEpochFence: a create of a former owner that is still on its way is taken over, not made twice (F-9)', () => {
    const host = taken();
    host.context.full.add('worker-1');
    host.receive(MAINTAINER, { type: 'schedule', epoch: EPOCH, create: [config(8)], remove: [] });
    host.receive('@outside', { type: 'owner-lost', epoch: EPOCH });
    host.components('worker-0', { handle: 0, state: STOPPED });
    host.receive(NEXT, bootstrap(EPOCH + 1));
    host.receive(MAINTAINER, { type: 'schedule', epoch: EPOCH, create: [config(9)], remove: [] });
    host.receive(NEXT, { type: 'schedule', epoch: EPOCH + 1, create: [config(8)], remove: [] });
    host.room('worker-1');
    const created = [...host.messages('worker-0'), ...host.messages('worker-1')] as {
      type: string;
      configs?: { handle: number }[];
    }[];
    expect(created.flatMap(({ configs }) => configs?.map(({ handle }) => handle) ?? []).filter((handle) => handle > 0)).toEqual([
      8,
    ]);
  });

  it('UsesSpanSnapshotForStaleRemove: what stopped after its worker answered is not told', () => {
    const host = taken();
    host.receive('@outside', { type: 'owner-lost', epoch: EPOCH });
    host.components('worker-0', { handle: 0, state: STOPPED });
    host.receive(NEXT, bootstrap(EPOCH + 1));
    const id = (host.messages('worker-0') as { type: string; id: number }[]).find(({ type }) => type === 'snapshot')?.id ?? 0;
    host.receive('worker-0', { type: 'worker-snapshot', id, spans: [span(3), span(5)] });
    host.components('worker-0', { handle: 3, state: STOPPED });
    host.receive('worker-1', { type: 'worker-snapshot', id, spans: [span(2)] });
    const [told] = answers(host, NEXT) as BootstrapResponse[];
    expect(told?.spans.map((one) => one.config.handle)).toEqual([5, 2]);
  });

  it('NilRedoTriggerRejectsExistingTableTrigger: a redo trigger that the request does not name (S-2)', () => {
    const host = new TestHost();
    const redoTrigger = config(1, { mode: 1, tableId: 0 });
    host.receive(MAINTAINER, { type: 'bootstrap', epoch: EPOCH, startTs: 10n, trigger: config(0), redoTrigger });
    host.context.take();
    host.receive(NEXT, { type: 'bootstrap', epoch: EPOCH + 1, startTs: 10n, trigger: config(0) });
    expect(answers(host, NEXT)).toMatchObject([{ error: { code: 'COORDINATOR_TRIGGER_MISMATCH' } }]);
    host.receive(NEXT, { type: 'bootstrap', epoch: EPOCH + 1, startTs: 10n, redoTrigger });
    expect(answers(host, NEXT)).toMatchObject([{ error: { code: 'COORDINATOR_TRIGGER_MISMATCH' } }]);
    expect(host.coordinator.inspect()).toMatchObject({ epoch: EPOCH, maintainer: MAINTAINER });
  });
});

describe('tombstones (F-8)', () => {
  it('EpochZeroTombstone: a close of epoch 0 leaves none, a removal does', () => {
    const open = new Ownership();
    open.take('compat', 0);
    open.close(false);
    expect([open.mayTake('compat', 0), open.mayTake('next', 1)]).toEqual([true, true]);
    const removed = new Ownership();
    removed.take('compat', 0);
    removed.close(true);
    expect([removed.mayTake('compat', 0), removed.allows('compat', 0), removed.mayTake('next', 1)]).toEqual([false, false, true]);
  });

  it('RejectsClosedOlderMaintainerEpoch: an epoch that is not larger than a closed one is refused, whatever it says', () => {
    const host = new TestHost();
    host.bootstrap();
    host.receive(MAINTAINER, close(EPOCH));
    host.components('worker-0', { handle: 0, state: STOPPED });
    host.context.take();
    for (const epoch of [1, EPOCH]) host.receive(NEXT, bootstrap(epoch, { trigger: config(2 ** 24) }));
    expect(answers(host, NEXT)).toMatchObject([
      { type: 'stale-epoch', refusedEpoch: 1 },
      { type: 'stale-epoch', refusedEpoch: EPOCH },
    ]);
    expect(host.coordinator.inspect().dispatchers).toBe(0);
  });

  it('an owner that was lost cannot come back, also one that never was here', () => {
    const ownership = new Ownership();
    expect(ownership.depose(5)).toBe(true);
    expect([4, 5, 6].map((epoch) => ownership.mayTake('next', epoch))).toEqual([false, false, true]);
    ownership.take('next', 6);
    expect(ownership.depose(5)).toBe(false);
    expect(ownership.allows('next', 6)).toBe(true);
  });
});

describe('pending control messages (F-7)', () => {
  it('Pending queue: one a type; duplicates are dropped while one waits and taken once after it was popped; order across types stays', () => {
    const pending = new PendingControl();
    expect([pending.push(bootstrap(2), 'a'), pending.push(close(2), 'a'), pending.push(bootstrap(2), 'a')]).toEqual([
      true,
      true,
      false,
    ]);
    expect([pending.pop()?.message.type, pending.pop()?.message.type, pending.pop()]).toEqual(['bootstrap', 'close', undefined]);
    expect([pending.push(bootstrap(2), 'a'), pending.push(bootstrap(2), 'a'), pending.length]).toEqual([true, false, 1]);
  });

  it('a newer epoch takes the place, an older one does not', () => {
    const pending = new PendingControl();
    pending.push(bootstrap(2), 'a');
    pending.push({ type: 'post-bootstrap', epoch: 2 }, 'a');
    expect([pending.push(bootstrap(1), 'b'), pending.push(bootstrap(3), 'c')]).toEqual([false, true]);
    expect([pending.pop(), pending.pop()?.message.type]).toEqual([{ message: bootstrap(3), from: 'c' }, 'post-bootstrap']);
  });

  it('close(removed) upgrades close(not removed) unless it is older; after the pop it is another entry', () => {
    const pending = new PendingControl();
    pending.push(close(2), 'a');
    expect([pending.push(close(1, true), 'b'), pending.push(close(2, true), 'a'), pending.push(close(2), 'a')]).toEqual([
      false,
      true,
      false,
    ]);
    const popped = pending.pop();
    expect(popped?.message).toEqual(close(2, true));
    expect([pending.push(close(2), 'a'), pending.push(close(2, true), 'a')]).toEqual([true, true]);
    expect(popped?.message).toEqual(close(2, true));
  });

  it('a close that removes upgrades the one under way: epoch 0 leaves its tombstone (F-7, F-8)', () => {
    const host = new TestHost();
    host.receive(MAINTAINER, bootstrap(0));
    host.receive(MAINTAINER, close(0));
    host.receive(MAINTAINER, close(0, true));
    host.receive(MAINTAINER, close(0));
    host.components('worker-0', { handle: 0, generation: 2, state: STOPPED });
    host.context.take();
    host.receive(MAINTAINER, bootstrap(0));
    expect(answers(host, MAINTAINER)).toMatchObject([{ type: 'stale-epoch', refused: 'bootstrap' }]);
  });
});
