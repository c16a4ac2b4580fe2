import type { BootstrapResponse, DispatcherConfig, HeartbeatRequest, KeyRange, MergeRequest } from '@tidegate/protocol';
import { ComponentState } from '@tidegate/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { config, EPOCH, MAINTAINER, STOPPED, TestHost, typeOf, WORKING } from '../testing/host.js';
import { key } from '../testing/statuses.js';
import { type ModelWorker, modelWorkers } from '../testing/workers.js';

const { REMOVED, WAITING_MERGE, PREPARING, INITIALIZING } = ComponentState;
const bytes = (text: string) => new TextEncoder().encode(text);
const range = (start: string, end: string): KeyRange => ({ start: bytes(start), end: bytes(end) });
const TARGET = 50;

function source(handle: number, start: string, end: string): DispatcherConfig {
  return config(handle, { tableId: 1, range: range(start, end) });
}

function request(sources: readonly number[], target: Partial<DispatcherConfig> = {}, epoch = EPOCH): MergeRequest {
  return {
    type: 'merge',
    epoch,
    target: config(TARGET, { tableId: 1, range: range('a', 'z'), startTs: 0n, ...target }),
    sources: sources.map((handle) => ({ id: config(handle).id, handle, generation: 1 })),
  };
}

let host: TestHost;
let workers: [ModelWorker, ModelWorker];

/** Two sources on two workers, [a,m) and [m,z), which work at 20 and 30. */
beforeEach(() => {
  host = new TestHost({ heartbeatFirst: 50_000, completeHeartbeatInterval: 3_600_000 });
  workers = modelWorkers(host);
  host.receive(MAINTAINER, { type: 'bootstrap', epoch: EPOCH, startTs: 10n, trigger: config(0) });
  obey();
  schedule([source(2, 'a', 'm'), source(3, 'm', 'z')]);
  for (const worker of workers) for (const handle of [2, 3]) worker.work(handle);
  at(2)?.advance(2, 20n);
  at(3)?.advance(3, 30n);
  host.advance(10);
  host.context.take();
});

function obey(): void {
  for (const worker of [...workers, ...workers]) worker.obeyAll();
}

function schedule(create: readonly DispatcherConfig[], remove: readonly number[] = []): void {
  const removals = remove.map((handle) => ({ id: config(handle).id, handle, generation: 1 }));
  host.receive(MAINTAINER, { type: 'schedule', epoch: EPOCH, create, remove: removals });
  obey();
}

const at = (handle: number) => workers.find((worker) => worker.dispatchers.has(handle));
const merges = () => host.coordinator.inspect().merges;
const states = () =>
  host.coordinator.inspect().workers.reduce<Record<string, number>>((sum, worker) => {
    for (const [state, count] of Object.entries(worker.states)) sum[state] = (sum[state] ?? 0) + count;
    return sum;
  }, {});

/** (handle, state) of every component status that the maintainer heard since the last call. */
function heard(): [number, number][] {
  host.advance(10);
  return host.heartbeats().flatMap(({ statuses }: HeartbeatRequest) => {
    return Array.from(statuses?.handle ?? [], (handle, row): [number, number] => [handle, statuses?.state[row] ?? -1]);
  });
}

describe('merge admission (T-7)', () => {
  it('MergeDispatcherNormal: two working neighbours: the target prepares with their joint range, the sources wait (T-7)', () => {
    host.receive(MAINTAINER, request([2, 3]));
    expect(merges()).toEqual([{ target: TARGET, phase: 'preparing', sources: 2, standing: 0, left: 2 }]);
    expect(states()).toEqual({ waitingMerge: 2, initializing: 1 });
    expect(host.context.sent.filter(({ message }) => typeOf(message) === 'freeze').map(({ to }) => to)).toEqual([
      'worker-0',
      'worker-1',
    ]);
  });

  it('MergeDispatcherThreeDispatchers: [a,m), [m,t), [t,z): all three wait (T-7)', () => {
    schedule([], [3]);
    schedule([source(4, 'm', 't'), source(5, 't', 'z')]);
    for (const handle of [4, 5]) at(handle)?.work(handle);
    host.receive(MAINTAINER, request([2, 4, 5]));
    expect(merges()).toMatchObject([{ phase: 'preparing', sources: 3 }]);
    expect(states()).toMatchObject({ waitingMerge: 3 });
  });

  const refused: [string, () => void, MergeRequest][] = [
    ['MergeDispatcherInvalidIDs: one source', () => undefined, request([2])],
    ['MergeDispatcherInvalidIDs: a target without an id (F-10)', () => undefined, request([2, 3], { id: '0'.repeat(32) })],
    ['MergeDispatcherNonExistent', () => undefined, request([2, 77])],
    ['MergeDispatcherNotWorking: a source that initialises', () => schedule([source(6, 'm', 'z')]), request([2, 6])],
    [
      'MergeDispatcherNotWorking: a source that is to go',
      () => {
        host.receive(MAINTAINER, { type: 'schedule', epoch: EPOCH, create: [], remove: [{ id: '', handle: 3, generation: 1 }] });
      },
      request([2, 3]),
    ],
    ['MergeDispatcherNonAdjacent: in the wrong order', () => undefined, request([3, 2])],
    ['MergeDispatcherNonAdjacent: the same twice', () => undefined, request([2, 2])],
    ['a target with another range', () => undefined, request([2, 3], { range: range('a', 'y') })],
    ['a target of another table', () => undefined, request([2, 3], { tableId: 9 })],
    ['a target of the other mode', () => undefined, request([2, 3], { mode: 1 })],
    ['the handle of a trigger', () => undefined, request([2, 3], { handle: 1 })],
  ];
  for (const [name, prepare, message] of refused) {
    it(`${name}: no target, and the maintainer is told so (T-7)`, () => {
      prepare();
      host.context.take();
      const before = states();
      host.receive(MAINTAINER, message);
      expect(merges()).toEqual([]);
      expect(states()).toEqual(before);
      expect(heard().at(-1)).toEqual([message.target.handle, REMOVED]);
      expect(host.context.sent.filter(({ message: one }) => typeOf(one) === 'freeze')).toEqual([]);
    });
  }

  it('MergeDispatcherNonAdjacent: [a,m) and [n,z): no target (T-7)', () => {
    schedule([source(7, 'n', 'z')]);
    at(7)?.work(7);
    host.receive(MAINTAINER, request([2, 7]));
    expect(merges()).toEqual([]);
  });

  it('MergeDispatcherExistingID: one that works is told again and unchanged; any other is left alone (T-7)', () => {
    schedule([config(TARGET, { tableId: 9 })]);
    host.receive(MAINTAINER, request([2, 3]));
    expect(heard()).toEqual([]);
    at(TARGET)?.work(TARGET);
    expect(heard()).toEqual([[TARGET, WORKING]]);
    host.receive(MAINTAINER, request([2, 3]));
    expect(heard()).toEqual([[TARGET, WORKING]]);
    expect(merges()).toEqual([]);
  });

  it('a source that is not here is reported stopped before the target is said to be gone (D-49)', () => {
    host.receive(MAINTAINER, request([2, 77]));
    expect(heard()).toEqual([
      [77, STOPPED],
      [TARGET, REMOVED],
    ]);
  });

  it('MergeDispatcherRequestRecvDoesNotTrackStaleMaintainerEpoch: the journal stays empty (F-3, F-10)', () => {
    host.receive('old', request([2, 3], {}, EPOCH - 1));
    expect(merges()).toEqual([]);
    expect(host.messages('old')).toMatchObject([{ type: 'stale-epoch', refused: 'merge' }]);
  });

  it('a repeated request finds the merge under way, and a source is in one merge at a time', () => {
    host.receive(MAINTAINER, request([2, 3]));
    host.receive(MAINTAINER, request([2, 3]));
    host.receive(MAINTAINER, request([2, 3], { handle: 51 }));
    expect(merges().map(({ target }) => target)).toEqual([TARGET]);
  });
});

describe('a merge (T-6, T-8, F-10)', () => {
  const toSource = () => host.messages('source') as { type: string; handle: number; startTs?: bigint; range?: KeyRange }[];

  it('DoMergeKeepsMergeJournalUntilSourcesAreCleaned: one entry until the sources are gone and the target works (F-10)', () => {
    host.receive(MAINTAINER, request([2, 3]));
    for (const worker of workers) worker.take();
    while (workers[0].inbox.length + workers[1].inbox.length > 0) {
      expect(merges().length).toBe(1);
      for (const worker of workers) if (worker.inbox.length > 0) worker.obeyOne();
      for (const worker of workers) worker.take();
    }
    expect([at(2), at(3)]).toEqual([undefined, undefined]);
    expect(merges()).toMatchObject([{ phase: 'initializing', left: 0 }]);
    at(TARGET)?.work(TARGET);
    expect(merges()).toEqual([]);
    expect(states()).toEqual({ working: 1, initializing: 1 });
  });

  it('starts at the least checkpoint; its stream begins when those of the sources have ended, with its range (T-6)', () => {
    host.receive(MAINTAINER, request([2, 3]));
    obey();
    expect(at(TARGET)?.dispatchers.get(TARGET)?.config).toMatchObject({ startTs: 20n, skipDmlAsStartTs: false });
    const orders = toSource();
    expect(orders.map(({ type, handle }) => [type, handle])).toEqual([
      ['unsubscribe', 2],
      ['unsubscribe', 3],
      ['subscribe', TARGET],
    ]);
    expect(orders[2]).toMatchObject({ startTs: 20n, range: range('a', 'z') });
  });

  for (const [name, parked, expected] of [
    ['one sync point: at its ts', [key(40, true), key(40, true)], { startTs: 40n, skipDmlAsStartTs: false }],
    ['one DDL: just below, without the rows of its ts', [key(40), key(40)], { startTs: 39n, skipDmlAsStartTs: true }],
    ['a DDL and a sync point of one ts', [key(40), key(40, true)], { startTs: 20n, skipDmlAsStartTs: false }],
    ['one parked, one not', [key(40), undefined], { startTs: 20n, skipDmlAsStartTs: false }],
  ] as const) {
    it(`sources parked at ${name} (T-6)`, () => {
      parked.forEach((event, index) => {
        const one = at(2 + index)?.dispatchers.get(2 + index);
        if (one !== undefined && event !== undefined) one.parkedAt = event;
      });
      host.receive(MAINTAINER, request([2, 3]));
      obey();
      expect(at(TARGET)?.dispatchers.get(TARGET)?.config).toMatchObject(expected);
    });
  }

  it('H-2: before the commit the target counts nowhere; from the commit on the watermark holds its start (T-8)', () => {
    for (const worker of workers) worker.heartbeat();
    const checkpoint = () => host.coordinator.inspect().progress;
    const before = checkpoint();
    host.receive(MAINTAINER, request([2, 3]));
    expect(checkpoint()).toEqual(before);
    obey();
    expect(checkpoint().seq).toEqual([before.seq[0] + 1, 0]);
    for (const worker of workers) worker.heartbeat();
    workers.find((worker) => worker.dispatchers.has(0))?.advance(0, 90n);
    expect(checkpoint().checkpointTs <= 20n).toBe(true);
  });

  it('DoMergeAbortWhenSourceDispatcherMissing: the target is gone, the other source works again (T-7)', () => {
    host.receive(MAINTAINER, request([2, 3]));
    host.components(at(2)?.address ?? '', { handle: 2, state: STOPPED, checkpointTs: 20n });
    expect(merges()).toEqual([]);
    expect(heard()).toEqual([
      [2, STOPPED],
      [TARGET, REMOVED],
    ]);
    expect(states()).toEqual({ working: 1, initializing: 1 });
    obey();
    expect(at(3)?.dispatchers.get(3)?.state).toBe(WORKING);
  });

  it('DoMergeAbortWhenSourceDispatcherRemoving: likewise (T-7)', () => {
    host.receive(MAINTAINER, request([2, 3]));
    schedule([], [2]);
    expect(heard()).toContainEqual([TARGET, REMOVED]);
    expect(at(2)).toBeUndefined();
    expect(at(3)?.dispatchers.get(3)?.state).toBe(WORKING);
    expect(at(TARGET)).toBeUndefined();
  });

  it('AbortMergeRestoresSourceDispatchersRegistration: both work again on the streams they kept (T-7)', () => {
    host.receive(MAINTAINER, request([2, 3]));
    host.receive(MAINTAINER, { type: 'schedule', epoch: EPOCH, create: [], remove: [{ id: '', handle: TARGET, generation: 1 }] });
    obey();
    expect(merges()).toEqual([]);
    expect([2, 3].map((handle) => at(handle)?.dispatchers.get(handle)?.state)).toEqual([WORKING, WORKING]);
    expect(toSource()).toEqual([]);
    expect(heard().filter(([handle]) => handle === TARGET)).toEqual([[TARGET, REMOVED]]);
  });

  it('what was told of a first standstill is not taken for the second', () => {
    host.receive(MAINTAINER, request([2, 3]));
    for (const worker of workers) worker.take();
    // Given up while the workers still know of nothing, and asked for again: too early, then in time.
    host.receive(MAINTAINER, { type: 'schedule', epoch: EPOCH, create: [], remove: [{ id: '', handle: TARGET, generation: 1 }] });
    host.receive(MAINTAINER, request([2, 3]));
    expect(merges()).toEqual([]);
    obey();
    const again = { generation: 2 };
    host.receive(MAINTAINER, request([2, 3], again));
    expect(merges().length).toBe(1);
    host.receive(at(2)?.address ?? '', { type: 'frozen', dispatchers: [{ handle: 2, generation: 1, checkpointTs: 1n }] });
    expect(merges()).toMatchObject([{ standing: 0 }]);
    obey();
    expect(at(TARGET)?.dispatchers.get(TARGET)?.config).toMatchObject({ startTs: 20n, ...again });
  });

  it('a doubled request does not bring a merge back that was given up (F-9, T-7)', () => {
    host.receive(MAINTAINER, request([2, 3]));
    schedule([], [TARGET]);
    heard();
    host.receive(MAINTAINER, request([2, 3]));
    expect([merges(), heard()]).toEqual([[], [[TARGET, REMOVED]]]);
  });

  it('a target whose handle is in use when its sources stand still is given up: they go on (T-7)', () => {
    host.receive(MAINTAINER, request([2, 3]));
    schedule([config(TARGET, { generation: 9, tableId: 7 })]);
    expect(merges()).toEqual([]);
    expect([2, 3].map((handle) => at(handle)?.dispatchers.get(handle)?.state)).toEqual([WORKING, WORKING]);
  });

  it('a worker lost before the commit ends the merge; the target lost after it keeps the range (T-8)', () => {
    host.receive(MAINTAINER, request([2, 3]));
    const first = at(2)?.address ?? '';
    at(2)?.die();
    host.receive('system', { type: 'worker-lost', worker: first });
    expect(merges()).toEqual([]);
    obey();
    expect(at(3)?.dispatchers.get(3)?.state).toBe(WORKING);
  });

  it('the target lost after the commit: the sources go all the same, and the journal ends (T-8, F-10)', () => {
    host.receive(MAINTAINER, request([2, 3]));
    for (const worker of workers) worker.take();
    for (const worker of workers) worker.obeyOne();
    const placed = host.context.sent.find(({ message }) => typeOf(message) === 'create')?.to ?? '';
    const dead = workers.find(({ address }) => address === placed);
    dead?.die();
    host.receive('system', { type: 'worker-lost', worker: placed });
    obey();
    expect([at(2), at(3), at(TARGET)]).toEqual([undefined, undefined, undefined]);
    expect(merges()).toEqual([]);
    expect(heard()).toContainEqual([TARGET, STOPPED]);
  });

  it('S-3, F-10: a bootstrap response has the merge, and the target that only this host knows of', () => {
    host.receive(MAINTAINER, request([2, 3]));
    host.receive(MAINTAINER, { type: 'bootstrap', epoch: EPOCH, startTs: 10n, trigger: config(0) });
    const id = (host.messages('worker-0') as { type: string; id: number }[]).find(({ type }) => type === 'snapshot')?.id ?? 0;
    for (const worker of workers) {
      host.receive(worker.address, { type: 'worker-snapshot', id, spans: worker.spans() });
    }
    const [response] = host
      .messages(MAINTAINER)
      .filter((message) => typeOf(message) === 'bootstrap-response') as BootstrapResponse[];
    expect(response?.merges).toMatchObject([{ target: { handle: TARGET }, sources: [{ handle: 2 }, { handle: 3 }] }]);
    const told = response?.spans.map(({ config: { handle }, state, checkpointTs }) => [handle, state, checkpointTs]);
    expect(told).toEqual(
      expect.arrayContaining([
        [0, INITIALIZING, 10n],
        [2, WAITING_MERGE, 20n],
        [3, WAITING_MERGE, 30n],
        [TARGET, PREPARING, 20n],
      ]),
    );
    expect(told?.length).toBe(4);
  });

  it('the journal is a copy (F-10)', () => {
    const message = request([2, 3]);
    host.receive(MAINTAINER, message);
    message.target.range?.start.fill(0);
    obey();
    expect(at(TARGET)?.dispatchers.get(TARGET)?.config.range).toEqual(range('a', 'z'));
  });

  it('a close gives merges up and removes everything', () => {
    host.receive(MAINTAINER, request([2, 3]));
    host.receive(MAINTAINER, { type: 'close', epoch: EPOCH, removed: false });
    obey();
    expect(host.messages(MAINTAINER)).toContainEqual({ type: 'close-response', from: 'host-0', epoch: EPOCH, success: true });
    expect(host.coordinator.inspect()).toMatchObject({ dispatchers: 0, merges: [] });
  });
});
