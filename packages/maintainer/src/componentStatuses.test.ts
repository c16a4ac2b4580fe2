import { type BlockFacts, ComponentState, type ComponentStatuses, type Mode } from '@tidegate/protocol';
import { describe, expect, it } from 'vitest';
import { ComponentStatusIntake } from './componentStatuses.js';
import { TaskState } from './span/taskState.js';
import { BarrierFixture } from './testing/barrierFixture.js';
import { MaintainerFixture, table } from './testing/maintainerFixture.js';
import { obey } from './testing/obey.js';
import { sent } from './testing/operatorLines.js';
import { done, facts, none, type TestDispatcher, waiting } from './testing/requests.js';

const { REMOVED, STOPPED, WAITING_MERGE, WORKING } = ComponentState;
type Row = readonly [dispatcher: TestDispatcher, state: ComponentState, checkpointTs?: bigint, mode?: Mode];

function columns(rows: readonly Row[]): ComponentStatuses {
  return {
    handle: Uint32Array.from(rows, ([{ handle }]) => handle),
    generation: Uint32Array.from(rows, ([{ generation }]) => generation),
    state: Uint8Array.from(rows, ([, state]) => state),
    mode: Uint8Array.from(rows, ([, , , mode]) => mode ?? 0),
    checkpointTs: BigUint64Array.from(rows, ([, , checkpointTs]) => checkpointTs ?? 0n),
  };
}

/** The dispatcher of a table, as it was created. */
function dispatcherOf(m: MaintainerFixture, tableId: number): TestDispatcher {
  return [...m.created.values()].find((config) => config.tableId === tableId) as TestDispatcher;
}

function intake(nodes = 3) {
  const f = new BarrierFixture({ nodes, splitTables: true });
  const counted: string[] = [];
  const included: string[] = [];
  const statuses = new ComponentStatusIntake({
    table: f.table,
    operators: f.operators,
    scheduler: f.scheduler,
    count: (name) => counted.push(name),
    triggerReported: () => undefined,
    include: (host, checkpointTs) => included.push(`${host} from ${checkpointTs}`),
  });
  const report = (host: number, ...rows: Row[]): void => statuses.take(host, columns(rows), { accounted: false, heal: true });
  return { f, statuses, report, counted, included };
}

describe('component statuses (E-8)', () => {
  it('Stopped or Removed without an operator: absent, from its last checkpoint, under another generation', () => {
    for (const state of [STOPPED, REMOVED]) {
      const { f, report } = intake();
      const d1 = f.task(1, 2);
      report(1, [d1, state, 50n]);
      expect([f.table.state[d1.handle], f.table.isTask(d1.handle, d1.generation)]).toEqual([TaskState.ABSENT, false]);
      f.scheduler.place();
      expect(sent(f)).toEqual([expect.stringMatching(/^create \d+ at \d from 50$/)]);
    }
  });

  it('Stopped without an operator, and another replicating span of the table covers it: it is dropped, not scheduled', () => {
    const { f, report } = intake();
    const [inner, outer, other] = [
      f.task(1, 2, { range: ['c', 'm'] }),
      f.task(1, 3, { range: ['', 'm'] }),
      f.task(2, 2, { range: ['', ''] }),
    ];
    report(1, [inner, STOPPED]);
    expect([f.table.state[inner.handle], f.table.state[outer.handle]]).toEqual([TaskState.FREE, TaskState.REPLICATING]);
    report(2, [outer, STOPPED]);
    report(1, [other, STOPPED]);
    expect(f.count(TaskState.ABSENT)).toBe(2);
  });

  it('its create was sent twice: a repeat may be on its way, so it is asked back before it is created elsewhere', () => {
    const { f, report } = intake();
    const d1 = f.absent(1);
    f.operators.add(d1.handle, 1);
    sent(f);
    sent(f, 10_000);
    report(1, [d1, WORKING, 5n], [d1, STOPPED, 9n]);
    expect([f.table.state[d1.handle], sent(f, 10_001)]).toEqual([TaskState.SCHEDULING, [`remove ${d1.handle} at 1`]]);
    report(1, [d1, STOPPED, 0n]);
    expect([f.table.state[d1.handle], f.table.positions.checkpointTs(d1.handle)]).toEqual([TaskState.ABSENT, 9n]);
  });

  it('a span that covers it and does not replicate itself does not count', () => {
    const { f, report } = intake();
    const inner = f.task(1, 2, { range: ['c', 'm'] });
    f.absent(1);
    report(1, [inner, STOPPED]);
    expect(f.table.state[inner.handle]).toBe(TaskState.ABSENT);
  });

  it('of a host that it is not bound to: ignored; Working of a former generation, or of nobody: removed there', () => {
    const { f, report, counted } = intake();
    const d1 = f.task(1, 2);
    report(2, [d1, STOPPED, 99n]);
    expect([f.table.state[d1.handle], f.table.positions.checkpointTs(d1.handle)]).toEqual([TaskState.REPLICATING, 1n]);
    report(2, [{ handle: d1.handle, generation: d1.generation - 1 }, WORKING], [{ handle: 77, generation: 1 }, WORKING]);
    expect([sent(f), counted]).toEqual([
      [`remove ${d1.handle} at 2`, 'remove 77 at 2'],
      ['maintainer.orphans', 'maintainer.orphans'],
    ]);
  });

  it('the final checkpoint is taken before the operator goes on: a move continues where its origin ended (T-1)', () => {
    const { f, report, included } = intake();
    const d1 = f.task(1, 2);
    f.operators.move(d1.handle, 2);
    report(1, [d1, STOPPED, 1_500n]);
    expect(sent(f)).toEqual([`create ${d1.handle} at 2 from 1500`]);
    report(2, [{ handle: d1.handle, generation: f.table.generation[d1.handle] as number }, WORKING, 1_600n]);
    expect([included, f.table.state[d1.handle]]).toEqual([['2 from 1600'], TaskState.REPLICATING]);
  });

  it('D-49: a host that does not know a dispatcher does not know its mode; its Stopped counts all the same', () => {
    const { f, report } = intake();
    const d1 = f.task(1, 2);
    f.operators.remove(d1.handle);
    report(1, [d1, STOPPED, 0n, 1]);
    expect([f.table.state[d1.handle], f.operatorCount]).toEqual([TaskState.FREE, 0]);
    const d2 = f.task(2, 2);
    report(1, [d2, WORKING, 70n, 1]);
    expect(f.table.positions.checkpointTs(d2.handle)).toBe(1n);
  });

  it('a source that waits for its merge is nothing to heal', () => {
    const { f, report } = intake();
    const d1 = f.task(1, 2);
    report(1, [d1, WAITING_MERGE, 20n]);
    expect([f.table.state[d1.handle], sent(f)]).toEqual([TaskState.REPLICATING, []]);
  });

  it('H-1: another host does not name a task in three complete heartbeats, for its Stopped was lost: it is asked back', () => {
    const { f, statuses, report, counted } = intake();
    const [d1, d2, own] = [f.task(1, 2), f.task(2, 2), f.task(3, 1)];
    for (let round = 0; round < 2; round++) {
      report(1, [d2, WORKING]);
      statuses.complete(1, true);
      statuses.complete(0, true);
    }
    expect(sent(f)).toEqual([]);
    report(1, [d2, WORKING]);
    statuses.complete(1, true);
    expect([sent(f), counted]).toEqual([[`remove ${d1.handle} at 1`], ['maintainer.recalled']]);
    report(1, [d1, STOPPED]);
    expect([d1, d2, own].map(({ handle }) => f.table.state[handle])).toEqual([1, 3, 3]);
  });

  it('H-1: one that is named again in between is not asked back', () => {
    const { f, statuses, report } = intake();
    const d1 = f.task(1, 2);
    for (let round = 0; round < 12; round++) {
      if (round % 3 === 0) report(1, [d1, WORKING]);
      statuses.complete(1, true);
    }
    expect(sent(f)).toEqual([]);
  });
});

describe('a lost table trigger', () => {
  it('is created again on the own host, under another generation, at the checkpoint that it reported itself, and goes on (D-41)', () => {
    const m = new MaintainerFixture();
    m.run([table(1)]);
    const event = facts(150n, { type: 'all' });
    m.report(1, [[m.trigger, WORKING, 120n]]);
    m.statuses(1, [waiting(m.trigger, event)]);
    m.report(1, [[m.trigger, STOPPED, 0n]]);
    const [request] = m.schedules();
    expect(request).toMatchObject({
      to: 'coordinator1',
      message: { create: [{ handle: 0, tableId: 0, mode: 0, startTs: 120n, skipDmlAsStartTs: false }] },
    });
    const next = request?.message.create[0];
    expect(next?.generation).toBeGreaterThan(m.epoch);
    m.report(1, [[next ?? m.trigger, WORKING, 120n]]);
    m.context.take();
    m.statuses(1, [waiting(dispatcherOf(m, 1), event), waiting(next ?? m.trigger, event)]);
    expect(m.answers()).toContain('coordinator1: write 150 → 0');
    expect(m.events('fault')).toEqual([]);
  });

  it('stood at an event while an add below was never acknowledged: its successor brings the add again, once (D-40, W-14)', () => {
    const m = new MaintainerFixture();
    m.run([table(1)]);
    m.report(1, [[m.trigger, WORKING, 118n]]);
    const [one, two] = [2, 3].map((tableId) =>
      facts(120n + BigInt(tableId), undefined, { adds: [{ tableId, schemaId: 1, splittable: false }] }),
    ) as [BlockFacts, BlockFacts];
    const event = facts(150n, { type: 'normal', tableIds: [0, 1] });
    const drop = facts(140n, { type: 'normal', tableIds: [0, 2] }, { drops: { type: 'normal', tableIds: [2] } });
    m.statuses(1, [none(m.trigger, one)]);
    m.work();
    m.statuses(1, [waiting(m.trigger, drop), waiting(dispatcherOf(m, 2), drop)]);
    m.statuses(1, [done(m.trigger, drop), done(dispatcherOf(m, 2), drop)]);
    m.statuses(1, [waiting(m.trigger, event)]);
    m.context.take();
    m.report(1, [[m.trigger, STOPPED, 0n]]);
    const next = m.schedules().flatMap(({ message }) => message.create)[0] as TestDispatcher;
    expect(next).toMatchObject({ handle: 0, startTs: 118n });
    m.report(1, [[next, WORKING, 118n]]);
    m.statuses(1, [none(next, one), none(next, two)]);
    expect(m.answers()).toEqual(['coordinator1: ack 122 → 0', 'coordinator1: ack 123 → 0']);
    // Table 2 is gone, and what dropped it comes again, too.
    expect(m.schedules().flatMap(({ message }) => message.create.map(({ tableId }) => tableId))).toEqual([3]);
    m.statuses(1, [waiting(next, drop)]);
    m.advance(100);
    expect(m.answers()).toContain('coordinator1: pass 140 → 0');
    expect(m.actor.inspect().changefeed?.committedTs).toBe(100n);
  });

  it('bounds the checkpoint until it works again (K-3, K-9)', () => {
    const m = new MaintainerFixture({ nodes: 2 });
    m.run([table(1)]);
    for (const node of [1, 2]) m.watermark(node, 120n, 5);
    m.advance(100);
    expect(m.actor.inspect().changefeed?.committedTs).toBe(120n);
    m.report(1, [[m.trigger, STOPPED, 110n]]);
    for (const node of [1, 2]) m.watermark(node, 900n, 6);
    m.advance(100);
    expect(m.actor.inspect().changefeed?.committedTs).toBe(120n);
    obey(m, [1, 2]);
    for (const node of [1, 2]) m.watermark(node, 900n, 7);
    m.advance(100);
    expect(m.actor.inspect().changefeed?.committedTs).toBe(900n);
  });
});
