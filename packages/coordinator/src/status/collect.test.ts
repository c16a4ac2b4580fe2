import { Stage } from '@tidegate/protocol';
import { describe, expect, test } from 'vitest';
import { EPOCH, MAINTAINER, rowsOf, TestHost, typeOf } from '../testing/host.js';
import { done, none, waiting } from '../testing/statuses.js';
import { collect } from './collect.js';
import { EventTable } from './eventTable.js';
import { KeyTable } from './keyTable.js';
import { PendingMap } from './pendingMap.js';
import { RequestQueue } from './requestQueue.js';
import { BatchBuilder } from './statusBatch.js';

function pipeline(limit: number, queueCapacity = 100) {
  const events = new EventTable();
  const keys = new KeyTable(events);
  const pending = new PendingMap({ events, keys });
  const queue = new RequestQueue({ events, keys, capacity: queueCapacity });
  const builders = [new BatchBuilder(events, 0, limit), new BatchBuilder(events, 1, limit)] as const;
  return { events, keys, pending, queue, run: () => collect(pending, queue, builders) };
}

describe('batches', () => {
  test('CollectBlockStatusRequestSplitsOversizedMessages (C-4, C-5)', () => {
    // Statuses that come before there is an owner wait in the map: the collector has not started.
    const host = new TestHost();
    for (let index = 0; index < 2050; index++) host.waiting(2 + index, 1 + index);
    for (let index = 0; index < 2049; index++) host.waiting(10_000 + index, 10_000 + index, { mode: 1 });
    expect(host.messages(MAINTAINER)).toEqual([]);
    host.receive(MAINTAINER, { type: 'bootstrap', epoch: EPOCH, startTs: 1n });
    host.advance(10);
    const requests = host.requests();
    expect(requests.map(({ mode, handle }) => [mode, handle.length])).toEqual([
      [0, 2048],
      [0, 2],
      [1, 2048],
      [1, 1],
    ]);
    const ts = requests.map((request) => rowsOf(request).map((row) => Number(row.ts)));
    expect(ts[0]).toEqual(Array.from({ length: 2048 }, (_, index) => 1 + index));
    expect(ts[1]).toEqual([2049, 2050]);
    expect(ts[2]).toEqual(Array.from({ length: 2048 }, (_, index) => 10_000 + index));
    expect(ts[3]).toEqual([12_048]);
    expect(requests.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    host.advance(20);
    expect(host.requests()).toEqual([]);
  });

  test('C-5: each request owns its storage', () => {
    const { pending, queue, run } = pipeline(2);
    for (let handle = 0; handle < 5; handle++) pending.offer(waiting(handle, 10));
    run();
    const buffers = new Set<ArrayBufferLike>();
    for (let batch = queue.dequeue(); batch !== undefined; batch = queue.dequeue()) {
      for (const column of [batch.handle, batch.generation, batch.event, batch.stage, batch.eventIndex]) {
        expect(column.buffer.byteLength).toBe(column.byteLength);
        buffers.add(column.buffer);
      }
    }
    expect(buffers.size).toBe(15);
  });

  test('T-A: facts once per batch, and only where a WAITING or NONE refers to them', () => {
    const { pending, queue, run } = pipeline(100);
    for (let handle = 0; handle < 5; handle++) pending.offer(waiting(handle, 10));
    pending.offer(done(7, 20));
    pending.offer(none(8, 30));
    run();
    const batch = queue.dequeue();
    expect(batch?.events.map(({ key, facts }) => [key.commitTs, facts !== undefined])).toEqual([
      [10n, true],
      [20n, false],
      [30n, true],
    ]);
    expect([...(batch?.event ?? [])]).toEqual([0, 0, 0, 0, 0, 1, 2]);
  });

  test('C-8: order is kept within a mode, over all kinds', () => {
    const { pending, queue, run } = pipeline(100);
    const offered = [waiting(1, 10), done(1, 10), none(2, 5), waiting(1, 20), none(2, 5), done(2, 10)];
    for (const status of offered) pending.offer(status);
    run();
    const batch = queue.dequeue();
    expect([...(batch?.stage ?? [])]).toEqual(offered.map(({ stage }) => stage));
    expect([...(batch?.handle ?? [])]).toEqual(offered.map(({ handle }) => handle));
  });

  test('a queue without room leaves statuses in the map, in order, and nothing is lost', () => {
    const { pending, queue, keys, run } = pipeline(2, 3);
    for (let handle = 0; handle < 20; handle++) pending.offer(handle % 2 === 0 ? none(handle, 10) : done(handle, 10));
    const seen: number[] = [];
    for (let round = 0; round < 50 && seen.length < 20; round++) {
      run();
      expect(queue.length).toBeLessThanOrEqual(3);
      const batch = queue.dequeue();
      seen.push(...(batch?.handle ?? []));
      queue.sendComplete(batch);
    }
    expect(seen).toEqual(Array.from({ length: 20 }, (_, handle) => handle));
    expect(keys.size).toBe(0);
  });
});

describe('window', () => {
  const bootstrapped = (options = {}) => {
    const host = new TestHost(options);
    host.bootstrap([2, 3, 4]);
    return host;
  };

  test('C-1: a batch ends 10 ms after its first status, not after its last (C-2)', () => {
    const host = bootstrapped();
    host.waiting(2, 50);
    host.advance(9);
    host.waiting(3, 50);
    expect(host.requests()).toEqual([]);
    host.advance(1);
    expect(host.requests().map(({ handle }) => [...handle])).toEqual([[2, 3]]);
    host.waiting(4, 50);
    host.advance(9);
    expect(host.requests()).toEqual([]);
    host.advance(1);
    expect(host.requests().map(({ handle }) => [...handle])).toEqual([[4]]);
  });

  test('22.7: a sustained stream ends at the size bound (C-3)', () => {
    const host = bootstrapped({ batchStatuses: 8 });
    for (let handle = 2; handle < 30; handle++) host.waiting(handle, 50);
    expect(host.requests().map(({ handle }) => handle.length)).toEqual([8, 8, 8]);
    host.advance(10);
    expect(host.requests().map(({ handle }) => handle.length)).toEqual([4]);
  });

  test('22.7: a sustained stream ends at the deadline, even if the timer is late (C-3)', () => {
    const host = bootstrapped();
    host.waiting(2, 50);
    // The clock moves, the timer has not been delivered, a burst ends.
    const { context, coordinator } = host;
    const late = context.now() + 10;
    context.now = () => late;
    host.record(Stage.DONE, 3, 40);
    coordinator.turnEnd();
    expect(host.requests().map(({ handle }) => [...handle])).toEqual([[2, 3]]);
  });

  test('a WAITING or NONE whose facts never came is not sent: the next burst brings them (T-A)', () => {
    const host = bootstrapped();
    host.record(Stage.WAITING, 2, 50);
    host.record(Stage.NONE, 2, 50);
    host.record(Stage.DONE, 2, 50);
    host.advance(10);
    expect(host.requests().flatMap((request) => rowsOf(request).map(({ stage }) => stage))).toEqual([Stage.DONE]);
    expect(host.coordinator.inspect().statuses.withoutFacts).toBe(2);
  });
});

describe('back-pressure', () => {
  test('22.8 (L-8): a full map pauses the workers; offers wait, order kept, nothing lost', () => {
    const host = new TestHost({ pendingCapacity: 16, batchStatuses: 4, requestQueueCapacity: 8 });
    host.bootstrap();
    host.context.full.add(MAINTAINER);
    const total = 200;
    let next = 0;
    const feed = () => {
      for (; next < total && host.context.paused.size === 0; next++) host.record(Stage.UNKNOWN, next, 50);
    };
    feed();
    expect([...host.context.paused]).toEqual(['worker-0', 'worker-1']);
    expect(next).toBeLessThan(total);
    expect(host.coordinator.inspect().statuses).toMatchObject({ paused: true, pending: 16 });
    const seen: number[] = [];
    for (let round = 0; round < 100 && seen.length < total; round++) {
      host.room(MAINTAINER);
      seen.push(...host.requests().flatMap((request) => [...request.handle]));
      host.context.full.add(MAINTAINER);
      feed();
      host.advance(10);
    }
    expect(seen).toEqual(Array.from({ length: total }, (_, handle) => handle));
    expect(host.coordinator.inspect().statuses).toMatchObject({ refused: 0, keys: 0, paused: false });
  });

  test('without an owner statuses wait in the map, which then pauses the workers', () => {
    const host = new TestHost({ pendingCapacity: 4 });
    for (let handle = 2; handle < 6; handle++) host.done(handle, 50);
    host.advance(100);
    expect(host.context.paused.size).toBe(2);
    host.receive(MAINTAINER, { type: 'bootstrap', epoch: EPOCH, startTs: 1n });
    expect(host.requests().map(({ handle }) => [...handle])).toEqual([[2, 3, 4, 5]]);
    expect(host.context.paused.size).toBe(0);
  });

  test('Q-6: a refused request stays at the head of the queue and goes, in order, when there is room', () => {
    const host = new TestHost({ batchStatuses: 1 });
    host.bootstrap([2, 3, 4]);
    host.context.full.add(MAINTAINER);
    for (const handle of [2, 3, 4]) host.waiting(handle, 50);
    host.waiting(2, 50);
    expect(host.coordinator.inspect().statuses).toMatchObject({ queued: 3, outstanding: 0 });
    host.room(MAINTAINER);
    const requests = host.requests();
    expect(requests.map(({ seq, handle }) => [seq, ...handle])).toEqual([
      [1, 2],
      [2, 3],
      [3, 4],
    ]);
  });

  test('statuses are sent as refusable: the queue, which dedupes, is the place to wait, not the outbox', () => {
    const host = new TestHost();
    host.bootstrap([2]);
    host.waiting(2, 50);
    host.advance(10);
    const sent = host.context.take(MAINTAINER).find(({ message }) => typeOf(message) === 'block-statuses');
    expect(sent?.delivery).toBe('refusable');
  });

  test('22.22: 100 000 dispatchers on one sync point: requests of at most 2 048, each status sent once, repeats suppressed (C-5, T-I)', () => {
    const host = new TestHost();
    const handles = Array.from({ length: 100_000 }, (_, index) => index + 2);
    host.bootstrap(handles);
    for (let round = 0; round < 3; round++) {
      host.learn(50, true);
      for (const handle of handles) host.record(Stage.WAITING, handle, 50, { sync: true });
    }
    host.advance(10);
    const requests = host.requests();
    expect(Math.max(...requests.map(({ handle }) => handle.length))).toBe(2048);
    const all = requests.flatMap(({ handle }) => [...handle]);
    expect(all.length).toBe(handles.length);
    expect(all.every((handle, index) => handle === handles[index])).toBe(true);
    expect(host.coordinator.inspect().statuses).toMatchObject({ outstanding: 100_000, keys: 100_000 });
    for (const request of requests) {
      const answers = [
        { target: { type: 'normal', handle: request.handle, generation: request.generation }, ack: request.events[0]?.key },
      ] as const;
      host.coordinator.receive(
        { type: 'answers', epoch: EPOCH, mode: 0, inReplyTo: request.seq, answers: answers as never },
        MAINTAINER,
      );
    }
    expect(host.coordinator.inspect().statuses).toMatchObject({ outstanding: 0, keys: 0 });
  }, 30_000);
});
