import { beforeEach, describe, expect, it } from 'vitest';
import { config, EPOCH, INITIALIZING, MAINTAINER, STOPPED, TestHost, typeOf, workerHeartbeat } from '../testing/host.js';

const redoTrigger = config(1, { mode: 1, tableId: 0 });
const meta = (resolvedTs: bigint, checkpointTs = resolvedTs, epoch = EPOCH) =>
  ({ type: 'redo-meta', epoch, resolvedTs, checkpointTs }) as const;
const forward = (resolvedTs: bigint, epoch = EPOCH) => ({ type: 'redo-forward', epoch, resolvedTs }) as const;

let host: TestHost;

beforeEach(() => {
  host = new TestHost();
  host.receive(MAINTAINER, { type: 'bootstrap', epoch: EPOCH, startTs: 10n, trigger: config(0), redoTrigger });
  host.answerSnapshots();
  host.context.take();
});

describe('redo: bootstrap and watermarks', () => {
  it('S-1, S-3: both triggers are created, their start ts are told, and post-bootstrap releases both (S-12)', () => {
    const both = new TestHost();
    both.receive(MAINTAINER, { type: 'bootstrap', epoch: EPOCH, startTs: 10n, trigger: config(0), redoTrigger });
    expect(both.context.sent.filter(({ message }) => typeOf(message) === 'create').length).toBe(2);
    both.answerSnapshots();
    expect(both.messages(MAINTAINER)).toMatchObject([{ type: 'bootstrap-response', checkpointTs: 10n, redoCheckpointTs: 10n }]);
    for (const worker of ['worker-0', 'worker-1']) {
      both.components(worker, { handle: 0, state: INITIALIZING }, { handle: 1, mode: 1, state: INITIALIZING });
    }
    expect(both.messages('source')).toEqual([]);
    both.receive(MAINTAINER, { type: 'post-bootstrap', epoch: EPOCH });
    expect(both.messages('source')).toMatchObject([
      { type: 'subscribe', handle: 0, mode: 0 },
      { type: 'subscribe', handle: 1, mode: 1 },
    ]);
  });

  it('IsRedoReadyRequiresPublication: nothing is claimed or written of a redo log before a redo dispatcher was created (K-11)', () => {
    const without = new TestHost({ heartbeatFirst: 10 });
    without.bootstrap([2]);
    without.receive('worker-0', workerHeartbeat(1, { redoCheckpointTs: 99n, redoResolvedTs: 99n }));
    without.receive(MAINTAINER, meta(50n));
    without.advance(10);
    expect(without.heartbeats().map(({ redoWatermark }) => redoWatermark)).toEqual([undefined]);
    expect([...without.messages('worker-0'), ...without.messages('worker-1')]).toEqual([]);
    without.receive(MAINTAINER, { type: 'schedule', epoch: EPOCH, create: [config(3, { mode: 1, startTs: 40n })], remove: [] });
    without.context.take();
    without.receive(MAINTAINER, meta(50n));
    expect(without.context.take().map(({ message }) => typeOf(message))).toEqual(['write-redo-meta']);
    without.advance(200);
    expect(without.heartbeats()).toMatchObject([{ redoWatermark: { checkpointTs: 40n, seq: 1 } }]);
  });
});

describe('redo meta and progress (K-11)', () => {
  it('to the worker of the redo trigger; what it has written is the progress, and a repeat is answered again', () => {
    host.receive(MAINTAINER, meta(50n, 40n));
    expect(host.context.take()).toEqual([
      {
        to: 'worker-1',
        message: { type: 'write-redo-meta', resolvedTs: 50n, checkpointTs: 40n },
        delivery: { coalesce: 'write-redo-meta' },
      },
    ]);
    host.receive('worker-1', { type: 'redo-meta-written', resolvedTs: 50n });
    host.receive('worker-1', { type: 'redo-meta-written', resolvedTs: 45n });
    const progress = { type: 'redo-progress', from: 'host-0', epoch: EPOCH, resolvedTs: 50n };
    expect(host.messages(MAINTAINER)).toEqual([progress]);
    host.receive(MAINTAINER, meta(50n, 41n));
    expect(host.messages(MAINTAINER)).toEqual([progress]);
  });

  it('what a lost worker was asked to write is asked of another, and of its replacement', () => {
    host.receive(MAINTAINER, meta(50n));
    host.context.take();
    host.receive('@outside', { type: 'worker-lost', worker: 'worker-1' });
    expect(host.messages('worker-0').filter((message) => typeOf(message) === 'write-redo-meta').length).toBe(1);
    host.receive('@outside', { type: 'worker-lost', worker: 'worker-0' });
    host.context.take();
    host.receive('@outside', { type: 'worker-replaced', worker: 'worker-1' });
    expect(host.messages('worker-1')).toContainEqual({ type: 'write-redo-meta', resolvedTs: 50n, checkpointTs: 50n });
  });

  it('RedoControlMessagesAllowedByMaintainerEpoch: old/1 no, current yes; epoch 0 for an owner of epoch 0 (F-3)', () => {
    host.receive('old', meta(60n, 60n, 1));
    host.receive('old', forward(60n, 1));
    expect(host.context.take().map(({ to, message }) => [to, typeOf(message)])).toEqual([
      ['old', 'stale-epoch'],
      ['old', 'stale-epoch'],
    ]);
    host.receive(MAINTAINER, meta(60n));
    host.receive(MAINTAINER, forward(60n));
    expect(host.context.take().map(({ message }) => typeOf(message))).toEqual(['write-redo-meta', 'redo-gate', 'redo-gate']);
    const compat = new TestHost();
    compat.receive('compat', { type: 'bootstrap', epoch: 0, startTs: 10n, trigger: config(0), redoTrigger });
    compat.context.take();
    compat.receive('compat', meta(60n, 60n, 0));
    compat.receive('compat', forward(60n, 0));
    expect(compat.context.take().map(({ message }) => typeOf(message))).toEqual(['write-redo-meta', 'redo-gate', 'redo-gate']);
  });
});

describe('the redo gate (D-46)', () => {
  it('RedoResolvedTsForwardMessageHandlerDropsStale: at 50, old/1 with 100: stays 50; current with 120: 120 (F-3)', () => {
    const gate = () => host.coordinator.inspect().redo.resolvedTs;
    host.receive(MAINTAINER, forward(50n));
    host.receive('old', forward(100n, 1));
    expect(gate()).toBe(50n);
    host.receive(MAINTAINER, forward(120n));
    expect(gate()).toBe(120n);
  });

  it('the largest wins, to every worker', () => {
    for (const ts of [70n, 60n, 70n, 80n]) host.receive(MAINTAINER, forward(ts));
    for (const worker of ['worker-0', 'worker-1']) {
      expect(host.messages(worker)).toEqual([
        { type: 'redo-gate', resolvedTs: 70n },
        { type: 'redo-gate', resolvedTs: 80n },
      ]);
    }
  });

  it('while a worker takes nothing only the latest waits for it', () => {
    host.context.full.add('worker-0');
    for (let ts = 1n; ts <= 100n; ts++) host.receive(MAINTAINER, forward(ts));
    expect(host.coordinator.inspect().workers[0]?.waiting).toBe(1);
    host.room('worker-0');
    expect(host.messages('worker-0')).toEqual([{ type: 'redo-gate', resolvedTs: 100n }]);
  });

  it('a replaced worker hears of it', () => {
    host.receive(MAINTAINER, forward(70n));
    host.receive('@outside', { type: 'worker-lost', worker: 'worker-0' });
    host.context.take();
    host.receive('@outside', { type: 'worker-replaced', worker: 'worker-0' });
    expect(host.messages('worker-0')).toContainEqual({ type: 'redo-gate', resolvedTs: 70n });
  });

  it('owner-lost removes both triggers by force', () => {
    host.receive('@outside', { type: 'owner-lost', epoch: EPOCH });
    const removed = host.context.take().map(({ to, message }) => [to, ...(message as { handle: Uint32Array }).handle]);
    expect(removed).toEqual([
      ['worker-0', 0],
      ['worker-1', 1],
    ]);
    host.components('worker-0', { handle: 0, state: STOPPED });
    host.receive('next', { type: 'bootstrap', epoch: EPOCH + 1, startTs: 10n, trigger: config(0), redoTrigger });
    expect(host.messages('next')).toMatchObject([{ error: { code: 'COORDINATOR_TRIGGER_MISMATCH' } }]);
  });
});
