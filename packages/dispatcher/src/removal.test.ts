import { ComponentState } from '@tidegate/protocol';
import { describe, expect, test } from 'vitest';
import { added, configOf, ddl, normal, syncPoint } from '../test/builders.js';
import { GroupFixture } from '../test/groupFixture.js';

/** Component statuses Stopped since the last call. */
function stopped(f: GroupFixture): [number, bigint][] {
  return f
    .components()
    .filter(([, state]) => state === ComponentState.STOPPED)
    .map(([handle, , checkpoint]) => [handle, checkpoint]);
}

describe('close (D-48)', () => {
  test('DispatcherClose: refused with an unflushed row, then done with its final checkpoint (D-48)', () => {
    const f = new GroupFixture();
    f.add();
    f.rows(10, 2);
    f.remove(10);
    f.advance(1_000);
    expect([stopped(f), f.view(10).removing]).toEqual([[], true]);
    const wakes = f.wakes;
    f.settleAll('write');
    expect([stopped(f), f.group.view(10)]).toEqual([[[10, 1n]], undefined]);
    expect(f.wakes).toBe(wakes); // D-7: no wake any more
  });

  test('DispatcherClose: a sink that has failed lets everybody go (D-48)', () => {
    const f = new GroupFixture();
    f.add({ handle: 10 });
    f.add({ handle: 11, tableId: 2 });
    f.rows(10, 2);
    f.rows(11, 3);
    f.remove(10);
    expect(stopped(f)).toEqual([]);
    f.settleCall(f.sink.open[1] as (typeof f.sink.open)[number], 'sink-failed');
    expect(stopped(f)).toEqual([[10, 1n]]);
    f.settleCall(f.opened('write')); // late: the row is gone
    expect(f.group.inspect()).toMatchObject({ dispatchers: 1, heldBytes: 0 });
  });

  test('a dispatcher in WAITING can be closed', () => {
    const f = new GroupFixture();
    f.add({ startTs: 4n });
    f.deliver(syncPoint(10n), 10);
    f.remove(10);
    expect([stopped(f), f.group.inspect().events]).toEqual([[[10, 4n]], []]);
  });

  test('ControlsTryClose: refused while an add is unacknowledged; the ACK or a broken sink releases it (D-42)', () => {
    for (const release of ['ack', 'broken'] as const) {
      const f = new GroupFixture();
      f.sink.wakeOn = 'enqueue';
      f.add({ handle: 0 });
      f.add({ handle: 10 });
      f.deliver(ddl(100n, { blockTables: normal(0), adds: [added(7)] }), 0);
      f.resolved(200n);
      expect(f.view(0).checkpointTs).toBe(99n);
      f.remove(0);
      f.advance(1_000);
      expect(stopped(f)).toEqual([]);
      if (release === 'ack') f.ack(0, 100n);
      else {
        f.rows(10, 210);
        f.settleCall(f.opened('write'), 'sink-failed');
      }
      expect(stopped(f)).toEqual([[0, release === 'ack' ? 200n : 99n]]);
    }
  });

  test('its checkpoint no longer follows the lane once removal has begun', () => {
    const f = new GroupFixture();
    f.sink.wakeOn = 'enqueue';
    f.sink.writeOutcome = 'enqueued';
    f.add({ startTs: 5n });
    f.rows(10, 10);
    f.remove(10);
    f.rows(10, 11); // too late for it
    f.resolved(50n);
    f.settleAll('write');
    expect(stopped(f)).toEqual([[10, 9n]]);
  });

  test('a write that has begun is finished, and its DONE goes before Stopped', () => {
    const f = new GroupFixture();
    f.sink.auto.delete('execute');
    f.add();
    f.deliver(ddl(10n, { blockTables: normal(0, 1) }), 10);
    f.posted();
    f.components();
    f.write(10, 10n);
    f.remove(10);
    expect([stopped(f), f.view(10).stage]).toEqual([[], 'WRITING']);
    f.context.full.add('coordinator');
    f.settleAll('execute');
    expect(f.view(10).removing).toBe(true); // the DONE could not be posted yet
    f.context.full.clear();
    f.group.room('coordinator');
    expect([f.posted(), stopped(f)]).toEqual([['DONE 10/10'], [[10, 9n]]]);
  });

  test('a write that waits for its turn is called off before Stopped is told; one that has begun is not (D-48)', () => {
    const f = new GroupFixture({ executorSlots: 1 });
    f.sink.auto.delete('execute');
    for (const handle of [10, 11]) {
      f.add({ handle, tableId: handle });
      f.deliver(ddl(50n, { blockTables: normal(0, handle) }), handle);
      f.write(handle, 50n);
    }
    f.components();
    f.posted();
    f.remove(10);
    f.remove(11);
    expect([stopped(f), f.group.view(11), f.view(10).stage]).toEqual([[[11, 0n]], undefined, 'WRITING']);
    f.settleAll('execute');
    expect([f.sink.count('execute'), f.posted(), stopped(f)]).toEqual([1, ['DONE 10/50'], [[10, 49n]]]);
  });

  test('a DDL that has not begun is not executed any more, and its counts are undone (D-26)', () => {
    const f = new GroupFixture({ executorSlots: 1 });
    f.sink.auto.delete('execute');
    f.add({ handle: 0 });
    f.add({ handle: 10 });
    f.deliver(ddl(90n, { blockTables: normal(1) }), 10);
    f.deliver(ddl(100n, { blockTables: normal(0), adds: [added(7)] }), 0);
    f.remove(0);
    expect(stopped(f)).toEqual([[0, 0n]]);
    f.settleAll('execute');
    expect([f.sink.count('execute'), f.group.inspect().reports]).toEqual([1, 0]);
  });

  test('what waits in its inbox is dropped (D-7)', () => {
    const f = new GroupFixture();
    f.add();
    f.rows(10, 2);
    f.rows(10, 3);
    f.deliver(syncPoint(4n), 10);
    f.remove(10);
    f.settleAll('write');
    expect([stopped(f), f.sink.count('write')]).toEqual([[[10, 1n]], 1]);
    expect(f.group.inspect()).toMatchObject({ heldBytes: 0, events: [] });
  });
});

describe('forced removal: nobody is left to acknowledge (D-42, D-49)', () => {
  test('a blocker does not hold it, and the final checkpoint stays below the add (D-41)', () => {
    const f = new GroupFixture();
    f.add({ handle: 0 });
    for (const ts of [100n, 120n]) f.deliver(ddl(ts, { blockTables: normal(0), adds: [added(Number(ts))] }), 0);
    f.resolved(200n);
    f.remove(0, 1, true);
    expect([stopped(f), f.group.inspect()]).toMatchObject([[[0, 99n]], { dispatchers: 0, reports: 0, events: [] }]);
    f.statuses();
    f.advance(60_000);
    expect(f.posted()).toEqual([]);
  });

  test('a removal that waits for an acknowledgement is ended by a forced one', () => {
    const f = new GroupFixture();
    f.add({ handle: 0 });
    f.deliver(ddl(100n, { blockTables: normal(0), adds: [added(7)] }), 0);
    f.remove(0);
    f.advance(1_000);
    expect(stopped(f)).toEqual([]);
    f.remove(0, 1, true);
    expect(stopped(f)).toEqual([[0, 99n]]);
  });

  test('a held event and an unacknowledged WAITING are given up (D-43)', () => {
    for (const held of [true, false]) {
      const f = new GroupFixture();
      f.add({ handle: 0 });
      if (held) f.deliver(ddl(100n, { blockTables: normal(0), adds: [added(7)] }), 0);
      f.deliver(syncPoint(110n), 0);
      expect(f.view(0).phase).toBe(held ? 'held' : 'parked');
      f.remove(0, 1, true);
      expect([stopped(f), f.group.inspect().events]).toEqual([[[0, held ? 99n : 0n]], []]);
    }
  });

  test('what is with the sink still holds it: a write, its report made and given up with it', () => {
    const f = new GroupFixture();
    f.sink.auto.delete('execute');
    f.add({ handle: 0 });
    f.deliver(ddl(100n, { blockTables: normal(0), adds: [added(7)] }), 0);
    f.remove(0, 1, true);
    expect(stopped(f)).toEqual([]);
    f.settleAll('execute');
    expect([f.posted(), stopped(f), f.group.inspect().reports]).toEqual([['NONE 0/100'], [[0, 99n]], 0]);
  });

  test('unflushed rows hold it too (D-48)', () => {
    const f = new GroupFixture();
    f.add();
    f.rows(10, 5);
    f.remove(10, 1, true);
    expect(stopped(f)).toEqual([]);
    f.settleAll('write');
    expect(stopped(f)).toEqual([[10, 4n]]);
  });
});

describe('removal (D-49)', () => {
  test('of a dispatcher whose write waits for its turn is not held by it: it will not be written here (D-44, D-48)', () => {
    const f = new GroupFixture({ executorSlots: 1 });
    f.sink.auto.delete('syncPoint');
    f.add({ handle: 10 });
    f.add({ handle: 11, tableId: 2 });
    f.deliver(syncPoint(10n), 10);
    f.deliver(syncPoint(12n), 11);
    f.write(10, 10n, true);
    f.write(11, 12n, true);
    f.remove(11);
    expect([stopped(f), f.group.inspect().executor]).toEqual([[[11, 0n]], { running: 1, queued: 0 }]);
    f.settleAll('syncPoint');
    expect([f.view(10).phase, f.sink.count('syncPoint')]).toEqual(['open', 1]);
  });

  test('of an unknown dispatcher still emits Stopped', () => {
    const f = new GroupFixture();
    f.remove(99);
    expect(stopped(f)).toEqual([[99, 0n]]);
  });

  test('of another generation emits Stopped for it and leaves the present one alone', () => {
    const f = new GroupFixture();
    f.add({ generation: 2 });
    f.components();
    f.remove(10, 1);
    expect([stopped(f), f.view(10).removing]).toEqual([[[10, 0n]], false]);
  });

  test('twice is once', () => {
    const f = new GroupFixture();
    f.add();
    f.rows(10, 2);
    f.remove(10);
    f.remove(10);
    f.settleAll('write');
    expect(stopped(f)).toEqual([[10, 1n]]);
  });

  test('a handle comes again under the next generation, while the old one still closes', () => {
    const f = new GroupFixture();
    f.add();
    f.rows(10, 2);
    f.add({ generation: 2, startTs: 50n });
    expect(f.view(10)).toMatchObject({ generation: 2, checkpointTs: 50n });
    f.rows(10, 60); // addressed to generation 1: late
    expect([f.sink.count('write'), f.context.counters.get('dispatcher.late-messages')]).toEqual([1, 1]);
    f.components();
    f.settleAll('write');
    expect(stopped(f)).toEqual([[10, 1n]]);
    expect(f.view(10).generation).toBe(2);
  });

  test('rows of the table are taken again', () => {
    const f = new GroupFixture();
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < 100; i++) f.add({ handle: 10 + i, tableId: i + 1, generation: round + 1 });
      f.deliver(syncPoint(BigInt(round + 1)));
      expect(f.statuses()).toHaveLength(100);
      for (let i = 0; i < 100; i++) f.remove(10 + i, round + 1);
      expect(f.group.inspect()).toMatchObject({ dispatchers: 0, events: [] });
    }
  });

  test('late messages for a removed dispatcher are dropped and counted', () => {
    const f = new GroupFixture();
    f.add();
    f.remove(10);
    f.rows(10, 5);
    f.deliver(syncPoint(6n), 10);
    f.start(configOf());
    expect([f.sink.calls, f.posted(), f.context.counters.get('dispatcher.late-messages')]).toEqual([[], [], 3]);
  });
});
