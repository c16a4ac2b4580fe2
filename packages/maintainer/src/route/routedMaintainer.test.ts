import { describe, expect, it } from 'vitest';
import { admit, release } from '../testing/admissions.js';
import { MaintainerFixture, table } from '../testing/maintainerFixture.js';
import { done, facts, none, waiting } from '../testing/requests.js';

const OWNERS = [admit('db1.t', 'target.t')];
const addsTwo = { adds: [table(2)], admissions: [admit('db2.t', 'target.t')] };

describe('a maintainer whose names are routed', () => {
  it('tells a conflict once, shows it, and lets no later transition overtake; what waits names the conflict (N-2, T-F)', () => {
    const f = new MaintainerFixture();
    f.run([table(1)], 100n, OWNERS);
    const create = facts(120n, undefined, addsTwo);
    f.statuses(1, [none(f.trigger, create)]);
    f.statuses(1, [none(f.trigger, create)]);
    expect(f.events('route-conflict')).toMatchObject([
      { key: { commitTs: 120n }, mode: 0, source: '`db2`.`t`', owner: '`db1`.`t`', target: '`target`.`t`' },
    ]);
    expect(f.answers()).toEqual([]);
    expect(f.actor.inspect().changefeed?.barrier.routes).toMatchObject({
      owners: 1,
      appliedTs: 100n,
      queue: [{ commitTs: 120n, conflict: { source: '`db2`.`t`' } }],
    });

    const [d1] = f.created.values();
    if (d1 === undefined) throw new Error('table 1 has no dispatcher');
    const drop = facts(130n, { type: 'normal', tableIds: [0, 1] }, { admissions: [release('db1.t')] });
    f.statuses(1, [waiting(d1, drop), waiting(f.trigger, drop)]);
    expect(f.answers()).toEqual([`coordinator1: ack 130 → ${d1.handle}`]);
    for (let tick = 0; tick < 101; tick++) f.advance(100);
    expect(f.events('route-conflict')).toHaveLength(1);
    expect(f.events('barrier-stuck')[0]?.text).toMatch(/after those of the DDL at 120, where tables `db2`.`t` and `db1`.`t`/);
    expect(f.actor.phase).toBe('running');
  });

  it('admits in commit order what the trigger reports, and writes on (N-3)', () => {
    const f = new MaintainerFixture();
    f.run([table(1)], 100n, OWNERS);
    const [d1] = f.created.values();
    if (d1 === undefined) throw new Error('table 1 has no dispatcher');
    const drop = facts(110n, { type: 'normal', tableIds: [0, 1] }, { admissions: [release('db1.t')] });
    f.statuses(1, [waiting(d1, drop), waiting(f.trigger, drop)]);
    f.statuses(1, [done(f.trigger, drop), done(d1, drop)]);
    f.context.take();
    f.statuses(1, [none(f.trigger, facts(120n, undefined, addsTwo))]);
    expect(f.answers()).toEqual(['coordinator1: ack 120 → 0']);
    expect(f.actor.inspect().changefeed?.barrier.routes).toMatchObject({ owners: 1, applied: 2, appliedTs: 120n, queue: [] });
  });

  it('waits for a report that was lost before it takes the next, which would claim the same target (N-2, B-27)', () => {
    const f = new MaintainerFixture();
    f.run([table(1)], 100n, []);
    const first = facts(110n, undefined, { adds: [table(2)], admissions: [admit('db1.u', 'target.u')] });
    const admissions = [admit('db2.u', 'target.u')];
    const second = facts(120n, undefined, { adds: [table(3)], admissions, admissionsAfter: 110n });
    f.statuses(1, [none(f.trigger, second)]);
    expect([f.answers(), f.events('route-conflict')]).toEqual([[], []]);
    f.statuses(1, [none(f.trigger, first)]);
    expect(f.answers()).toEqual(['coordinator1: ack 110 → 0']);
    f.statuses(1, [none(f.trigger, second)]);
    expect(f.answers()).toEqual([]);
    expect(f.events('route-conflict')).toMatchObject([{ key: { commitTs: 120n }, source: '`db2`.`u`', owner: '`db1`.`u`' }]);
  });

  it('refuses to start when two tables have one target, and names both (N-2)', () => {
    const f = new MaintainerFixture();
    f.start([table(1), table(2)], 100n, [...OWNERS, admit('db2.t', 'target.t')]);
    expect(f.events('fault')).toMatchObject([{ code: 'MAINTAINER_START' }]);
    expect(f.events('fault')[0]?.message).toMatch(/`db2`\.`t` and `db1`\.`t` are both routed to `target`\.`t`/);
  });

  it('without owners in its start nothing is admitted and nothing conflicts (section 23)', () => {
    const f = new MaintainerFixture();
    f.run([table(1)]);
    f.statuses(1, [none(f.trigger, facts(120n, undefined, addsTwo))]);
    expect(f.answers()).toEqual(['coordinator1: ack 120 → 0']);
    expect(f.actor.inspect().changefeed?.barrier.routes).toBeUndefined();
  });
});
