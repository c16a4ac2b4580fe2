import { Action } from '@tidegate/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { config, EPOCH, INITIALIZING, MAINTAINER, normal, STOPPED, TestHost, typeOf, WORKING } from '../testing/host.js';
import { key } from '../testing/statuses.js';

let host: TestHost;

beforeEach(() => {
  host = new TestHost();
  host.bootstrap([2, 3]);
  host.components('worker-0', { handle: 0, state: INITIALIZING });
});

const fence = () => host.receive('@outside', { type: 'fence' });
const types = () => host.context.take().map(({ to, message }) => [to, typeOf(message)]);

describe('the local fence (F-12)', () => {
  it('a create that waits for a worker is not executed behind it', () => {
    for (const worker of ['worker-0', 'worker-1']) host.receive('@outside', { type: 'worker-lost', worker });
    host.receive(MAINTAINER, { type: 'schedule', epoch: EPOCH, create: [config(9)], remove: [] });
    fence();
    host.context.take();
    host.receive('@outside', { type: 'worker-replaced', worker: 'worker-0' });
    expect(host.messages('worker-0').map(typeOf)).toEqual(['fence']);
  });

  it('LocalFenceCancelsWritePathWithoutWaitingForCleanup: every worker is told at once and once; a close still ends', () => {
    host.context.take();
    fence();
    fence();
    expect(types()).toEqual([
      ['worker-0', 'fence'],
      ['worker-1', 'fence'],
    ]);
    host.receive(MAINTAINER, { type: 'close', epoch: EPOCH, removed: false });
    host.components('worker-0', { handle: 0, state: STOPPED }, { handle: 3, state: STOPPED });
    host.components('worker-1', { handle: 2, state: STOPPED });
    expect(host.messages(MAINTAINER)).toContainEqual({ type: 'close-response', from: 'host-0', epoch: EPOCH, success: true });
  });

  it('Local fence: creates, merges, checkpoint writes, block writes and redo meta are refused with an error of their own, which the maintainer is not told', () => {
    fence();
    host.context.take();
    host.receive(MAINTAINER, { type: 'schedule', epoch: EPOCH, create: [config(9)], remove: [] });
    host.receive(MAINTAINER, { type: 'checkpoint', epoch: EPOCH, checkpointTs: 12_345n });
    host.receive(MAINTAINER, { type: 'redo-meta', epoch: EPOCH, resolvedTs: 5n, checkpointTs: 5n });
    const sources = [2, 3].map((handle) => ({ id: config(handle).id, handle, generation: 1 }));
    host.receive(MAINTAINER, { type: 'merge', epoch: EPOCH, target: config(9), sources });
    host.answer([
      { target: normal(2), ack: key(50) },
      { target: normal(2), action: { action: Action.WRITE, key: key(50) } },
    ]);
    expect(types()).toEqual([['worker-1', 'answer']]);
    expect(host.coordinator.inspect()).toMatchObject({ dispatchers: 3, fenced: true, merges: [] });
    expect(host.context.counters.get('coordinator.fenced')).toBe(5);
    expect(host.context.logs.map(({ fields }) => fields?.code)).toEqual(Array.from({ length: 5 }, () => 'COORDINATOR_FENCED'));
  });

  it('CheckpointTsMessageHandlerSkipsWriteAfterLocalFence: the worker of the trigger is told no checkpoint (K-12)', () => {
    host.receive(MAINTAINER, { type: 'checkpoint', epoch: EPOCH, checkpointTs: 1n });
    expect(host.messages('worker-0').map(typeOf)).toEqual(['sink-checkpoint']);
    fence();
    host.receive(MAINTAINER, { type: 'checkpoint', epoch: EPOCH, checkpointTs: 2n });
    expect(host.messages('worker-0').map(typeOf)).toEqual(['fence']);
  });

  it('LocalFenceDoesNotWaitForBootstrapWriteBlockEvent, BootstrapWritePathClosedDoesNotReport: no trigger is registered and nobody is answered', () => {
    fence();
    host.context.take();
    host.receive(MAINTAINER, { type: 'post-bootstrap', epoch: EPOCH });
    host.receive(MAINTAINER, { type: 'bootstrap', epoch: EPOCH, startTs: 10n, trigger: config(0) });
    expect(host.context.take()).toEqual([]);
  });

  it('PostBootstrapWritePathClosedReleasesMaintainerFence: a close behind a refused post-bootstrap is obeyed', () => {
    fence();
    host.receive(MAINTAINER, { type: 'post-bootstrap', epoch: EPOCH });
    host.context.take();
    host.receive(MAINTAINER, { type: 'close', epoch: EPOCH, removed: false });
    expect(types()).toEqual([
      ['worker-0', 'remove'],
      ['worker-0', 'remove'],
      ['worker-1', 'remove'],
      [MAINTAINER, 'close-response'],
    ]);
  });

  it('LocalFenceWithRedoEnabledBeforeRedoSinkInitialized: nothing was created yet; closing ends at once', () => {
    const bare = new TestHost();
    bare.receive('@outside', { type: 'fence' });
    bare.receive(MAINTAINER, {
      type: 'bootstrap',
      epoch: EPOCH,
      startTs: 10n,
      trigger: config(0),
      redoTrigger: config(1, { mode: 1 }),
    });
    expect(bare.coordinator.inspect()).toMatchObject({ dispatchers: 0, fenced: true });
    bare.receive(MAINTAINER, { type: 'close', epoch: EPOCH, removed: false });
    expect(bare.messages(MAINTAINER)).toEqual([{ type: 'close-response', from: 'host-0', epoch: EPOCH, success: true }]);
  });

  it('a merge that stands before its commit stays in the journal (F-10)', () => {
    const range = (start: number, end: number) => ({ start: Uint8Array.of(start), end: Uint8Array.of(end) });
    const create = [config(4, { tableId: 9, range: range(1, 5) }), config(5, { tableId: 9, range: range(5, 9) })];
    host.receive(MAINTAINER, { type: 'schedule', epoch: EPOCH, create, remove: [] });
    for (const worker of ['worker-0', 'worker-1'])
      host.components(worker, { handle: 4, state: WORKING }, { handle: 5, state: WORKING });
    const sources = create.map(({ id, handle, generation }) => ({ id, handle, generation }));
    host.receive(MAINTAINER, { type: 'merge', epoch: EPOCH, target: config(9, { tableId: 9, range: range(1, 9) }), sources });
    fence();
    for (const worker of ['worker-0', 'worker-1']) {
      const states = [4, 5].map((handle) => ({ handle, state: 6 as const }));
      host.components(worker, ...states);
      host.receive(worker, {
        type: 'frozen',
        dispatchers: states.map(({ handle }) => ({ handle, generation: 1, checkpointTs: 10n })),
      });
    }
    expect(host.coordinator.inspect().merges).toMatchObject([{ phase: 'mergeReady', standing: 2 }]);
  });

  it("an error of a worker behind the fence is not the changefeed's", () => {
    fence();
    host.context.take();
    host.receive('worker-0', { type: 'worker-error', handle: 2, generation: 1, code: 'SINK', message: 'write path closed' });
    expect(host.messages(MAINTAINER)).toEqual([]);
    expect(host.context.counters.get('coordinator.errors-behind-fence')).toBe(1);
  });

  it('a replaced worker is fenced as well', () => {
    fence();
    host.receive('@outside', { type: 'worker-lost', worker: 'worker-1' });
    host.context.take();
    host.receive('@outside', { type: 'worker-replaced', worker: 'worker-1' });
    expect(host.messages('worker-1')).toEqual([{ type: 'fence' }]);
  });

  it('a coordinator that still learns what it has is fenced at once (section 18: initialising managers too)', () => {
    const recovering = new TestHost({ recover: true });
    recovering.context.take();
    recovering.receive('@outside', { type: 'fence' });
    expect(recovering.context.take().map(({ message }) => typeOf(message))).toEqual(['fence', 'fence']);
    expect(recovering.coordinator.inspect()).toMatchObject({ fenced: true, recovering: ['worker-0', 'worker-1'] });
  });

  it('TriggerErrorReportsNonWritePathClosed: without a fence the error of a post-bootstrap is told', () => {
    const bare = new TestHost();
    bare.receive(MAINTAINER, { type: 'bootstrap', epoch: EPOCH, startTs: 10n });
    bare.context.take();
    bare.receive(MAINTAINER, { type: 'post-bootstrap', epoch: EPOCH });
    expect(bare.messages(MAINTAINER)).toMatchObject([{ error: { code: 'COORDINATOR_TRIGGER_MISSING' } }]);
  });
});

describe('CheckpointTsMessageHandlerDeadlock: a checkpoint never blocks this host (K-12)', () => {
  const checkpoint = (checkpointTs: bigint) => host.receive(MAINTAINER, { type: 'checkpoint', epoch: EPOCH, checkpointTs });

  it('a worker that takes it is told once', () => {
    host.context.take();
    checkpoint(12_345n);
    expect(host.messages('worker-0')).toEqual([{ type: 'sink-checkpoint', checkpointTs: 12_345n }]);
  });

  it('for one whose way is full the latest waits; everything else goes on, and it is told when there is room', () => {
    host.context.take();
    host.context.full.add('worker-0');
    for (const ts of [1n, 2n, 12_345n]) checkpoint(ts);
    host.answer([{ target: normal(2), ack: key(50) }]);
    expect(types()).toEqual([['worker-1', 'answer']]);
    host.room('worker-0');
    expect(host.messages('worker-0')).toEqual([{ type: 'sink-checkpoint', checkpointTs: 12_345n }]);
  });

  it('for one that is lost it is dropped', () => {
    host.context.full.add('worker-0');
    checkpoint(1n);
    host.receive('@outside', { type: 'worker-lost', worker: 'worker-0' });
    host.context.take();
    checkpoint(2n);
    host.receive('@outside', { type: 'worker-replaced', worker: 'worker-0' });
    host.room('worker-0');
    expect(host.messages('worker-0')).toEqual([]);
  });
});
