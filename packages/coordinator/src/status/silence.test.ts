import type { BlockStatusRequest } from '@tidegate/protocol';
import { describe, expect, test } from 'vitest';
import { config, EPOCH, MAINTAINER, TestHost } from '../testing/host.js';

const HANDLES = Array.from({ length: 20 }, (_, index) => index + 2);

const rows = (requests: readonly BlockStatusRequest[]) => requests.flatMap((request) => [...request.handle]);

/** Twenty dispatchers wait, told in ten requests of two; the maintainer says nothing. */
function silent(): { host: TestHost; first: BlockStatusRequest[] } {
  const host = new TestHost({ batchStatuses: 2 });
  host.bootstrap(HANDLES);
  for (const handle of HANDLES) host.waiting(handle, 50);
  host.advance(10);
  const first = host.requests();
  expect(rows(first)).toEqual(HANDLES);
  return { host, first };
}

describe("T-I, interleaving 11: to a silent maintainer goes one request's worth at a time", () => {
  test('after pauses that double, whatever the number of dispatchers', () => {
    const { host } = silent();
    const perSecond = Array.from({ length: 60 }, () => {
      host.advance(1_000);
      return rows(host.requests()).length;
    });
    expect(Math.max(...perSecond)).toBe(2);
    const resent = perSecond.reduce((sum, count) => sum + count);
    expect(resent).toBeGreaterThanOrEqual(8);
    expect(resent).toBeLessThanOrEqual(20);
  });

  test('a reply to it shows that all the others were lost: they go at once', () => {
    const { host } = silent();
    host.advance(1_300);
    const [probe] = host.requests();
    expect(rows([probe as BlockStatusRequest])).toEqual([2, 3]);
    host.ack(50, [2, 3], (probe as BlockStatusRequest).seq);
    host.advance(20);
    expect(rows(host.requests())).toEqual(HANDLES.slice(2));
  });

  test('a maintainer that was only slow is sent nothing else again', () => {
    const { host, first } = silent();
    host.advance(9_000);
    const again = rows(host.requests()).length;
    expect(again).toBeGreaterThan(0);
    for (const { seq, handle } of first) {
      host.ack(50, [...handle], seq);
      host.advance(20);
    }
    host.advance(60_000);
    expect(host.requests()).toEqual([]);
    expect(host.coordinator.inspect().statuses.outstanding).toBe(0);
  });

  test('an old reply that comes twice does not end the silence', () => {
    const { host, first } = silent();
    const { seq, handle } = first[0] as BlockStatusRequest;
    host.ack(50, [...handle], seq);
    const perRound = Array.from({ length: 8 }, () => {
      host.advance(1_000);
      host.ack(50, [...handle], seq);
      return rows(host.requests()).length;
    });
    expect(perRound.reduce((sum, count) => sum + count)).toBeLessThanOrEqual(8);
  });

  test('the next maintainer is sent everything at once (T-E)', () => {
    const { host } = silent();
    host.advance(5_000);
    host.requests();
    host.receive(MAINTAINER, { type: 'bootstrap', epoch: EPOCH + 1, startTs: 10n, trigger: config(0) });
    host.answerSnapshots();
    host.advance(20);
    expect(new Set(rows(host.requests()))).toEqual(new Set(HANDLES));
  });
});
