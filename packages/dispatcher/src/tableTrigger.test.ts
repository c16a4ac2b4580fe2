import { describe, expect, test } from 'vitest';
import { added, ddl, normal, syncPoint } from '../test/builders.js';
import { GroupFixture } from '../test/groupFixture.js';
import { InvariantError } from './errors.js';
import { TriggerState } from './trigger.js';

const T0 = 0;
const TRIGGER = 0;

function createTable(ts: bigint, tableId = 7): ReturnType<typeof ddl> {
  return ddl(ts, { blockTables: normal(T0), adds: [added(tableId)] });
}

describe('hold (D-43)', () => {
  test('HoldBlockEventUntilNoResendTasks: DB waits until every report is acknowledged (D-43)', () => {
    const f = new GroupFixture({ flushIdle: true });
    f.add({ handle: TRIGGER });
    f.deliver(createTable(10n), TRIGGER);
    expect([f.posted(), f.view(TRIGGER).retries, f.view(TRIGGER).phase]).toEqual([['NONE 0/10'], 1, 'open']);
    expect(f.facts()).toEqual([
      { key: { commitTs: 10n, isSyncPoint: false }, adds: [added(7)], schemaChanges: [], admissions: [] },
    ]);
    f.sink.auto.delete('flush');
    f.deliver(ddl(20n, { blockTables: { type: 'db', schemaId: 1 }, drops: { type: 'db', schemaId: 1 } }), TRIGGER);
    f.advance(200);
    expect([f.posted(), f.view(TRIGGER).phase, f.view(TRIGGER).stage]).toEqual([[], 'held', 'NONE']);
    f.ack(TRIGGER, 10n);
    expect([f.view(TRIGGER).phase, f.sink.open.map((call) => call.kind)]).toEqual(['flushing', ['flush']]);
    f.advance(200);
    expect(f.posted()).toEqual([]);
    f.settleCall(f.opened('flush'));
    expect(f.posted()).toEqual(['WAITING 0/20']);
    expect(f.facts()[0]?.blockTables).toEqual({ type: 'db', schemaId: 1 });
  });

  test('a sync point is held too, a Normal event never', () => {
    const f = new GroupFixture();
    f.add({ handle: TRIGGER });
    f.deliver(createTable(10n), TRIGGER);
    f.deliver(ddl(20n, { blockTables: normal(T0, 7) }), TRIGGER);
    expect(f.posted()).toEqual(['NONE 0/10', 'WAITING 0/20']);
    f.pass(TRIGGER, 20n);
    f.deliver(syncPoint(30n), TRIGGER);
    expect([f.posted(), f.view(TRIGGER).phase]).toEqual([['DONE 0/20'], 'held']);
    f.ack(TRIGGER, 10n);
    expect(f.posted()).toEqual(['WAITING 0/30s']);
  });

  test('an accepted action counts as the acknowledgement of its WAITING, once (W-3)', () => {
    const f = new GroupFixture();
    f.add({ handle: TRIGGER });
    f.deliver(ddl(20n, { blockTables: normal(T0, 7) }), TRIGGER);
    expect(f.view(TRIGGER).trigger?.unacked).toBe(1);
    f.write(TRIGGER, 20n);
    expect(f.view(TRIGGER).trigger?.unacked).toBe(0);
    f.ack(TRIGGER, 20n); // late: no task, no effect
    expect(f.view(TRIGGER).trigger?.unacked).toBe(0);
    f.deliver(syncPoint(30n), TRIGGER);
    expect(f.view(TRIGGER).phase).toBe('parked');
  });

  test('responses for a held event are judged with an empty slot: no DONE (D-21, D-35a)', () => {
    const f = new GroupFixture();
    f.add({ handle: TRIGGER });
    f.resolved(30n); // equal to the event that follows
    f.deliver(createTable(30n), TRIGGER);
    f.deliver(syncPoint(30n), TRIGGER);
    f.posted();
    f.pass(TRIGGER, 30n, true);
    expect([f.posted(), f.view(TRIGGER).phase]).toEqual([[], 'held']);
  });
});

describe('un-acked count and checkpoint blocker', () => {
  test('InstalledBeforeAsyncWrite: both at once on delivery; an early ACK has no effect (D-26, D-39)', () => {
    const f = new GroupFixture({ executorSlots: 1 });
    f.sink.auto.delete('execute');
    f.add({ handle: TRIGGER });
    f.add({ handle: 10 });
    f.deliver(ddl(90n, { blockTables: normal(1) }), 10); // occupies the executor
    f.deliver(createTable(100n), TRIGGER);
    const before = { unacked: 1, blockers: [{ commitTs: 100n, isSyncPoint: false }] };
    expect([f.view(TRIGGER).trigger, f.view(TRIGGER).retries]).toEqual([before, 0]);
    f.ack(TRIGGER, 100n);
    expect(f.view(TRIGGER).trigger).toEqual(before);
    f.settleAll('execute');
    f.settleAll('execute');
    expect([f.posted(), f.view(TRIGGER).retries]).toEqual([['NONE 0/100'], 1]);
    f.ack(TRIGGER, 100n);
    expect(f.view(TRIGGER).trigger).toEqual({ unacked: 0, blockers: [] });
  });

  test('UsesSmallestPendingBlockTs: the cap follows the smallest that remains (D-41)', () => {
    const f = new GroupFixture();
    f.add({ handle: TRIGGER });
    for (const ts of [100n, 120n, 140n]) f.deliver(createTable(ts), TRIGGER);
    f.resolved(200n);
    expect(f.view(TRIGGER).checkpointTs).toBe(99n);
    f.ack(TRIGGER, 120n);
    expect([f.view(TRIGGER).trigger?.blockers.length, f.view(TRIGGER).checkpointTs]).toEqual([2, 99n]);
    f.ack(TRIGGER, 100n);
    expect([f.view(TRIGGER).trigger?.blockers.length, f.view(TRIGGER).checkpointTs]).toEqual([1, 139n]);
    f.ack(TRIGGER, 140n);
    expect([f.view(TRIGGER).trigger?.blockers.length, f.view(TRIGGER).checkpointTs]).toEqual([0, 200n]);
  });

  test('the heartbeat carries the cap (K-10)', () => {
    const f = new GroupFixture();
    f.add({ handle: TRIGGER });
    f.deliver(createTable(100n), TRIGGER);
    f.resolved(200n);
    expect(f.heartbeat()).toMatchObject({ checkpointTs: 99n, resolvedTs: 200n });
  });

  test('EmptyAddDropPayloadsDoNotNeedScheduleACK (D-24)', () => {
    const f = new GroupFixture();
    f.add({ handle: TRIGGER });
    f.deliver(ddl(100n, { blockTables: normal(T0), adds: [], drops: normal() }), TRIGGER);
    f.advance(200);
    expect([f.sink.count('execute'), f.wakes, f.posted()]).toEqual([1, 1, []]);
    expect([f.view(TRIGGER).trigger, f.view(TRIGGER).retries]).toEqual([{ unacked: 0, blockers: [] }, 0]);
  });

  test('a DDL that only changes routes is reported by the trigger alone (D-24, N-1)', () => {
    const f = new GroupFixture();
    f.add({ handle: TRIGGER });
    f.add({ handle: 10 });
    const admissions = [{ type: 'release', schema: 's', table: 'v' }] as const;
    f.deliver(ddl(100n, { blockTables: normal(T0), admissions }), TRIGGER, 10);
    expect(f.posted()).toEqual(['NONE 0/100']);
    expect(f.facts()).toMatchObject([{ admissions }]);
  });

  test('facts of others at a DDL that changes routes say that they lack that (N-1)', () => {
    const f = new GroupFixture();
    f.add({ handle: TRIGGER });
    f.add({ handle: 10 });
    const event = ddl(100n, { blockTables: normal(T0, 10), admissions: [{ type: 'release', schema: 's', table: 'v' }] });
    f.deliver(event, 10);
    f.deliver(event, TRIGGER);
    const told = f.messages<{ type: string; lacksAdmissions?: boolean; facts: { admissions: unknown[] } }>('facts');
    expect(told.map(({ facts, lacksAdmissions }) => [facts.admissions.length, lacksAdmissions])).toEqual([
      [0, true],
      [1, undefined],
    ]);
  });

  test('what changes routes names the DDL that did so before it; others do not count, nor does anybody but the trigger (N-2)', () => {
    const f = new GroupFixture();
    f.add({ handle: TRIGGER });
    f.add({ handle: 10 });
    const admissions = [{ type: 'release', schema: 's', table: 'v' }] as const;
    f.deliver(ddl(100n, { blockTables: normal(T0), admissions }), TRIGGER);
    f.deliver(createTable(105n), TRIGGER);
    f.deliver(ddl(110n, { blockTables: normal(T0, 10), admissions }), TRIGGER);
    f.deliver(ddl(90n, { admissions }), 10);
    expect(f.facts().map(({ key, admissionsAfter }) => [key.commitTs, admissionsAfter])).toEqual([
      [100n, undefined],
      [105n, undefined],
      [110n, 100n],
    ]);
  });

  test('a failed write undoes the count and the blocker and reports no NONE (D-26)', () => {
    const f = new GroupFixture();
    f.sink.auto.delete('execute');
    f.add({ handle: TRIGGER });
    f.deliver(createTable(100n), TRIGGER);
    f.settleCall(f.opened('execute'), 'sink-failed');
    expect([f.view(TRIGGER).trigger, f.posted(), f.errors()]).toEqual([{ unacked: 0, blockers: [] }, [], ['DISPATCHER_SINK']]);
    expect([f.view(TRIGGER).phase, f.view(TRIGGER).checkpointTs]).toEqual(['failed', 99n]);
  });

  test('a count below zero is a broken invariant', () => {
    expect(() => new TriggerState().uncountReport()).toThrow(InvariantError);
  });
});

test('too many unacknowledged reports hold the next DDL that needs one in its stream', () => {
  const f = new GroupFixture({ maxReports: 2 });
  f.add({ handle: TRIGGER });
  for (const ts of [10n, 20n, 30n, 40n]) f.deliver(createTable(ts), TRIGGER);
  expect([f.posted(), f.view(TRIGGER).phase, f.view(TRIGGER).inbox]).toEqual([['NONE 0/10', 'NONE 0/20'], 'stalled', 1]);
  f.ack(TRIGGER, 20n);
  expect([f.posted(), f.view(TRIGGER).phase]).toEqual([['NONE 0/30'], 'stalled']);
  f.ack(TRIGGER, 10n);
  expect([f.posted(), f.view(TRIGGER).phase]).toEqual([['NONE 0/40'], 'open']);
});

describe('facts of a status (D-23, conformance 1)', () => {
  test('WaitingBlockStatusClonesMutableMetadata (D-23)', () => {
    const f = new GroupFixture();
    f.add({ handle: TRIGGER });
    const tableIds = [0, 1, 2];
    const drops = [3, 4];
    const adds = [{ tableId: 11, schemaId: 10, splittable: true }];
    const schemaChanges = [{ tableId: 12, oldSchemaId: 13, newSchemaId: 14 }];
    f.context.full.add('coordinator');
    f.deliver(
      ddl(100n, { blockTables: normal(...tableIds), drops: { type: 'normal', tableIds: drops }, adds, schemaChanges }),
      TRIGGER,
    );
    f.context.full.clear();
    f.group.room('coordinator');
    const [first] = f.facts();
    [tableIds[0], drops[0], adds[0], schemaChanges[0]] = [
      101,
      102,
      { tableId: 103, schemaId: 10, splittable: true },
      { tableId: 12, oldSchemaId: 13, newSchemaId: 104 },
    ];
    f.advance(5_000);
    const [again] = f.facts();
    expect(again).toBe(first); // the same object each time
    expect(again).toMatchObject({
      blockTables: { tableIds: [0, 1, 2] },
      drops: { tableIds: [3, 4] },
      adds: [{ tableId: 11 }],
      schemaChanges: [{ newSchemaId: 14 }],
    });
  });

  test('NoneBlockStatusClonesMutableMetadata (D-23), and NONE names no blocked tables and no schema changes', () => {
    const f = new GroupFixture();
    f.add({ handle: TRIGGER });
    const drops = [5, 6];
    const adds = [added(21, 20)];
    const schemaChanges = [{ tableId: 12, oldSchemaId: 13, newSchemaId: 14 }];
    f.deliver(ddl(200n, { blockTables: normal(T0), drops: { type: 'normal', tableIds: drops }, adds, schemaChanges }), TRIGGER);
    drops[0] = 201;
    adds[0] = added(202, 20);
    f.advance(5_000);
    const [first, again] = f.facts();
    expect(again).toBe(first);
    expect(again).toEqual({
      key: { commitTs: 200n, isSyncPoint: false },
      drops: { type: 'normal', tableIds: [5, 6] },
      adds: [added(21, 20)],
      schemaChanges: [],
      admissions: [],
    });
  });

  test('RouteTableAdmissionsOnlyReportedByTableTrigger (N-1)', () => {
    const f = new GroupFixture();
    const admissions = [{ type: 'admit', schema: 'db2', table: 'p', targetSchema: 't', targetTable: 'p_routed' }] as const;
    f.add({ handle: TRIGGER });
    f.add({ handle: 10 });
    const rename = ddl(5n, { blockTables: normal(T0, 1), admissions });
    f.deliver(rename, 10);
    expect(f.facts()).toMatchObject([{ admissions: [] }]);
    f.deliver(rename, TRIGGER);
    expect(f.facts()).toMatchObject([{ admissions }]);
  });
});
