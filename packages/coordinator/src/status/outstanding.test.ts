import { Stage } from '@tidegate/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { config, EPOCH, MAINTAINER, normal, rowsOf, STOPPED, TestHost, typeOf } from '../testing/host.js';
import { key } from '../testing/statuses.js';

/** (handle, stage) of every row sent since the last call. */
function sent(host: TestHost): [number, number][] {
  return host.requests().flatMap((request) => rowsOf(request).map(({ handle, stage }): [number, number] => [handle, stage]));
}

describe('T-I: outstanding statuses', () => {
  let host: TestHost;

  beforeEach(() => {
    host = new TestHost();
    host.bootstrap([2, 3, 4]);
  });

  const statuses = () => host.coordinator.inspect().statuses;

  test('an equal repeat of what was delivered and not answered is suppressed; after the ack it passes', () => {
    host.waiting(2, 50);
    host.advance(10);
    const [request] = host.requests();
    host.waiting(2, 50);
    host.advance(10);
    expect(host.requests()).toEqual([]);
    expect(statuses().suppressed.outstanding).toBe(1);
    host.ack(50, [2], request?.seq);
    expect(statuses().keys).toBe(0);
    host.waiting(2, 50);
    host.advance(10);
    expect(sent(host)).toEqual([[2, Stage.WAITING]]);
  });

  test('interleaving 1, loss: resent by the coordinator with capped, spread back-off until answered', () => {
    host.waiting(2, 50);
    host.waiting(3, 50);
    host.done(4, 40);
    host.advance(10);
    const at: number[] = [];
    host.requests();
    for (let elapsed = 0; elapsed < 60_000; elapsed += 50) {
      host.advance(50);
      const rows = sent(host);
      if (rows.length === 0) continue;
      expect(rows).toEqual([
        [2, Stage.WAITING],
        [3, Stage.WAITING],
        [4, Stage.DONE],
      ]);
      at.push(host.context.now());
    }
    const pauses = at.slice(1).map((time, index) => time - (at[index] ?? 0));
    // 1, 2, 4, 8, 10, 10, … seconds, a quarter to either side.
    expect(pauses.length).toBeGreaterThanOrEqual(6);
    for (const [index, pause] of pauses.entries()) {
      const nominal = Math.min(1000 * 2 ** (index + 1), 10_000);
      expect(pause).toBeGreaterThanOrEqual(nominal * 0.75 - 50);
      expect(pause).toBeLessThanOrEqual(nominal * 1.25 + 100);
    }
    host.ack(50, [2, 3]);
    host.ack(40, [4]);
    host.requests();
    host.advance(30_000);
    expect(host.requests()).toEqual([]);
    expect(statuses().keys).toBe(0);
  });

  test('a resent WAITING carries its facts again (T-A)', () => {
    host.waiting(2, 50);
    host.advance(10);
    const [first] = host.requests();
    host.advance(2000);
    const [again] = host.requests();
    expect(again?.events).toEqual(first?.events);
    expect(again?.events[0]?.facts).toBeDefined();
    expect(again?.seq).toBe((first?.seq ?? 0) + 1);
  });

  test('a reply settles its DONE even without an ack (B-7), and not its WAITING (B-23)', () => {
    host.waiting(2, 50);
    host.done(3, 40);
    host.advance(10);
    const [request] = host.requests();
    host.answer([], { inReplyTo: request?.seq ?? 0 });
    expect(statuses().outstanding).toBe(1);
    host.advance(2000);
    expect(sent(host)).toEqual([[2, Stage.WAITING]]);
  });

  test('interleaving 2, the ack of a duplicate crosses a resend: nothing stays, nothing is lost', () => {
    host.waiting(2, 50);
    host.advance(10);
    const [first] = host.requests();
    // The resend finds no room: it waits in stage Q when the ack of the first comes.
    host.context.full.add(MAINTAINER);
    host.advance(1300);
    expect(statuses().queued).toBe(1);
    host.ack(50, [2], first?.seq);
    host.room(MAINTAINER);
    const [second] = host.requests();
    expect(second && rowsOf(second).map(({ handle }) => handle)).toEqual([2]);
    // Delivered again, it is answered again.
    expect(statuses().outstanding).toBe(1);
    host.ack(50, [2], second?.seq);
    expect(statuses().keys).toBe(0);
    host.requests();
    host.advance(20_000);
    expect(host.requests()).toEqual([]);
  });

  test('interleaving 3, a maintainer slower than the longest pause: its late reply settles the DONE that was sent again since', () => {
    host.done(2, 50);
    host.advance(10);
    const [first] = host.requests();
    for (let resend = 0; resend < 20; resend++) host.advance(12_500);
    expect(host.requests().length).toBeGreaterThanOrEqual(20);
    host.answer([], { inReplyTo: first?.seq ?? 0 });
    expect(statuses()).toMatchObject({ outstanding: 0, keys: 0 });
    host.advance(60_000);
    expect(host.requests()).toEqual([]);
  });

  test('interleaving 3, the late reply settles what its request carried, and nothing that came after', () => {
    host.done(2, 50);
    host.advance(10);
    const [first] = host.requests();
    host.done(3, 60);
    host.advance(1300);
    host.answer([], { inReplyTo: first?.seq ?? 0 });
    expect(statuses().outstanding).toBe(1);
    host.requests();
    host.advance(3000);
    expect(sent(host)).toEqual([[3, Stage.DONE]]);
  });

  test('interleaving 3, an unknown or repeated reply does nothing', () => {
    host.done(2, 50);
    host.advance(10);
    const [first] = host.requests();
    host.answer([], { inReplyTo: 999 });
    expect(statuses().outstanding).toBe(1);
    host.answer([], { inReplyTo: first?.seq ?? 0 });
    host.answer([], { inReplyTo: first?.seq ?? 0 });
    expect(statuses().keys).toBe(0);
  });

  test('interleaving 4, a new epoch: everything outstanding goes to the new owner at once, queued requests too', () => {
    host.waiting(2, 50);
    host.done(3, 40);
    host.advance(10);
    host.requests();
    host.context.full.add(MAINTAINER);
    host.waiting(4, 50);
    host.advance(10);
    expect(statuses().queued).toBe(1);
    host.receive('next', { type: 'bootstrap', epoch: EPOCH + 1, startTs: 10n, trigger: config(0) });
    const requests = host.messages('next').filter((message) => typeOf(message) === 'block-statuses') as ReturnType<
      TestHost['requests']
    >;
    expect(requests.map(({ epoch }) => epoch)).toEqual([EPOCH + 1, EPOCH + 1]);
    const handles = requests.flatMap((request) => rowsOf(request).map(({ handle }) => handle));
    expect(handles.toSorted()).toEqual([2, 3, 4]);
    // An answer of the old epoch settles nothing.
    host.ack(50, [2, 3, 4], requests[0]?.seq);
    expect(statuses().outstanding).toBe(3);
  });

  test('interleaving 5, a handle is reused: statuses of two generations are two keys, the former ones go with its dispatcher', () => {
    host.waiting(2, 50);
    host.advance(10);
    host.requests();
    host.waiting(2, 50, { generation: 2 });
    host.advance(10);
    expect(host.requests().flatMap((request) => rowsOf(request).map(({ generation }) => generation))).toEqual([2]);
    expect(statuses().keys).toBe(1);
    host.components('worker-1', { handle: 2, state: STOPPED });
    expect(statuses().keys).toBe(0);
  });

  test('interleaving 6, an ignored hint: the immediate repeat passes', () => {
    host.waiting(2, 50);
    host.advance(10);
    const [first] = host.requests();
    host.answer([{ target: normal(2), ignored: key(50) }], { inReplyTo: first?.seq ?? 0 });
    host.waiting(2, 50);
    host.advance(10);
    expect(sent(host)).toEqual([[2, Stage.WAITING]]);
    expect(statuses().suppressed).toEqual({ pending: 0, reserved: 0, outstanding: 0 });
  });

  test('interleaving 6, the hint crosses a queued resend: the repeat is represented by it', () => {
    host.waiting(2, 50);
    host.advance(10);
    host.requests();
    host.context.full.add(MAINTAINER);
    host.advance(1300);
    host.answer([{ target: normal(2), ignored: key(50) }]);
    host.waiting(2, 50);
    expect(statuses().suppressed.reserved).toBe(1);
    host.room(MAINTAINER);
    expect(sent(host)).toEqual([[2, Stage.WAITING]]);
    expect(statuses().outstanding).toBe(1);
  });

  test('a hint for the sync point at the same ts clears nothing of the DDL', () => {
    host.waiting(2, 50);
    host.advance(10);
    host.answer([{ target: normal(2), ignored: key(50, true) }]);
    expect(statuses().outstanding).toBe(1);
  });

  test('interleaving 7, an action settles the WAITING of its event, whomever it is for', () => {
    for (const target of [normal(2, 3), { type: 'all' }, { type: 'db', schemaId: 1 }] as const) {
      host.waiting(2, 50);
      host.waiting(4, 60);
      host.advance(10);
      host.requests();
      expect(statuses().outstanding).toBe(2);
      host.answer([{ target, action: { action: 1, key: key(50) } }]);
      expect(statuses().outstanding).toBe(1);
      host.waiting(2, 50);
      host.advance(10);
      expect(sent(host)).toEqual([[2, Stage.WAITING]]);
      host.ack(50, [2]);
      host.ack(60, [4]);
    }
  });

  test('interleaving 7, who is asked again is answered for: a lost DONE is sent at once, and stays outstanding until the reply', () => {
    // A dispatcher whose resolved ts is still below the event ignores the repeated action (D-37): nobody else would answer.
    for (const target of [normal(3), { type: 'all' }, { type: 'db', schemaId: 1 }] as const) {
      host.done(3, 50);
      host.advance(5000);
      host.requests();
      host.answer([{ target, action: { action: 0, key: key(50) } }]);
      host.advance(20);
      const [again] = host.requests();
      expect(again && rowsOf(again)).toMatchObject([{ handle: 3, ts: 50n, stage: Stage.DONE }]);
      expect(statuses().outstanding).toBe(1);
      host.done(3, 50);
      host.advance(20);
      expect(host.requests()).toEqual([]);
      host.answer([], { inReplyTo: again?.seq ?? 0 });
      expect(statuses().keys).toBe(0);
    }
  });

  test('interleaving 9, the ack of a repeated WAITING crosses the DONE: the DONE is not settled by it', () => {
    host.waiting(2, 50);
    host.advance(10);
    const [waiting] = host.requests();
    host.done(2, 50);
    host.advance(10);
    const [done] = host.requests();
    host.ack(50, [2], waiting?.seq);
    expect(statuses().outstanding).toBe(1);
    host.advance(1300);
    expect(sent(host)).toEqual([[2, Stage.DONE]]);
    host.ack(50, [2], done?.seq);
    expect(statuses().keys).toBe(0);
  });

  test('interleaving 8, DONE supersedes an outstanding WAITING, and a queued resend of it stays ahead', () => {
    host.waiting(2, 50);
    host.advance(10);
    host.requests();
    host.context.full.add(MAINTAINER);
    host.advance(1300);
    host.done(2, 50);
    host.advance(10);
    host.room(MAINTAINER);
    const requests = host.requests();
    expect(requests.flatMap((request) => rowsOf(request).map(({ stage }) => stage))).toEqual([Stage.WAITING, Stage.DONE]);
    host.answer([], { inReplyTo: requests[1]?.seq ?? 0 });
    expect(statuses().keys).toBe(0);
    host.advance(20_000);
    expect(host.requests()).toEqual([]);
  });

  test('interleaving 10, removal: nothing of a stopped dispatcher is sent again, nor stays outstanding when a queued one is delivered', () => {
    host.waiting(2, 50);
    host.advance(10);
    host.requests();
    host.context.full.add(MAINTAINER);
    host.waiting(3, 50);
    host.advance(10);
    host.components('worker-1', { handle: 2, state: STOPPED });
    host.components('worker-0', { handle: 3, state: STOPPED });
    host.room(MAINTAINER);
    expect(sent(host)).toEqual([[3, Stage.WAITING]]);
    expect(statuses().keys).toBe(0);
    host.advance(20_000);
    expect(host.requests()).toEqual([]);
  });
});
