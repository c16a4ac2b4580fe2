import { Stage } from '@tidegate/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { config, EPOCH, MAINTAINER, normal, rowsOf, TestHost } from '../testing/host.js';
import { key } from '../testing/statuses.js';

/** (handle, stage) of every row sent since the last call. */
function sent(host: TestHost): [number, number][] {
  return host.requests().flatMap((request) => rowsOf(request).map(({ handle, stage }): [number, number] => [handle, stage]));
}

describe('T-I: what ends it, and what is never outstanding', () => {
  let host: TestHost;

  beforeEach(() => {
    host = new TestHost();
    host.bootstrap([2, 3, 4]);
  });

  const statuses = () => host.coordinator.inspect().statuses;

  test('T-D: an unknown answer ends the resending', () => {
    host.waiting(2, 50);
    host.advance(10);
    host.requests();
    host.answer([{ target: normal(2), unknown: key(50) }]);
    host.advance(20_000);
    expect(host.requests()).toEqual([]);
  });

  test('the status of a dispatcher that does not live here is delivered each time: it is never outstanding', () => {
    for (let round = 0; round < 2; round++) {
      host.waiting(99, 50);
      host.advance(10);
      expect(sent(host)).toEqual([[99, Stage.WAITING]]);
    }
    expect(statuses().keys).toBe(0);
  });
});

describe('T-I, interleaving 10: a slow maintainer', () => {
  /** Ten requests of one status each, one every 10 ms. */
  function tenRequests(): { host: TestHost; seqs: number[] } {
    const host = new TestHost();
    const handles = Array.from({ length: 10 }, (_, i) => i + 2);
    host.bootstrap(handles);
    const seqs = handles.flatMap((handle) => {
      host.waiting(handle, 50);
      host.advance(10);
      return host.requests().map(({ seq }) => seq);
    });
    return { host, seqs };
  }

  test('what it has not come to is not sent again while replies to earlier requests come', () => {
    const { host, seqs } = tenRequests();
    for (const [index, seq] of seqs.entries()) {
      host.advance(600);
      expect(host.requests()).toEqual([]);
      host.ack(50, [index + 2], seq);
    }
    host.advance(60_000);
    expect(host.requests()).toEqual([]);
  });

  test('what was lost is sent again once a later request was replied to, or replies end', () => {
    const { host, seqs } = tenRequests();
    host.advance(600);
    host.ack(50, [2], seqs[0]);
    host.ack(50, [4], seqs[2]);
    host.advance(600);
    // The second was passed over; the fourth and those behind it may still be on their way.
    expect(sent(host)).toEqual([[3, Stage.WAITING]]);
    host.advance(700);
    expect(sent(host).length).toBeGreaterThanOrEqual(7);
  });

  test('a reply that comes twice holds back nothing', () => {
    const { host, seqs } = tenRequests();
    for (let round = 0; round < 5; round++) {
      host.advance(400);
      host.ack(50, [2], seqs[0]);
    }
    expect(sent(host).length).toBeGreaterThanOrEqual(9);
  });
});

test('T-I: beyond the capacity a delivered status is let go: repeats pass, nothing is hidden', () => {
  const host = new TestHost({ outstandingCapacity: 2 });
  host.bootstrap([2, 3, 4]);
  for (const handle of [2, 3, 4]) host.waiting(handle, 50);
  host.advance(10);
  host.requests();
  for (const handle of [2, 3, 4]) host.waiting(handle, 50);
  host.advance(10);
  expect(sent(host)).toEqual([[4, Stage.WAITING]]);
  expect(host.coordinator.inspect().statuses).toMatchObject({ outstanding: 2, overflowed: 2 });
});

test('T-I: a DONE beyond the capacity is let go as well: whoever is asked again says it again, and that passes (D-34)', () => {
  const host = new TestHost({ outstandingCapacity: 1 });
  host.bootstrap([2, 3, 4]);
  host.waiting(2, 50);
  host.done(3, 40);
  host.done(4, 40);
  host.advance(10);
  host.requests();
  expect(host.coordinator.inspect().statuses).toMatchObject({ outstanding: 1, mostOutstanding: 1, overflowed: 2 });
  host.done(3, 40);
  host.advance(1300);
  expect(sent(host)).toEqual([
    [3, Stage.DONE],
    [2, Stage.WAITING],
  ]);
});

test('T-E: a new epoch begins its pauses anew', () => {
  const host = new TestHost();
  host.bootstrap([2]);
  host.waiting(2, 50);
  host.advance(40_000);
  host.receive(MAINTAINER, { type: 'bootstrap', epoch: EPOCH + 1, startTs: 10n, trigger: config(0) });
  host.requests();
  host.advance(1300);
  expect(sent(host)).toEqual([[2, Stage.WAITING]]);
});
