import { ComponentState } from '@tidegate/protocol';
import { describe, expect, test } from 'vitest';
import { configOf, ddl, normal, syncPoint } from '../test/builders.js';
import { GroupFixture } from '../test/groupFixture.js';

describe('22.8: statuses on a full lane (L-7, L-8)', () => {
  test('posting stops where the lane is full and goes on in order; nothing is lost or doubled', () => {
    const f = new GroupFixture({}, { recordCapacity: 4 });
    const handles = Array.from({ length: 10 }, (_, i) => 10 + i);
    for (const handle of handles) f.add({ handle, tableId: handle });
    f.deliver(syncPoint(5n));
    const taken: string[] = [];
    const sizes: number[] = [];
    for (let posted = f.posted(); posted.length > 0; posted = f.posted()) {
      sizes.push(posted.length);
      taken.push(...posted);
      f.group.room('coordinator');
    }
    expect(sizes).toEqual([4, 4, 2]);
    expect(taken).toEqual(handles.map((handle) => `WAITING ${handle}/5s`));
  });

  test('facts precede each burst, and are not repeated while the lane stays full (T-A)', () => {
    const f = new GroupFixture({}, { recordCapacity: 2 });
    for (const handle of [10, 11, 12]) f.add({ handle, tableId: handle });
    f.deliver(syncPoint(5n));
    expect([f.facts().length, f.posted().length]).toEqual([1, 2]);
    f.context.full.add('coordinator');
    f.group.room('coordinator');
    f.group.room('coordinator');
    expect(f.facts()).toEqual([]);
    f.context.full.clear();
    f.group.room('coordinator');
    expect([f.facts().length, f.posted()]).toEqual([1, ['WAITING 12/5s']]);
  });

  test('a WAITING that was not posted when its action came is replaced by the DONE', () => {
    const f = new GroupFixture();
    f.add();
    f.context.full.add('coordinator');
    f.deliver(syncPoint(5n));
    f.pass(10, 5n, true);
    f.context.full.clear();
    f.group.room('coordinator');
    expect(f.posted()).toEqual(['DONE 10/5s']);
  });

  test('DONE of the event behind precedes WAITING of the next, also of two events on a full lane', () => {
    const f = new GroupFixture();
    f.add();
    f.deliver(syncPoint(5n));
    f.posted();
    f.context.full.add('coordinator');
    f.pass(10, 5n, true);
    f.deliver(syncPoint(6n));
    f.pass(10, 6n, true);
    f.deliver(syncPoint(7n));
    f.context.full.clear();
    f.group.room('coordinator');
    expect(f.posted()).toEqual(['DONE 10/5s', 'DONE 10/6s', 'WAITING 10/7s']);
  });

  test('DONEs go out in the order in which they came to be owed, each for its own event, also where rows are neighbours (L-7)', () => {
    const f = new GroupFixture({}, { recordCapacity: 3 });
    const handles = [10, 11, 12, 13, 14, 15];
    for (const handle of handles) f.add({ handle, tableId: handle });
    f.deliver(syncPoint(5n), 10, 11, 12);
    f.deliver(syncPoint(7n), 13, 14, 15);
    const reported: string[] = [];
    for (let posted = f.posted(); posted.length > 0; posted = f.posted()) {
      reported.push(...posted);
      f.group.room('coordinator');
    }
    f.context.full.add('coordinator');
    for (const handle of [10, 11, 12, 13, 15, 14]) f.pass(handle, handle < 13 ? 5n : 7n, true);
    f.context.full.clear();
    const done: string[] = [];
    f.group.room('coordinator');
    for (let posted = f.posted(); posted.length > 0; posted = f.posted()) {
      done.push(...posted);
      f.group.room('coordinator');
    }
    expect([reported.length, done]).toEqual([
      6,
      ['DONE 10/5s', 'DONE 11/5s', 'DONE 12/5s', 'DONE 13/7s', 'DONE 15/7s', 'DONE 14/7s'],
    ]);
  });

  test('answers to old actions are bounded: beyond the bound they are dropped and counted', () => {
    const f = new GroupFixture({ maxOldAnswers: 3 });
    f.add();
    f.resolved(100n);
    f.context.full.add('coordinator');
    for (let ts = 1n; ts <= 5n; ts++) f.pass(10, ts);
    f.context.full.clear();
    f.group.room('coordinator');
    expect(f.posted()).toEqual(['DONE 10/1a', 'DONE 10/2a', 'DONE 10/3a']);
    expect(f.context.counters.get('dispatcher.old-answers-dropped')).toBe(2);
  });

  test('repetitions while the lane is full do not pile up', () => {
    const f = new GroupFixture();
    f.add();
    f.context.full.add('coordinator');
    f.deliver(syncPoint(5n));
    f.advance(60_000);
    f.context.full.clear();
    f.group.room('coordinator');
    expect(f.posted()).toEqual(['WAITING 10/5s']);
  });

  test('statuses wait for the component statuses before them', () => {
    const f = new GroupFixture();
    f.context.full.add('coordinator');
    f.add();
    f.deliver(syncPoint(5n));
    expect([f.context.sent, f.posted()]).toEqual([[], []]);
    f.context.full.clear();
    f.group.room('coordinator');
    expect(f.context.sent.map((entry) => (entry.message as { type: string }).type)).toEqual(['component-statuses', 'facts']);
    expect(f.components().map(([, state]) => state)).toEqual([ComponentState.INITIALIZING, ComponentState.WORKING]);
    expect(f.posted()).toEqual(['WAITING 10/5s']);
  });

  test('redo statuses carry their mode', () => {
    const f = new GroupFixture({}, { redo: true });
    f.add({ mode: 1 });
    f.deliver(ddl(5n, { blockTables: normal(0, 1) }));
    expect(f.statuses()).toMatchObject([{ stage: 'WAITING', redo: true }]);
    expect(f.messages('facts')).toMatchObject([{ mode: 1 }]);
  });
});

describe('component statuses', () => {
  test('Initializing on create, Working on the first usable event, with the checkpoint (D-2)', () => {
    const f = new GroupFixture();
    f.sink.wakeOn = 'enqueue';
    f.sink.writeOutcome = 'enqueued';
    const config = configOf({ startTs: 100n });
    f.create(config);
    expect(f.components()).toEqual([[10, ComponentState.INITIALIZING, 100n]]);
    f.start(config, 90n);
    f.rows(10, 100);
    expect(f.components()).toEqual([]); // neither the mark below the start ts nor a row at it
    f.rows(10, 101);
    expect(f.components()).toEqual([[10, ComponentState.WORKING, 99n]]); // the row at 100 is not flushed
  });

  test('a mark or a sync point at the start ts is enough, a DDL must lie above it (D-2)', () => {
    for (const [deliver, expected] of [
      [(f: GroupFixture) => f.resolved(100n), true],
      [(f: GroupFixture) => f.deliver(syncPoint(100n), 10), true],
      [(f: GroupFixture) => f.deliver(ddl(101n, { blockTables: normal(0, 1) }), 10), true],
      [(f: GroupFixture) => f.resolved(99n), false],
      [(f: GroupFixture) => f.deliver(ddl(100n, { blockTables: normal(0, 1) }), 10), false],
    ] as const) {
      const f = new GroupFixture();
      const config = configOf({ startTs: 100n });
      f.create(config);
      f.start(config, 90n);
      deliver(f);
      expect(f.view(10).state === ComponentState.WORKING).toBe(expected);
    }
  });

  test('many at once are cut into messages that fit a lane', () => {
    const f = new GroupFixture();
    f.create(...Array.from({ length: 10_000 }, (_, i) => configOf({ handle: 10 + i, tableId: i })));
    const sizes = f
      .messages<{ type: string; statuses: { handle: Uint32Array } }>('component-statuses')
      .map((m) => m.statuses.handle.length);
    expect(sizes).toEqual([...Array.from({ length: 9 }, () => 1_024), 784]);
  });

  test('a repeated create is counted and changes nothing (F-9, H-3)', () => {
    const f = new GroupFixture();
    f.add();
    f.rows(10, 5);
    f.components();
    f.create(configOf());
    expect([f.components(), f.view(10).unflushed, f.group.inspect().created]).toEqual([[], 1, 2]);
  });

  test('a redo dispatcher without a redo sink is refused with an error and Stopped', () => {
    const f = new GroupFixture();
    f.create(configOf({ mode: 1, startTs: 5n }));
    expect([f.errors(), f.components()]).toEqual([['DISPATCHER_NO_REDO_SINK'], [[10, ComponentState.STOPPED, 5n]]]);
  });
});
