import { type BootstrapResponse, type BootstrapSpan, ComponentState, Stage } from '@tidegate/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { config, INITIALIZING, MAINTAINER, STOPPED, TestHost, typeOf, WORKING, workerHeartbeat } from '../testing/host.js';

const { WAITING_MERGE } = ComponentState;
const trigger = config(0, { id: 'f'.repeat(32), generation: 2 });
const bootstrap = { type: 'bootstrap', epoch: 9, startTs: 10n, trigger } as const;
const range = (start: number, end: number) => ({ start: Uint8Array.of(start), end: Uint8Array.of(end) });

let host: TestHost;
let id = 0;

beforeEach(() => {
  host = new TestHost({ recover: true, heartbeatFirst: 10 });
  const requests = host.context.take().map(({ message }) => message as { type: string; id: number });
  expect(requests.map(({ type }) => type)).toEqual(['snapshot', 'snapshot']);
  id = requests[0]?.id ?? 0;
});

function span(handle: number, extra: Partial<BootstrapSpan> = {}): BootstrapSpan {
  return { config: config(handle), state: WORKING, checkpointTs: 100n, ...extra };
}

function tell(worker: string, spans: readonly BootstrapSpan[], created = spans.length): void {
  host.receive(worker, { type: 'worker-snapshot', id, spans, created });
}

const responses = () =>
  host.messages(MAINTAINER).filter((message) => typeOf(message) === 'bootstrap-response') as BootstrapResponse[];

describe('a coordinator that comes after another', () => {
  it('answers a bootstrap only when every worker has told what it has; the rest of its life is as ever', () => {
    host.receive(MAINTAINER, bootstrap);
    host.receive(MAINTAINER, bootstrap);
    tell('worker-0', [span(2), span(3, { config: config(3, { range: range(1, 5) }) })]);
    expect(host.messages(MAINTAINER)).toEqual([]);
    expect(host.coordinator.inspect()).toMatchObject({ recovering: ['worker-1'] });
    tell('worker-1', [span(4, { state: INITIALIZING, checkpointTs: 40n })]);
    const asked = host.messages('worker-1') as { type: string; id: number }[];
    // The trigger is the fourth: on the worker with fewer.
    expect(asked.map(({ type }) => type)).toEqual(['create', 'snapshot']);
    expect(host.messages('source')).toMatchObject([{ type: 'subscribe', handle: 4, worker: 'worker-1' }]);
    expect(host.coordinator.inspect()).toMatchObject({ dispatchers: 4, epoch: 9, maintainer: MAINTAINER, recovering: [] });
    expect(host.coordinator.inspect().progress.seq).toEqual([4, 0]);
    expect(asked[1]?.id).not.toBe(id);
  });

  it('H-3: the least checkpoint bounds the watermark until the worker reports; creates are counted on from there', () => {
    tell('worker-0', [span(2, { checkpointTs: 70n }), span(3)], 12);
    tell('worker-1', [], 5);
    const checkpointTs = () => host.coordinator.inspect().progress.checkpointTs;
    expect(checkpointTs()).toBe(70n);
    host.receive('worker-0', workerHeartbeat(12, { checkpointTs: 90n, resolvedTs: 90n }));
    expect(checkpointTs()).toBe(90n);
    host.receive(MAINTAINER, bootstrap);
    expect(checkpointTs()).toBe(10n);
    host.receive('worker-1', workerHeartbeat(5, {}));
    expect(checkpointTs()).toBe(10n);
    host.receive('worker-1', workerHeartbeat(6, { checkpointTs: 80n, resolvedTs: 80n }));
    expect(checkpointTs()).toBe(80n);
  });

  it('block statuses that come before are kept for the owner to come (L-8)', () => {
    host.waiting(2, 50);
    host.done(3, 40);
    host.advance(1_000);
    tell('worker-0', [span(2), span(3)]);
    tell('worker-1', []);
    host.receive(MAINTAINER, bootstrap);
    expect(host.requests().flatMap(({ handle, stage }) => Array.from(handle, (one, row) => [one, stage[row]]))).toEqual([
      [2, Stage.WAITING],
      [3, Stage.DONE],
    ]);
  });

  it('workers are not held back before they have told', () => {
    const small = new TestHost({ recover: true, pendingCapacity: 2 });
    for (const handle of [2, 3, 4]) small.waiting(handle, 50);
    small.advance(100);
    expect(small.context.paused.size).toBe(0);
  });

  it('owner-lost before it knows what it has: the old triggers go once they are known, and the next bootstrap waits (S-2)', () => {
    host.receive('@outside', { type: 'owner-lost', epoch: 8 });
    tell('worker-0', [span(0), span(2)]);
    tell('worker-1', []);
    expect(host.messages('worker-0')).toMatchObject([{ type: 'remove', force: true }]);
    host.receive(MAINTAINER, bootstrap);
    expect(responses()).toMatchObject([{ error: { code: 'COORDINATOR_TRIGGER_MISMATCH' } }]);
    host.components('worker-0', { handle: 0, state: STOPPED });
    host.receive(MAINTAINER, { ...bootstrap, epoch: 8 });
    expect(host.messages(MAINTAINER)).toMatchObject([{ type: 'stale-epoch', refusedEpoch: 8 }]);
    host.receive(MAINTAINER, bootstrap);
    expect(host.coordinator.inspect().maintainer).toBe(MAINTAINER);
  });

  it('a worker that is lost meanwhile has nothing', () => {
    host.receive(MAINTAINER, bootstrap);
    host.receive('worker-0', { type: 'worker-snapshot', id, spans: [span(2)], more: true });
    tell('worker-1', [span(4)]);
    host.receive('@outside', { type: 'worker-lost', worker: 'worker-0' });
    expect(host.coordinator.inspect()).toMatchObject({
      recovering: [],
      maintainer: MAINTAINER,
      workers: [{ lost: true, dispatchers: 0 }, {}],
    });
  });

  it('what changes while the answer is on its way is taken in order', () => {
    host.receive('worker-0', { type: 'worker-snapshot', id, spans: [span(2), span(3, { state: INITIALIZING })], more: true });
    host.components('worker-0', { handle: 2, state: STOPPED }, { handle: 3, state: WORKING });
    tell('worker-0', [span(6)], 3);
    tell('worker-1', []);
    expect(host.coordinator.inspect().workers[0]?.states).toEqual({ working: 2 });
  });

  it('T-8: a source whose target lives goes; one without goes on', () => {
    const waiting = (handle: number, tableId: number, start: number, end: number) =>
      span(handle, { config: config(handle, { tableId, range: range(start, end) }), state: WAITING_MERGE });
    const target = span(9, { config: config(9, { tableId: 1, range: range(1, 9) }), state: INITIALIZING });
    tell('worker-0', [waiting(2, 1, 1, 5), waiting(4, 7, 1, 5), target]);
    tell('worker-1', [waiting(3, 1, 5, 9), waiting(5, 7, 5, 9)]);
    const orders = host.context.take().map(({ to, message }) => {
      const { type, handle } = message as { type: string; handle: Uint32Array | number };
      return [to, type, ...(typeof handle === 'number' ? [handle] : handle)];
    });
    expect(orders).toEqual([
      ['source', 'unsubscribe', 2],
      ['source', 'unsubscribe', 3],
      ['worker-0', 'remove', 2],
      ['worker-1', 'remove', 3],
      ['worker-0', 'thaw', 4],
      ['worker-1', 'thaw', 5],
      ['source', 'subscribe', 9],
    ]);
  });

  it('T-7: one that is told to wait only after the recovery goes on as well: nobody knows of its merge', () => {
    tell('worker-0', [span(2), span(4)]);
    tell('worker-1', []);
    host.context.take();
    host.components('worker-0', { handle: 2, state: WAITING_MERGE });
    expect(host.messages('worker-0')).toEqual([{ type: 'thaw', handle: Uint32Array.of(2), generation: Uint32Array.of(1) }]);
    host.components('worker-0', { handle: 2, state: WAITING_MERGE }, { handle: 2, state: WORKING });
    expect(host.messages('worker-0')).toEqual([]);
    expect(host.coordinator.inspect().workers[0]?.states).toEqual({ working: 2 });
  });

  it('a close that waits is answered in its turn, behind the bootstrap (F-7, F-4)', () => {
    host.receive(MAINTAINER, bootstrap);
    host.receive(MAINTAINER, { type: 'close', epoch: 9, removed: false });
    tell('worker-0', []);
    tell('worker-1', []);
    expect(host.messages(MAINTAINER)).toEqual([{ type: 'close-response', from: 'host-0', epoch: 9, success: false }]);
  });

  it('a worker that says nothing for long is named in the log', () => {
    tell('worker-0', []);
    host.advance(5_000);
    expect(host.context.logs.at(-1)).toMatchObject({ level: 'warn', fields: { missing: ['worker-1'] } });
  });
});
