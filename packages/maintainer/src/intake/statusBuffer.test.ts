import { ComponentState, type ComponentStatuses, type HeartbeatRequest } from '@tidegate/protocol';
import { describe, expect, it } from 'vitest';
import { done, facts, requestOf, waiting } from '../testing/requests.js';
import { StatusBuffer } from './statusBuffer.js';

const event = facts(10n, { type: 'all' });
const task = (handle: number) => ({ handle, generation: 1 });

function columns(...rows: readonly [handle: number, state: number, checkpointTs: bigint][]): ComponentStatuses {
  return {
    handle: Uint32Array.from(rows, ([handle]) => handle),
    generation: Uint32Array.from(rows, () => 1),
    state: Uint8Array.from(rows, ([, state]) => state),
    mode: new Uint8Array(rows.length),
    checkpointTs: BigUint64Array.from(rows, ([, , checkpointTs]) => checkpointTs),
  };
}

const heartbeat = (from: string, rest: Partial<HeartbeatRequest> = {}): HeartbeatRequest => ({
  type: 'heartbeat',
  from,
  epoch: 1,
  complete: false,
  ...rest,
});

function drained(buffer: StatusBuffer): { order: string[]; heartbeats: HeartbeatRequest[] } {
  const order: string[] = [];
  const heartbeats: HeartbeatRequest[] = [];
  buffer.drain({
    heartbeat: (one) => {
      order.push(`heartbeat ${one.from}`);
      heartbeats.push(one);
    },
    confirmed: (from, confirm) => order.push(`confirmed ${from} ${confirm}`),
    statuses: (request) => order.push(`statuses ${request.from} ${request.handle.join()}`),
    settled: (from, _mode, seq) => order.push(`settled ${from} ${seq}`),
    redo: (from, resolvedTs) => order.push(`redo ${from} ${resolvedTs}`),
  });
  return { order, heartbeats };
}

describe('status buffer (T-H)', () => {
  it('keeps what comes before the maintainer is ready, once per key, and owes a reply to what it suppressed whole', () => {
    const buffer = new StatusBuffer(1_000);
    buffer.offerStatuses(requestOf('a', [waiting(task(2), event), waiting(task(3), event)], { seq: 1 }));
    buffer.offerStatuses(requestOf('a', [waiting(task(2), event)], { seq: 2 }));
    expect(buffer.size).toBe(2);
    expect(drained(buffer).order).toEqual(['statuses a 2,3', 'settled a 2']);
    expect([buffer.size, drained(buffer).order]).toEqual([0, []]);
  });

  it('a status never overtakes a heartbeat of the same sender', () => {
    const buffer = new StatusBuffer(1_000);
    buffer.offerStatuses(requestOf('a', [waiting(task(2), event)]));
    buffer.offerHeartbeat(heartbeat('a'));
    buffer.offerStatuses(requestOf('a', [done(task(2), event)]));
    expect(drained(buffer).order).toEqual(['heartbeat a', 'statuses a 2', 'statuses a 2']);
  });

  it('confirms merged heartbeats that asked for it after they were handed out, each once, unless something of them was dropped (K-9)', () => {
    const buffer = new StatusBuffer(2);
    buffer.offerHeartbeat(heartbeat('a', { confirm: 4, statuses: columns([2, 1, 10n]) }));
    buffer.offerHeartbeat(heartbeat('a'));
    buffer.offerHeartbeat(heartbeat('a', { confirm: 4, statuses: columns([2, 1, 10n]) }));
    buffer.offerHeartbeat(heartbeat('a', { confirm: 5, statuses: columns([3, 1, 10n]) }));
    expect(drained(buffer).order).toEqual(['heartbeat a', 'confirmed a 4', 'confirmed a 5']);
    buffer.offerHeartbeat(heartbeat('a', { confirm: 6, statuses: columns([2, 1, 10n], [3, 1, 10n], [4, 1, 10n]) }));
    buffer.offerHeartbeat(heartbeat('a'));
    expect(drained(buffer).order).toEqual(['heartbeat a']);
    buffer.offerHeartbeat(heartbeat('a', { confirm: 6, statuses: columns([2, 1, 10n], [3, 1, 10n], [4, 1, 10n]) }));
    expect(drained(buffer).order).toEqual(['heartbeat a', 'confirmed a 6']);
  });

  it('forwards a heartbeat whose only content is the complete flag', () => {
    const buffer = new StatusBuffer(1_000);
    buffer.offerHeartbeat(heartbeat('a', { complete: true }));
    expect(drained(buffer).heartbeats).toEqual([heartbeat('a', { complete: true })]);
    buffer.offerHeartbeat(heartbeat('a'));
    buffer.offerHeartbeat(heartbeat('a', { complete: true }));
    expect(drained(buffer).heartbeats).toEqual([heartbeat('a', { complete: true })]);
  });

  it('keeps transitions of a dispatcher in order; only equal repeats coalesce', () => {
    const buffer = new StatusBuffer(1_000);
    const { STOPPED, WORKING } = ComponentState;
    buffer.offerHeartbeat(heartbeat('a', { statuses: columns([2, WORKING, 5n], [3, STOPPED, 1n]) }));
    buffer.offerHeartbeat(heartbeat('a', { statuses: columns([2, WORKING, 7n], [2, STOPPED, 8n]) }));
    buffer.offerHeartbeat(heartbeat('a', { statuses: columns([2, WORKING, 9n], [3, STOPPED, 1n]) }));
    const statuses = drained(buffer).heartbeats[0]?.statuses;
    expect([...(statuses?.handle ?? [])]).toEqual([2, 3, 2, 2]);
    expect([...(statuses?.state ?? [])]).toEqual([WORKING, STOPPED, STOPPED, WORKING]);
    expect([...(statuses?.checkpointTs ?? [])]).toEqual([7n, 1n, 8n, 9n]);
  });

  it('merges watermarks by sequence and checkpoint, and keeps the first error (E-5, H-7)', () => {
    const buffer = new StatusBuffer(1_000);
    const mark = (checkpointTs: bigint, seq: number, lastSyncedTs: bigint) => ({
      checkpointTs,
      resolvedTs: checkpointTs,
      seq,
      lastSyncedTs,
    });
    const error = (code: string) => ({ time: 0, host: 'a', code, message: '' });
    buffer.offerHeartbeat(heartbeat('a', { watermark: mark(100n, 3, 1n), error: error('FIRST') }));
    buffer.offerHeartbeat(heartbeat('a', { watermark: mark(90n, 4, 9n) }));
    buffer.offerHeartbeat(heartbeat('a', { watermark: mark(95n, 3, 20n), error: error('SECOND') }));
    expect(drained(buffer).heartbeats[0]).toMatchObject({ watermark: mark(90n, 4, 20n), error: { code: 'FIRST' } });
  });

  it('a complete list of which something was dropped at the bound is none: whom it leaves out is not missing (H-1, T-H)', () => {
    const buffer = new StatusBuffer(1);
    buffer.offerHeartbeat(heartbeat('a', { complete: true, statuses: columns([2, 0, 1n], [3, 0, 1n]) }));
    buffer.offerHeartbeat(heartbeat('a'));
    const [merged] = drained(buffer).heartbeats;
    expect([merged?.complete, [...(merged?.statuses?.handle ?? [])], buffer.refused]).toEqual([false, [2], 1]);
  });

  it('passes a single heartbeat as it is', () => {
    const buffer = new StatusBuffer(1_000);
    const one = heartbeat('a', { complete: true, statuses: columns([2, 0, 1n]) });
    buffer.offerHeartbeat(one);
    expect(drained(buffer).heartbeats[0]).toBe(one);
  });

  it('frees its keys when a handler throws, and when it is discarded (G-6)', () => {
    const buffer = new StatusBuffer(1_000);
    buffer.offerStatuses(requestOf('a', [waiting(task(2), event)]));
    const boom = (): never => {
      throw new Error('boom');
    };
    expect(() => buffer.drain({ heartbeat: boom, confirmed: boom, statuses: boom, settled: boom, redo: boom })).toThrow('boom');
    expect(buffer.size).toBe(0);
    buffer.offerStatuses(requestOf('a', [waiting(task(2), event)]));
    buffer.discard();
    expect([buffer.size, drained(buffer).order]).toEqual([0, []]);
  });

  it('holds at most one less than its capacity and one request, and no more requests than that, whatever they hold', () => {
    const buffer = new StatusBuffer(3);
    const offer = (...handles: number[]) =>
      buffer.offerStatuses(
        requestOf(
          'h1',
          handles.map((each) => waiting(task(each), event)),
        ),
      );
    offer(1, 2);
    offer(3, 4, 5, 6);
    offer(7);
    expect([buffer.size, buffer.most, buffer.refused]).toEqual([6, 6, 1]);
    drained(buffer);
    for (let i = 0; i < 5; i++) offer(0x100_0000);
    expect([buffer.size, buffer.most, buffer.refused]).toEqual([0, 6, 3]);
    expect(drained(buffer).order).toHaveLength(3);
    offer(8);
    expect(buffer.size).toBe(1);
  });

  it('takes a request whole or, at its bound, not at all: a reply must not settle what was left out (T-I)', () => {
    const buffer = new StatusBuffer(3);
    buffer.offerStatuses(
      requestOf(
        'a',
        [2, 3].map((handle) => waiting(task(handle), event)),
        { seq: 1 },
      ),
    );
    buffer.offerStatuses(
      requestOf(
        'a',
        [4, 5, 6].map((handle) => waiting(task(handle), event)),
        { seq: 2 },
      ),
    );
    buffer.offerStatuses(
      requestOf(
        'a',
        [7].map((handle) => waiting(task(handle), event)),
        { seq: 3 },
      ),
    );
    expect([buffer.size, buffer.refused]).toEqual([5, 1]);
    expect(drained(buffer).order).toEqual(['statuses a 2,3', 'statuses a 4,5,6']);
  });

  it('redo progress: the largest of each host, after what else it reported (K-11)', () => {
    const buffer = new StatusBuffer(1_000);
    for (const [from, resolvedTs] of [
      ['a', 5n],
      ['b', 3n],
      ['a', 9n],
      ['a', 7n],
    ] as const) {
      buffer.offerRedoProgress({ type: 'redo-progress', from, epoch: 1, resolvedTs });
    }
    buffer.offerStatuses(requestOf('a', [waiting(task(2), event)]));
    expect(drained(buffer).order).toEqual(['statuses a 2', 'redo a 9', 'redo b 3']);
    expect(drained(buffer).order).toEqual([]);
  });

  it('forgets a host that is lost, its keys included (T-9, G-6)', () => {
    const buffer = new StatusBuffer(1_000);
    for (const from of ['a', 'b']) {
      buffer.offerStatuses(requestOf(from, [waiting(task(2), event)]));
      buffer.offerHeartbeat(heartbeat(from));
    }
    buffer.forget('a');
    buffer.forget('stranger');
    expect([buffer.size, drained(buffer).order]).toEqual([1, ['heartbeat b', 'statuses b 2']]);
  });
});
