import { type BlockFacts, Stage } from '@tidegate/protocol';
import { describe, expect, it } from 'vitest';
import type { RouteAdmin } from '../route/routeAdmin.js';
import { TaskState } from '../span/taskState.js';
import { admit, release } from '../testing/admissions.js';
import { BarrierFixture } from '../testing/barrierFixture.js';
import { done, facts, none, type TestDispatcher, waiting } from '../testing/requests.js';

const T0_AND_1 = { type: 'normal', tableIds: [0, 1] } as const;
const RIVAL = [admit('db2.t', 'target.t')];

/** `target.t` belongs to db1.t from the start, unless told otherwise. */
function routed(owners = [admit('db1.t', 'target.t')]): { f: BarrierFixture; admin: RouteAdmin; d1: TestDispatcher } {
  const f = new BarrierFixture({ routes: owners });
  return { f, admin: f.routes as RouteAdmin, d1: f.task(1) };
}

const conflicts = (f: BarrierFixture) => f.told.filter((event) => event.type === 'route-conflict');

function rebuild(f: BarrierFixture, states: readonly [TestDispatcher, Stage, BlockFacts][]): void {
  f.barrier.rebuild(states.map(([{ handle }, stage, of]) => ({ handle, blockState: { stage, facts: of } })));
  f.barrier.settleRebuilt();
}

describe('routes at a barrier', () => {
  it('PrechecksDDLRoute: without admissions an ack, with a conflicting one an error and an empty reply (N-3, B-24)', () => {
    const { f } = routed();
    expect(f.shown(1, [waiting(f.trigger, facts(10n, T0_AND_1))])).toEqual(['node1: ack 10 → 0']);
    const { f: g } = routed();
    expect(g.shown(1, [waiting(g.trigger, facts(10n, T0_AND_1, { admissions: RIVAL }))])).toEqual([]);
    expect(conflicts(g)).toMatchObject([
      { key: { commitTs: 10n }, source: '`db2`.`t`', owner: '`db1`.`t`', target: '`target`.`t`' },
    ]);
  });

  it('RejectsNonblockingRouteConflict: nothing is scheduled, nothing is answered, the error comes once (N-3, B-27)', () => {
    const { f } = routed();
    const create = facts(10n, undefined, { adds: [{ tableId: 9, schemaId: 1, splittable: false }], admissions: RIVAL });
    for (let repeat = 0; repeat < 2; repeat++) expect(f.shown(1, [none(f.trigger, create)])).toEqual([]);
    expect(conflicts(f)).toHaveLength(1);
    expect([f.barrier.size, f.barrier.pendingSchedules, f.count(TaskState.ABSENT)]).toEqual([0, 0, 0]);
    expect(f.barrier.inspect(0).routes?.queue).toMatchObject([{ commitTs: 10n, conflict: { owner: '`db1`.`t`' } }]);
  });

  it('AppliesRecoveredRouteEventBeforeActionResend (N-3)', () => {
    const { f, admin } = routed([admit('db1.t', 'target.t')]);
    const rename = facts(10n, T0_AND_1, { admissions: [release('db1.t'), admit('db1.u', 'target.u')] });
    rebuild(f, [[f.trigger, Stage.DONE, rename]]);
    expect(f.resend()).not.toEqual([]);
    expect(admin.precheck(20n, [admit('db2.u', 'target.u')])).toMatchObject({
      state: 'conflict',
      conflict: { source: '`db2`.`u`', owner: '`db1`.`u`', target: '`target`.`u`' },
    });
    expect(conflicts(f)).toEqual([]);
  });

  it('CommitsForwardedRouteEventBeforeLaterRouteEvent: in the order of keys, the first by forwarding (N-3, B-54, B-60)', () => {
    const { f, admin, d1 } = routed();
    f.table.raiseCheckpoint(d1.handle, 0, 11);
    const early = facts(10n, T0_AND_1, { admissions: [release('db1.t')] });
    const late = facts(20n, { type: 'normal', tableIds: [0, 2] }, { admissions: RIVAL });
    const d2 = f.task(2);
    rebuild(f, [
      [d2, Stage.DONE, late],
      [f.trigger, Stage.WAITING, early],
    ]);
    f.resend();
    expect(conflicts(f)).toEqual([]);
    expect(admin.inspect()).toMatchObject({ appliedTs: 20n, applied: 2, queue: [] });
    expect(admin.precheck(30n, [admit('db3.t', 'target.t')])).toMatchObject({ conflict: { owner: '`db2`.`t`' } });
  });

  it('RejectsRouteConflict: the trigger does not count, nothing is selected, nobody is told to act (B-24)', () => {
    const { f, d1 } = routed();
    const ddl = facts(10n, T0_AND_1, { admissions: RIVAL });
    const withoutRoutes = facts(10n, T0_AND_1);
    expect(f.shown(1, [waiting(d1, withoutRoutes)])).toEqual([`node1: ack 10 → ${d1.handle}`]);
    expect(f.shown(1, [waiting(f.trigger, ddl)])).toEqual([]);
    expect(conflicts(f)).toHaveLength(1);
    expect(f.event(ddl)).toMatchObject({ selected: false, admissions: RIVAL });
    expect(f.event(ddl)?.coverage.covered).toBe(false);
    expect(f.reported(ddl)).toEqual([d1.handle]);
    expect(f.resend(5_000)).toEqual([]);
  });

  it('KeepsBlockedRouteConflict (a): full coverage behind an earlier transition; it stays, and selects once that is applied (N-5)', () => {
    const { f, admin, d1 } = routed();
    const ddl = facts(10n, T0_AND_1, { admissions: [admit('db1.u', 'target.u')] });
    expect(f.shown(1, [waiting(f.trigger, ddl)])).toEqual(['node1: ack 10 → 0']);
    admin.precheck(5n, [release('db1.t')]);
    expect(f.shown(1, [waiting(d1, ddl)])).toEqual([]);
    expect(f.event(ddl)?.coverage.covered).toBe(true);
    expect(f.event(ddl)?.selected).toBe(false);
    expect(f.resend(5_000)).toEqual([]);
    expect(conflicts(f)).toEqual([]);
    expect(f.barrier.inspect(f.now).open[0]?.text).toMatch(/only after those of the DDL at 5/);
    admin.apply(5n, [release('db1.t')]);
    expect(f.resend(100)).toEqual(['node1: write 10 → 0']);
    expect(f.event(ddl)?.writer?.handle).toBe(0);
  });

  it('KeepsBlockedRouteConflict (b): the same with a conflict that the earlier one brought about (N-5)', () => {
    const { f, admin, d1 } = routed([]);
    const ddl = facts(10n, T0_AND_1, { admissions: RIVAL });
    expect(f.shown(1, [waiting(f.trigger, ddl)])).toEqual(['node1: ack 10 → 0']);
    admin.precheck(5n, [admit('db1.t', 'target.t')]);
    admin.apply(5n, [admit('db1.t', 'target.t')]);
    expect(f.shown(1, [waiting(d1, ddl)])).toEqual([]);
    expect(f.event(ddl)?.coverage.covered).toBe(true);
    expect(f.event(ddl)?.selected).toBe(false);
    expect(f.resend(5_000)).toEqual([]);
    expect(conflicts(f)).toHaveLength(1);
  });
});

describe('routes from the report to the end', () => {
  it('the routes change with the DONE of the writer and not before (B-17, N-3)', () => {
    const { f, admin, d1 } = routed();
    const rename = facts(10n, T0_AND_1, { admissions: [release('db1.t'), admit('db1.u', 'target.u')] });
    expect(f.shown(1, [waiting(d1, rename), waiting(f.trigger, rename)])).toContain('node1: write 10 → 0');
    expect(admin.inspect()).toMatchObject({ applied: 0, queue: [{ commitTs: 10n }] });
    f.handle(1, [done(f.trigger, rename)]);
    expect(admin.inspect()).toMatchObject({ applied: 1, queue: [] });
    f.handle(1, [done(d1, rename)]);
    expect(f.barrier.size).toBe(0);
  });

  it('a DONE of the writer that an earlier transition holds up: acknowledged, neither marked nor advanced, no Write until then (B-17, N-3)', () => {
    const { f, admin, d1 } = routed();
    const ddl = facts(10n, T0_AND_1, { admissions: [admit('db1.u', 'target.u')] });
    f.handle(1, [waiting(d1, ddl), waiting(f.trigger, ddl)]);
    admin.precheck(5n, [release('db1.t')]);
    expect(f.shown(1, [done(f.trigger, ddl)])).toEqual(['node1: ack 10 → 0']);
    expect(f.event(ddl)).toMatchObject({ selected: true, advanced: false });
    expect(f.reported(ddl)).toEqual([]);
    expect(f.resend(2_000)).toEqual([]);
    admin.apply(5n, [release('db1.t')]);
    expect(f.resend()).toEqual(['node1: write 10 → 0']);
    f.handle(1, [done(f.trigger, ddl)]);
    expect(f.event(ddl)?.advanced).toBe(true);
  });

  it('a rebuilt event whose trigger reports its admissions only now still applies them, before it goes (S-7, N-2)', () => {
    const { f, admin, d1 } = routed();
    rebuild(f, [[d1, Stage.DONE, facts(10n, T0_AND_1)]]);
    const known = facts(10n, T0_AND_1, { admissions: [release('db1.t')] });
    f.handle(1, [waiting(f.trigger, known)]);
    f.resend();
    f.handle(1, [done(f.trigger, known)]);
    expect(f.barrier.size).toBe(0);
    expect(admin.inspect()).toMatchObject({ applied: 1, appliedTs: 10n, queue: [] });
  });

  it('all reported DONE, but its routes are not ready: it stays until they are (N-2)', () => {
    const { f, admin, d1 } = routed();
    const ddl = facts(10n, T0_AND_1, { admissions: [admit('db1.u', 'target.u')] });
    admin.precheck(5n, [release('db1.t')]);
    rebuild(f, [
      [d1, Stage.DONE, ddl],
      [f.trigger, Stage.DONE, ddl],
    ]);
    expect(f.resend()).toEqual([]);
    expect(f.barrier.size).toBe(1);
    admin.apply(5n, [release('db1.t')]);
    f.resend(100);
    expect(f.barrier.size).toBe(0);
    expect(admin.inspect().appliedTs).toBe(10n);
  });

  it('a conflict stands in what the stuck event says of itself (T-F)', () => {
    const { f } = routed();
    f.handle(1, [waiting(f.trigger, facts(10n, T0_AND_1, { admissions: RIVAL }))]);
    f.resend(10_000);
    const stuck = f.told.filter((event) => event.type === 'barrier-stuck');
    expect(stuck).toHaveLength(1);
    expect(stuck[0]?.text).toMatch(/tables `db2`\.`t` and `db1`\.`t` are both routed to `target`\.`t`/);
  });

  it('sync points are never routed, and without owners nothing is (N-4)', () => {
    const { f, admin, d1 } = routed();
    const point = facts({ commitTs: 10n, isSyncPoint: true }, { type: 'all' }, { admissions: RIVAL });
    expect(f.shown(1, [waiting(f.trigger, point), waiting(d1, point)])).toContain('node1: write 10/sync → 0');
    expect(admin.inspect().queue).toEqual([]);
    const plain = new BarrierFixture();
    const create = facts(10n, undefined, { admissions: RIVAL });
    expect(plain.shown(1, [none(plain.trigger, create), none(plain.trigger, create)])).toEqual(['node1: ack 10 → 0,0']);
    expect(plain.barrier.inspect(0).routes).toBeUndefined();
  });
});
