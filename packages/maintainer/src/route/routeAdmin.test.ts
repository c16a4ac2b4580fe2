import { describe, expect, it } from 'vitest';
import { BarrierFault, MaintainerStartError } from '../errors.js';
import { admit, release, releaseSchema } from '../testing/admissions.js';
import { RouteAdmin } from './routeAdmin.js';

const READY = { state: 'ready' };
const TARGET = '`target`.`t`';

/** Applies a transition that must be ready. */
function pass(admin: RouteAdmin, ...[commitTs, admissions]: Parameters<RouteAdmin['apply']>): void {
  expect(admin.precheck(commitTs, admissions)).toEqual(READY);
  expect(admin.apply(commitTs, admissions)).toBe(true);
}

describe('route admin', () => {
  it('RouteAdminConflict: names both sources and the target, and is news once (N-2)', () => {
    const admin = new RouteAdmin([admit('db1.t', 'target.t')], 1n);
    const rival = [admit('db2.t', 'target.t')];
    const conflict = { source: '`db2`.`t`', owner: '`db1`.`t`', target: TARGET };
    expect(admin.precheck(10n, rival)).toEqual({ state: 'conflict', conflict, isNews: true });
    expect(admin.precheck(10n, rival)).toEqual({ state: 'conflict', conflict, isNews: false });
    expect(admin.explain(10n)).toMatch(/`db2`\.`t` and `db1`\.`t` are both routed to `target`\.`t`/);
    expect(admin.inspect()).toMatchObject({ owners: 1, queue: [{ commitTs: 10n, admissions: 1, conflict }], more: 0 });
    expect(() => admin.apply(10n, rival)).toThrow(BarrierFault);
  });

  it('RouteAdminLifeCycle: admit, rename, release of the schema, admit of another (N-2)', () => {
    const admin = new RouteAdmin([], 1n);
    pass(admin, 10n, [admit('db1.t', 'target.t')]);
    expect(admin.ownerOf(TARGET)).toBe('`db1`.`t`');
    pass(admin, 20n, [release('db1.t'), admit('db1.u', 'target.t')]);
    expect(admin.ownerOf(TARGET)).toBe('`db1`.`u`');
    pass(admin, 30n, [releaseSchema('db1')]);
    expect(admin.ownerOf(TARGET)).toBeUndefined();
    pass(admin, 40n, [admit('db2.t', 'target.t')]);
    expect(admin.ownerOf(TARGET)).toBe('`db2`.`t`');
    expect(admin.inspect()).toMatchObject({ owners: 1, appliedTs: 40n, applied: 4, queue: [], late: 0 });
  });

  it('a later transition waits for the earlier, whatever order they come in (N-2)', () => {
    const admin = new RouteAdmin([], 1n);
    const [first, second] = [[admit('db1.t', 'target.t')], [admit('db1.u', 'target.u')]];
    expect(admin.precheck(20n, second)).toEqual(READY);
    expect(admin.precheck(10n, first)).toEqual(READY);
    expect(admin.precheck(20n, second)).toEqual({ state: 'behind', commitTs: 10n });
    expect(admin.explain(20n)).toMatch(/only after those of the DDL at 10/);
    expect(() => admin.apply(20n, second)).toThrow(expect.objectContaining({ code: 'ROUTE_ORDER' }));
    expect(admin.apply(10n, first)).toBe(true);
    expect(admin.explain(20n)).toBeUndefined();
    pass(admin, 20n, second);
  });

  it('one whose predecessor is still to be reported waits for it: a report that was lost is not passed over (N-2)', () => {
    const admin = new RouteAdmin([], 1n);
    const [first, second] = [[admit('db1.t', 'target.t')], [admit('db2.t', 'target.t')]];
    expect(admin.precheck(20n, second, 10n)).toEqual({ state: 'behind', commitTs: 10n });
    expect(admin.explain(20n)).toMatch(/only after those of the DDL at 10, which is still to be reported/);
    expect(() => admin.apply(20n, second)).toThrow(expect.objectContaining({ code: 'ROUTE_ORDER' }));
    pass(admin, 10n, first);
    expect(admin.precheck(20n, second, 10n)).toMatchObject({ state: 'conflict', conflict: { owner: '`db1`.`t`' } });
    expect(admin.inspect()).toMatchObject({ owners: 1, appliedTs: 10n, late: 0 });
  });

  it('an earlier one, once applied, makes a later one conflict that was ready before (N-2)', () => {
    const admin = new RouteAdmin([], 1n);
    const stale = [admit('db2.t', 'target.t')];
    expect(admin.precheck(20n, stale)).toEqual(READY);
    pass(admin, 10n, [admit('db1.t', 'target.t')]);
    expect(admin.precheck(20n, stale)).toMatchObject({ state: 'conflict', conflict: { owner: '`db1`.`t`' }, isNews: true });
  });

  it('what was applied is ready, and applied again without effect (N-2)', () => {
    const admin = new RouteAdmin([], 1n);
    pass(admin, 10n, [admit('db1.t', 'target.t')]);
    pass(admin, 20n, [release('db1.t')]);
    expect(admin.precheck(10n, [admit('db1.t', 'target.t')])).toEqual(READY);
    expect(admin.apply(10n, [admit('db1.t', 'target.t')])).toBe(false);
    expect(admin.ownerOf(TARGET)).toBeUndefined();
    expect(admin.inspect()).toMatchObject({ applied: 2, appliedTs: 20n, late: 0 });
  });

  it('without admissions everything is ready and nothing is queued (N-2)', () => {
    const admin = new RouteAdmin([], 1n);
    expect(admin.precheck(10n, [])).toEqual(READY);
    expect(admin.apply(10n, [])).toBe(false);
    expect(admin.inspect().queue).toEqual([]);
  });

  it('what lies at or below the start is part of the owners already; what comes after a later one is counted as late', () => {
    const admin = new RouteAdmin([], 10n);
    expect(admin.apply(10n, [admit('db1.t', 'target.t')])).toBe(false);
    pass(admin, 30n, [admit('db1.u', 'target.u')]);
    for (let repeat = 0; repeat < 3; repeat++) expect(admin.precheck(20n, [admit('db1.v', 'target.v')])).toEqual(READY);
    expect(admin.inspect()).toMatchObject({ owners: 1, late: 1 });
  });

  it('what a DDL releases is free for what it admits: a swap, and a table that gets another target', () => {
    const admin = new RouteAdmin([admit('db.a', 'target.a'), admit('db.b', 'target.b')], 1n);
    pass(admin, 10n, [release('db.a'), release('db.b'), admit('db.a', 'target.b'), admit('db.b', 'target.a')]);
    expect([admin.ownerOf('`target`.`a`'), admin.ownerOf('`target`.`b`')]).toEqual(['`db`.`b`', '`db`.`a`']);
    pass(admin, 20n, [admit('db.a', 'target.c')]);
    expect(admin.ownerOf('`target`.`b`')).toBeUndefined();
    expect(admin.inspect().owners).toBe(2);
  });

  it('two tables of one DDL conflict with each other; names with dots and backquotes are not mixed up', () => {
    const admin = new RouteAdmin([admit('a`.t', 'target.t')], 1n);
    expect(admin.precheck(10n, [admit('db.a', 'x.x'), admit('db.b', 'x.x')])).toMatchObject({
      conflict: { source: '`db`.`b`', owner: '`db`.`a`', target: '`x`.`x`' },
    });
    expect(admin.ownerOf(TARGET)).toBe('`a```.`t`');
  });

  it('owners that share a target from the start are refused, naming both', () => {
    const make = () => new RouteAdmin([admit('db1.t', 'target.t'), admit('db2.t', 'target.t')], 1n);
    expect(make).toThrow(MaintainerStartError);
    expect(make).toThrow(/`db2`\.`t` and `db1`\.`t` are both routed to `target`\.`t`/);
  });

  it('at the bound of the queue the latest has to come again; at that of the owners a transition waits', () => {
    const admin = new RouteAdmin([], 1n, { queue: 2, owners: 2 });
    const at = (ts: bigint) => admin.precheck(ts, [admit(`db.t${ts}`, `target.t${ts}`)]).state;
    expect([at(20n), at(30n), at(40n), at(10n)]).toEqual(['ready', 'behind', 'full', 'ready']);
    expect(admin.inspect()).toMatchObject({ queue: [{ commitTs: 10n }, { commitTs: 20n }], refusedAtBound: 1 });
    admin.apply(10n, [admit('db.t10', 'target.t10')]);
    expect(admin.apply(20n, [admit('db.t20', 'target.t20')])).toBe(true);
    expect(at(50n)).toBe('full');
  });
});
