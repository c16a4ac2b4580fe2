import { hasScheduleChanges } from '@tidegate/protocol';
import { describe, expect, test } from 'vitest';
import { added, ddl, HALF, normal } from '../test/builders.js';
import { handleEvents, partialFlush, uncompleteTableSpan } from '../test/dispatcherScripts.js';
import { GroupFixture } from '../test/groupFixture.js';

const T0 = 0;
const ORDINARY = 10;

test('HasTableScheduleChanges (D-24)', () => {
  const cases = [
    [{}, false],
    [{ adds: [] }, false],
    [{ adds: [added(1)] }, true],
    [{ drops: normal() }, false],
    [{ drops: normal(1) }, true],
    [{ drops: { type: 'db', schemaId: 1 } }, true],
    [{ drops: { type: 'all' } }, true],
  ] as const;
  expect(cases.map(([given]) => hasScheduleChanges(ddl(1n, given)))).toEqual(cases.map(([, expected]) => expected));
});

test('DispatcherHandleEvents, steps 1 to 8 (D-4, D-15, D-18, D-24, D-30, D-35)', () => handleEvents(0));

test('UncompleteTableSpan: a split span blocks even at a DDL of T0 alone (D-18)', () => uncompleteTableSpan(0));

test('DispatcherHandleEvents, step 9: wakes after the last row of the batch is enqueued, without any flush (D-6, D-9)', () => {
  const f = new GroupFixture();
  f.sink.wakeOn = 'enqueue';
  f.add();
  f.rows(ORDINARY, 100); // keeps the stream busy, so that the next three make one batch
  for (const ts of [110, 111, 112]) f.rows(ORDINARY, ts);
  f.settleCall(f.opened('write'), 'sink-enqueued');
  const before = f.wakes;
  const batch = f.sink.open.slice(1);
  expect(batch.map((call) => call.ts)).toEqual([[110n], [111n], [112n]]);
  for (const [index, call] of batch.entries()) {
    expect(f.wakes).toBe(before);
    expect(f.view(ORDINARY).phase).toBe('rows');
    f.settleCall(call, 'sink-enqueued');
    expect(f.view(ORDINARY).phase).toBe(index === 2 ? 'open' : 'rows');
  }
  expect(f.wakes).toBe(before + 1);
  expect([f.sink.count('flush'), f.view(ORDINARY).unflushed]).toEqual([0, 4]);
});

test('BlockingDDLFlushBeforeWaitingAndWriteDoesNotFlushAgain (D-20, D-21, D-35)', () => {
  const f = new GroupFixture({ flushIdle: true });
  f.sink.auto.delete('flush');
  f.add({ range: HALF });
  f.deliver(ddl(10n, { blockTables: normal(1) }), ORDINARY);
  expect(f.sink.count('flush')).toBe(1);
  f.advance(200);
  expect([f.view(ORDINARY).stage, f.posted()]).toEqual(['NONE', []]);
  f.settleCall(f.opened('flush'));
  expect(f.posted()).toEqual(['WAITING 10/10']);
  expect(f.view(ORDINARY)).toMatchObject({ stage: 'WAITING', event: { commitTs: 10n, isSyncPoint: false } });
  f.sink.auto.delete('execute');
  f.write(ORDINARY, 10n);
  expect([f.view(ORDINARY).stage, f.posted()]).toEqual(['WRITING', []]);
  f.settleCall(f.opened('execute'));
  expect([f.view(ORDINARY).stage, f.posted(), f.sink.count('flush')]).toEqual(['NONE', ['DONE 10/10'], 1]);
});

test('WAITING needs every write confirmed, not only the flush returned (D-20)', () => {
  const f = new GroupFixture();
  f.sink.wakeOn = 'enqueue';
  f.sink.writeOutcome = 'enqueued';
  f.add();
  f.rows(ORDINARY, 5);
  f.deliver(ddl(10n, { blockTables: normal(T0, 1) }), ORDINARY);
  expect([f.sink.count('flush'), f.posted()]).toEqual([1, []]);
  f.settleCall(f.opened('write'));
  expect(f.posted()).toEqual(['WAITING 10/10']);
});

test('BatchDMLEventsPartialFlush: part of a batch flushed does not wake (D-9)', () => partialFlush(0));

describe('SkipDMLAsStartTs (D-10)', () => {
  test('SkipDMLAsStartTs_FilterCorrectly: start ts 99: 99 passes, 100 is dropped, 101 passes (D-10)', () => {
    const f = new GroupFixture();
    f.sink.auto.add('write');
    f.add({ startTs: 99n, skipDmlAsStartTs: true });
    for (const ts of [99, 100, 101]) f.rows(ORDINARY, ts);
    expect(f.sink.calls.map((call) => call.ts)).toEqual([[99n], [101n]]);
    expect(f.view(ORDINARY).checkpointTs).toBe(100n);
  });

  test('SkipDMLAsStartTs_Disabled: 100 passes (D-10)', () => {
    const f = new GroupFixture();
    f.sink.auto.add('write');
    f.add({ startTs: 99n });
    f.rows(ORDINARY, 100);
    expect(f.sink.calls.map((call) => call.ts)).toEqual([[100n]]);
  });

  test('a DDL at start ts + 1 is kept', () => {
    const f = new GroupFixture();
    f.add({ startTs: 99n, skipDmlAsStartTs: true });
    f.deliver(ddl(100n, { blockTables: normal(T0, 1) }), ORDINARY);
    expect(f.posted()).toEqual(['WAITING 10/100']);
  });
});

describe('stale events (D-4)', () => {
  test('rows and block events strictly below the resolved ts are dropped, equal ones are taken', () => {
    const f = new GroupFixture();
    f.sink.auto.add('write');
    f.add({ startTs: 50n });
    f.rows(ORDINARY, 49, 50);
    expect(f.sink.calls.map((call) => call.ts)).toEqual([[50n]]);
    f.deliver(ddl(49n, { blockTables: normal(T0, 1) }), ORDINARY);
    expect(f.posted()).toEqual([]);
    f.deliver(ddl(50n, { blockTables: normal(T0, 1) }), ORDINARY);
    expect(f.posted()).toEqual(['WAITING 10/50']);
  });
});

describe('events with an error (D-11)', () => {
  test('go to the error path and the stream stays closed', () => {
    const f = new GroupFixture();
    f.add();
    f.deliver(ddl(5n, { blockTables: normal(T0), error: 'cannot be classified' }), ORDINARY);
    f.rows(ORDINARY, 6);
    expect(f.errors()).toEqual(['DISPATCHER_SOURCE_EVENT']);
    expect([f.view(ORDINARY).phase, f.sink.calls]).toEqual(['failed', []]);
  });

  test('one error is sent, later ones are counted only (D-12)', () => {
    const f = new GroupFixture();
    f.add({ handle: 10 });
    f.add({ handle: 11, tableId: 2 });
    f.deliver(ddl(5n, { blockTables: normal(T0), error: 'first' }), 10);
    f.deliver(ddl(6n, { blockTables: normal(T0), error: 'second' }), 11);
    expect([f.errors(), f.context.counters.get('dispatcher.errors')]).toEqual([['DISPATCHER_SOURCE_EVENT'], 2]);
  });

  test('an error that is refused is sent when there is room', () => {
    const f = new GroupFixture();
    f.add();
    f.context.full.add('coordinator');
    f.deliver(ddl(5n, { blockTables: normal(T0), error: 'x' }), ORDINARY);
    f.context.full.clear();
    f.group.room('coordinator');
    expect(f.errors()).toEqual(['DISPATCHER_SOURCE_EVENT']);
  });
});

test('DDL flagged not to be synchronised takes part and is not written (D-28, M-4)', () => {
  const f = new GroupFixture();
  f.add();
  f.deliver(ddl(5n, { blockTables: normal(T0, 1), notToSync: true }), ORDINARY);
  f.write(ORDINARY, 5n);
  f.deliver(ddl(6n, { blockTables: normal(T0), notToSync: true }), ORDINARY);
  expect([f.posted(), f.sink.count('execute')]).toEqual([['WAITING 10/5', 'DONE 10/5'], 0]);
  expect(f.view(ORDINARY).checkpointTs).toBe(5n);
  expect(f.group.inspect().lastSyncedTs).toBe(0n); // D-16: not by a pass
});

test('rename across schemas: the schema changes on delivery, on every path (D-29)', () => {
  const f = new GroupFixture();
  f.add({ schemaId: 1 });
  const change = { tableId: 1, oldSchemaId: 1, newSchemaId: 2 };
  f.deliver(ddl(5n, { blockTables: normal(T0, 1), schemaChanges: [change] }), ORDINARY);
  expect(f.view(ORDINARY)).toMatchObject({ schemaId: 2, stage: 'WAITING' });
  f.pass(ORDINARY, 5n);
  f.deliver(ddl(6n, { schemaChanges: [change] }), ORDINARY); // its old schema is 2 by now
  expect([f.view(ORDINARY).schemaId, f.context.logs.map((log) => log.level)]).toEqual([2, ['warn']]);
});

test('rows after a DDL carry the table as the DDL left it, rows before it as it was', () => {
  const f = new GroupFixture();
  f.sink.auto.add('write');
  f.add();
  f.rows(ORDINARY, 4);
  f.deliver(
    ddl(5n, { blockTables: normal(T0, 1), tables: [{ tableId: 1, schemaId: 1, schema: 's1', table: 'renamed', version: 5n }] }),
  );
  f.rows(ORDINARY, 6);
  f.pass(ORDINARY, 5n);
  const writes = f.sink.calls.filter((call) => call.kind === 'write');
  expect(writes.map((call) => [call.table?.table, call.table?.version])).toEqual([
    ['t1', 1n],
    ['renamed', 5n],
  ]);
});
