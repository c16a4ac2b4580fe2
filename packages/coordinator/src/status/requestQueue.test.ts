import { Stage } from '@tidegate/protocol';
import { describe, expect, test } from 'vitest';
import { done, none, waiting } from '../testing/statuses.js';
import { type BlockStatus, Offered } from './pendingMap.js';
import { batchOf, RequestQueue } from './requestQueue.js';
import type { StatusBatch } from './statusBatch.js';

const request = (queue: RequestQueue, target: string, ...statuses: BlockStatus[]) => batchOf(queue.events, target, statuses);
const stages = (batch: StatusBatch | undefined) => [...(batch?.stage ?? [])];

describe('request queue', () => {
  for (const [name, status] of [
    ['DeduplicatesQueuedAndInFlightDone', done(9, 100)],
    ['DeduplicatesQueuedAndInFlightWaiting', waiting(9, 101)],
  ] as const) {
    test(`${name} (Q-2 to Q-5)`, () => {
      const queue = new RequestQueue();
      const [r1, r2, r3, r4] = Array.from({ length: 4 }, () => request(queue, 'a', status)) as [
        StatusBatch,
        StatusBatch,
        StatusBatch,
        StatusBatch,
      ];
      expect(queue.enqueue(r1)).toBe(Offered.ACCEPTED);
      expect(queue.enqueue(r2)).toBe(Offered.SUPPRESSED);
      expect(queue.dequeue()).toBe(r1);
      expect(queue.dequeue()).toBeUndefined();
      // In flight: still reserved.
      expect(queue.enqueue(r3)).toBe(Offered.SUPPRESSED);
      expect(queue.dequeue()).toBeUndefined();
      queue.sendComplete(r1);
      expect(queue.enqueue(r4)).toBe(Offered.ACCEPTED);
      expect(queue.dequeue()).toBe(r4);
    });
  }

  test('KeepsDistinctDoneKeys (Q-1)', () => {
    const queue = new RequestQueue();
    const requests = [done(9, 200), done(9, 200, { isSyncPoint: true }), done(9, 200, { mode: 1 })].map((one) =>
      request(queue, 'a', one),
    );
    for (const one of requests) queue.enqueue(one);
    for (const one of requests) {
      expect(queue.dequeue()).toBe(one);
      queue.sendComplete(one);
    }
    expect(queue.reserved).toBe(0);
  });

  test('KeepsWaitingAndDoneDistinct (Q-1)', () => {
    const queue = new RequestQueue();
    const requests = [waiting(9, 300), done(9, 300)].map((one) => request(queue, 'a', one));
    for (const one of requests) queue.enqueue(one);
    expect([queue.dequeue(), queue.dequeue()]).toEqual(requests);
  });

  test('a mixed request loses only its duplicate, order kept (Q-2)', () => {
    const queue = new RequestQueue();
    queue.enqueue(request(queue, 'a', waiting(1, 10)));
    queue.enqueue(request(queue, 'a', none(2, 5), waiting(1, 10), done(1, 10), none(2, 5)));
    queue.dequeue();
    const mixed = queue.dequeue();
    expect(stages(mixed)).toEqual([Stage.NONE, Stage.DONE, Stage.NONE]);
    expect([...(mixed?.handle ?? [])]).toEqual([2, 1, 2]);
    expect(queue.suppressed).toBe(1);
  });

  test('duplicates inside one request collapse the same way (Q-2)', () => {
    const queue = new RequestQueue();
    queue.enqueue(request(queue, 'a', done(1, 10), done(1, 10), done(2, 10)));
    expect([...(queue.dequeue()?.handle ?? [])]).toEqual([1, 2]);
  });

  test('two NONE with equal keys both pass (Q-1)', () => {
    const queue = new RequestQueue();
    queue.enqueue(request(queue, 'a', none(1, 10)));
    queue.enqueue(request(queue, 'a', none(1, 10)));
    expect(queue.length).toBe(2);
  });

  test('null, empty and unknown requests do nothing (Q-2, Q-3, Q-5)', () => {
    const queue = new RequestQueue();
    expect([queue.enqueue(null), queue.enqueue(request(queue, 'a'))]).toEqual([Offered.IGNORED, Offered.IGNORED]);
    queue.sendComplete(null);
    const stranger = request(queue, 'a', done(1, 10));
    queue.enqueue(stranger);
    // Queued, but not in flight: its key stays.
    queue.sendComplete(stranger);
    expect(queue.enqueue(request(queue, 'a', done(1, 10)))).toBe(Offered.SUPPRESSED);
    expect(queue.length).toBe(1);
  });

  test('a different target is a different key (Q-1, Q-8)', () => {
    const queue = new RequestQueue({ target: 'a' });
    const requests = ['a', 'b', 'c'].map((target) => request(queue, target, waiting(1, 10)));
    expect(requests.map((one) => queue.enqueue(one))).toEqual([Offered.ACCEPTED, Offered.ACCEPTED, Offered.ACCEPTED]);
    expect(queue.enqueue(request(queue, 'b', waiting(1, 10)))).toBe(Offered.SUPPRESSED);
    for (const one of requests) {
      queue.dequeue();
      queue.sendComplete(one);
    }
    expect(queue.reserved).toBe(0);
  });

  test('a failed send also reopens (Q-5)', () => {
    const queue = new RequestQueue();
    const failed = request(queue, 'a', waiting(1, 10));
    queue.enqueue(failed);
    queue.dequeue();
    queue.sendComplete(failed);
    queue.sendComplete(failed);
    expect(queue.enqueue(request(queue, 'a', waiting(1, 10)))).toBe(Offered.ACCEPTED);
  });

  test('a full queue refuses and changes nothing; the refused request may be tried again', () => {
    const queue = new RequestQueue({ capacity: 1 });
    queue.enqueue(request(queue, 'a', done(1, 10)));
    const late = request(queue, 'a', done(2, 10));
    expect(queue.enqueue(late)).toBe(Offered.FULL);
    expect(queue.refused).toBe(1);
    queue.sendComplete(queue.dequeue());
    expect(queue.enqueue(late)).toBe(Offered.ACCEPTED);
  });

  test('order survives many requests', () => {
    const queue = new RequestQueue();
    const requests = Array.from({ length: 5000 }, (_, handle) => request(queue, 'a', done(handle, 10)));
    for (const one of requests) queue.enqueue(one);
    for (const one of requests) {
      expect(queue.dequeue()).toBe(one);
      queue.sendComplete(one);
    }
    expect([queue.length, queue.inFlight, queue.reserved]).toEqual([0, 0, 0]);
  });
});
