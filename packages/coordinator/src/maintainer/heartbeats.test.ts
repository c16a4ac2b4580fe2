import { MAX_TS } from '@tidegate/protocol';
import { describe, expect, test } from 'vitest';
import { heartbeatIntervals } from '../options.js';
import {
  componentStatuses,
  config,
  EPOCH,
  INITIALIZING,
  MAINTAINER,
  STOPPED,
  TestHost,
  typeOf,
  WORKING,
  workerHeartbeat,
} from '../testing/host.js';

const watermark = (checkpointTs: bigint, seq: number, resolvedTs = checkpointTs) => ({
  checkpointTs,
  resolvedTs,
  seq,
  lastSyncedTs: 0n,
});

/** A host with one worker, a trigger and enough dispatchers for `seq` of each mode; the trigger is the first of the default mode. */
function hostWith(seq: number, redoSeq = 0): TestHost {
  const host = new TestHost({ workers: ['worker-0'], heartbeatFirst: 50_000 });
  host.bootstrap();
  const ordinary = Array.from({ length: seq - 1 }, (_, index) => config(2 + index));
  const redo = Array.from({ length: redoSeq }, (_, index) => config(1000 + index, { mode: 1 }));
  host.receive(MAINTAINER, { type: 'schedule', epoch: EPOCH, create: [...ordinary, ...redo], remove: [] });
  host.context.take();
  return host;
}

/** The maintainer asks for a removal: who has asked is told once. */
function remove(host: TestHost, handle: number): void {
  host.receive(MAINTAINER, { type: 'schedule', epoch: EPOCH, create: [], remove: [{ id: '', handle, generation: 1 }] });
}

describe('component statuses (H-5, H-6)', () => {
  test('CollectComponentStatusWhenChangedWatermarkSeqNoFallback (H-5)', () => {
    const host = hostWith(100, 200);
    const known = { checkpointTs: 1000n, resolvedTs: 1000n, redoCheckpointTs: 1000n, redoResolvedTs: 1000n };
    host.receive('worker-0', workerHeartbeat(300, known));
    // The tenth dispatcher of the default mode: the trigger is the first.
    host.components('worker-0', { handle: 10, state: WORKING, checkpointTs: 900n });
    host.advance(10);
    const [first, ...rest] = host.heartbeats();
    expect(rest).toEqual([]);
    expect(first).toMatchObject({
      epoch: EPOCH,
      complete: false,
      watermark: watermark(900n, 100, 1000n),
      redoWatermark: watermark(1000n, 200),
    });
    const statuses = componentStatuses([{ handle: 10, state: WORKING, checkpointTs: 900n }]);
    expect(first?.statuses).toEqual({ ...statuses, worker: Uint16Array.of(0) });
    host.components('worker-0', { handle: 1019, state: WORKING, mode: 1, checkpointTs: 800n });
    host.advance(10);
    expect(host.heartbeats()).toMatchObject([{ watermark: watermark(1000n, 100), redoWatermark: watermark(800n, 200, 1000n) }]);
  });

  test('H-5: the watermark is lowered to the statuses, with the largest seq and without checkpoints of 0', () => {
    const host = hostWith(3);
    host.receive('worker-0', workerHeartbeat(3, { checkpointTs: 5000n, resolvedTs: 5000n }));
    host.components('worker-0', { handle: 2, state: WORKING, checkpointTs: 0n });
    host.receive(MAINTAINER, { type: 'schedule', epoch: EPOCH, create: [config(50, { startTs: 2000n })], remove: [] });
    host.components('worker-0', { handle: 50, state: WORKING, checkpointTs: 2000n });
    host.receive('worker-0', workerHeartbeat(4, { checkpointTs: 6000n, resolvedTs: 6000n }));
    host.advance(10);
    expect(host.heartbeats()).toMatchObject([{ watermark: { checkpointTs: 2000n, seq: 4 } }]);
  });

  test('H-3: a dispatcher created while the window is open is claimed by the seq and accounted for by the checkpoint', () => {
    const host = hostWith(3);
    host.receive('worker-0', workerHeartbeat(3, { checkpointTs: 5000n, resolvedTs: 5000n }));
    host.components('worker-0', { handle: 2, state: WORKING, checkpointTs: 5000n });
    // It does not work yet, so no status speaks for it: a copy from before it existed would let the checkpoint pass its start.
    host.receive(MAINTAINER, { type: 'schedule', epoch: EPOCH, create: [config(50, { startTs: 2000n })], remove: [] });
    host.receive(MAINTAINER, { type: 'schedule', epoch: EPOCH, create: [config(51, { startTs: 3000n })], remove: [] });
    host.components('worker-0', { handle: 51, state: WORKING, checkpointTs: 3000n });
    host.advance(10);
    expect(host.heartbeats()).toMatchObject([{ watermark: { checkpointTs: 2000n, seq: 5 } }]);
  });

  test('transitions are kept in order, none is merged (T-H); INITIALIZING is not listed (H-2)', () => {
    const host = hostWith(3);
    remove(host, 2);
    host.components('worker-0', { handle: 2, state: INITIALIZING }, { handle: 2, state: WORKING, checkpointTs: 11n });
    host.components(
      'worker-0',
      { handle: 2, state: STOPPED, checkpointTs: 12n },
      { handle: 3, state: WORKING, checkpointTs: 13n },
    );
    host.advance(10);
    const [heartbeat] = host.heartbeats();
    expect([...(heartbeat?.statuses?.handle ?? [])]).toEqual([2, 2, 3]);
    expect([...(heartbeat?.statuses?.state ?? [])]).toEqual([WORKING, STOPPED, WORKING]);
    expect([...(heartbeat?.statuses?.checkpointTs ?? [])]).toEqual([11n, 12n, 13n]);
  });

  test('repeated removals of what is not here gather nothing beyond the bound while nothing can be sent (D-49)', () => {
    const host = new TestHost({ componentStatusCapacity: 2 });
    host.bootstrap();
    host.context.full.add(MAINTAINER);
    for (let repeat = 0; repeat < 5; repeat++) remove(host, 9);
    expect(host.coordinator.inspect().progress.componentStatuses).toBe(2);
    host.room(MAINTAINER);
    remove(host, 9);
    host.advance(10);
    expect(host.heartbeats().flatMap(({ statuses }) => [...(statuses?.handle ?? [])])).toEqual([9, 9, 9]);
  });

  test('a full window goes at once, and beyond it when nothing can be sent the workers are paused; nothing is lost', () => {
    const host = new TestHost({ componentStatusCapacity: 2 });
    host.bootstrap([2, 3, 4, 5, 6]);
    host.components('worker-0', { handle: 2, state: WORKING }, { handle: 3, state: WORKING }, { handle: 4, state: WORKING });
    expect(host.heartbeats().map(({ statuses }) => [...(statuses?.handle ?? [])])).toEqual([[2, 3]]);
    host.context.full.add(MAINTAINER);
    host.components('worker-0', { handle: 5, state: WORKING }, { handle: 6, state: WORKING });
    expect([...host.context.paused]).toEqual(['worker-0', 'worker-1']);
    host.room(MAINTAINER);
    expect(host.heartbeats().map(({ statuses }) => [...(statuses?.handle ?? [])])).toEqual([[4, 5, 6]]);
    expect(host.context.paused.size).toBe(0);
  });

  test('T-H: a status never overtakes a component status of the same host', () => {
    const host = new TestHost({ batchStatuses: 1 });
    host.bootstrap([2]);
    host.components('worker-1', { handle: 2, state: WORKING, checkpointTs: 11n });
    host.waiting(2, 50);
    expect(host.messages(MAINTAINER).map(typeOf)).toEqual(['heartbeat', 'block-statuses']);
    // Also when the maintainer takes nothing for a while.
    host.context.full.add(MAINTAINER);
    host.components('worker-1', { handle: 2, state: WORKING, checkpointTs: 12n });
    host.done(2, 50);
    host.room(MAINTAINER);
    expect(host.messages(MAINTAINER).map(typeOf)).toEqual(['heartbeat', 'block-statuses']);
  });
});

describe('watermarks (H-2 to H-4)', () => {
  test('HeartbeatIntervalsByPerformanceMode (H-1)', () => {
    expect(heartbeatIntervals(false)).toEqual({ interval: 200, first: 1000 });
    expect(heartbeatIntervals(true)).toEqual({ interval: 50, first: 0 });
    for (const [lowLatency, expected] of [
      [false, [1000, 1200, 1400]],
      [true, [0, 50, 100]],
    ] as const) {
      const host = new TestHost({ lowLatency });
      host.bootstrap();
      const at: number[] = [];
      for (let time = 0; time <= expected[2]; time++) {
        host.receive('worker-0', workerHeartbeat(1, { checkpointTs: 100n + BigInt(time), resolvedTs: 1_000_000n }));
        if (time > 0) host.advance(1);
        else host.advance(0);
        if (host.heartbeats().length > 0) at.push(host.context.now());
      }
      expect(at).toEqual(expected);
    }
  });

  describe('one that says what the last one said (H-1)', () => {
    const options = { workers: ['worker-0'], heartbeatFirst: 0, heartbeatInterval: 200, completeHeartbeatInterval: 1_000_000 };
    const timesOf = (host: TestHost, milliseconds: number): number[] => {
      const at: number[] = [];
      for (let time = 0; time < milliseconds; time += 10) {
        host.advance(10);
        for (const _ of host.heartbeats()) at.push(host.context.now());
      }
      return at;
    };
    const quiet = (rest = {}): TestHost => {
      const host = new TestHost({ ...options, ...rest });
      host.bootstrap();
      host.receive('worker-0', workerHeartbeat(1, { checkpointTs: 100n, resolvedTs: 100n }));
      host.context.take();
      return host;
    };

    test('waits twice as long as the one before, and no longer than a complete one would', () => {
      expect(timesOf(quiet(), 13_000)).toEqual([10, 200, 600, 1_400, 3_000, 6_200, 12_600]);
      const capped = timesOf(quiet({ completeHeartbeatInterval: 500, workers: ['worker-0'] }), 3_000);
      expect(capped).toEqual([10, 200, 600, 1_100, 1_600, 2_100, 2_600]);
    });

    test('news is told when an interval has passed since the last one, and repeated soon', () => {
      const host = quiet();
      timesOf(host, 5_000);
      host.receive('worker-0', workerHeartbeat(1, { checkpointTs: 200n, resolvedTs: 200n }));
      expect(timesOf(host, 700)).toEqual([5_010, 5_200, 5_600]);
    });

    test('a worker that repeats itself, acknowledgements and block statuses are no news', () => {
      const host = quiet();
      timesOf(host, 5_000);
      host.receive(MAINTAINER, { type: 'answers', epoch: EPOCH, mode: 0, answers: [] });
      expect(timesOf(host, 1_000)).toEqual([]);
    });

    test('an owner that has bootstrapped is told again: what it heard before does not count (T-10)', () => {
      const host = quiet();
      timesOf(host, 5_000);
      host.bootstrap();
      host.context.take();
      expect(timesOf(host, 300)).toEqual([5_010, 5_200]);
    });
  });

  test('H-3: a watermark labelled n accounts for the first n dispatchers: by report, or by start ts until then', () => {
    const host = new TestHost();
    host.bootstrap([2, 3]);
    host.receive('worker-0', workerHeartbeat(1, { checkpointTs: 500n, resolvedTs: 700n, lastSyncedTs: 400n }));
    host.receive('worker-1', workerHeartbeat(1, { checkpointTs: 600n, resolvedTs: 650n, lastSyncedTs: 450n }));
    host.advance(1000);
    // Handle 3 was sent to worker-0 after the trigger: it is not counted yet.
    expect(host.heartbeats()).toMatchObject([{ watermark: { checkpointTs: 10n, resolvedTs: 10n, seq: 3, lastSyncedTs: 450n } }]);
    host.receive('worker-0', workerHeartbeat(2, { checkpointTs: 500n, resolvedTs: 700n }));
    host.advance(200);
    expect(host.heartbeats()).toMatchObject([{ watermark: { checkpointTs: 500n, resolvedTs: 650n, seq: 3 } }]);
  });

  test('H-3: deletion does not lower the seq', () => {
    const host = new TestHost();
    host.bootstrap([2]);
    host.components('worker-1', { handle: 2, state: STOPPED });
    host.advance(1000);
    expect(host.heartbeats().at(-1)?.watermark?.seq).toBe(2);
  });

  test('H-4: without dispatchers the watermark is MAX_TS, with the current seq; no redo watermark before there is redo', () => {
    const host = new TestHost();
    host.bootstrap();
    remove(host, 0);
    host.components('worker-0', { handle: 0, state: STOPPED });
    // Of a table trigger the maintainer has to say that it knows, whoever asked for it.
    host.receive(MAINTAINER, { type: 'heartbeat-taken', epoch: EPOCH, confirm: 1 });
    host.receive('worker-0', workerHeartbeat(1));
    host.advance(1000);
    const last = host.heartbeats().at(-1);
    expect(last?.watermark).toEqual(watermark(MAX_TS, 1));
    expect(last).not.toHaveProperty('redoWatermark');
  });

  test('H-2: a watermark without a dispatcher never comes before the news that it stopped', () => {
    const host = new TestHost({ heartbeatFirst: 5, componentStatusWindow: 100 });
    host.bootstrap([2]);
    remove(host, 2);
    host.receive('worker-0', workerHeartbeat(1, { checkpointTs: 500n, resolvedTs: 500n }));
    host.receive('worker-1', workerHeartbeat(1, { checkpointTs: 100n, resolvedTs: 100n }));
    host.components('worker-1', { handle: 2, state: STOPPED, checkpointTs: 100n });
    host.receive('worker-1', workerHeartbeat(1));
    host.advance(5);
    expect(host.heartbeats()).toMatchObject([
      { watermark: { checkpointTs: 100n }, statuses: { handle: Uint32Array.of(2) } },
      { watermark: { checkpointTs: 500n } },
    ]);
  });

  test('a periodic heartbeat that finds no room is left out', () => {
    const host = new TestHost();
    host.bootstrap();
    host.context.full.add(MAINTAINER);
    host.advance(5000);
    host.room(MAINTAINER);
    expect(host.heartbeats()).toEqual([]);
    host.advance(200);
    expect(host.heartbeats().length).toBe(1);
  });
});

describe('errors (H-7)', () => {
  test('the first is sent at once, alone, and every 5 s; later ones are only counted', () => {
    const host = new TestHost({ heartbeatFirst: 50_000 });
    host.bootstrap([2]);
    const error = { type: 'worker-error', handle: 2, generation: 1, code: 'SINK', message: 'disk full' } as const;
    host.receive('worker-1', error);
    host.receive('worker-0', { ...error, message: 'another' });
    const expected = { type: 'heartbeat', from: 'host-0', epoch: EPOCH, complete: false };
    const running = { time: 0, host: 'host-0', code: 'SINK', message: 'disk full' };
    expect(host.heartbeats()).toEqual([{ ...expected, error: running }]);
    host.advance(4999);
    expect(host.heartbeats()).toEqual([]);
    host.advance(1);
    host.advance(5000);
    expect(host.heartbeats().map((heartbeat) => heartbeat.error)).toEqual([running, running]);
    expect(host.context.counters.get('coordinator.later-errors')).toBe(1);
  });

  test('an error from before a takeover is told to the new owner at once', () => {
    const host = new TestHost();
    host.bootstrap();
    host.receive('worker-0', { type: 'worker-error', handle: 0, generation: 1, code: 'SINK', message: 'disk full' });
    host.context.take();
    host.receive('next', { type: 'bootstrap', epoch: EPOCH + 1, startTs: 1n, trigger: config(0) });
    expect(host.messages('next')).toMatchObject([{ type: 'heartbeat', epoch: EPOCH + 1, error: { code: 'SINK' } }]);
  });
});
