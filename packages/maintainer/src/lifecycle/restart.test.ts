import { type BlockFacts, ComponentState, Stage } from '@tidegate/protocol';
import { describe, expect, it } from 'vitest';
import { MaintainerFixture } from '../testing/maintainerFixture.js';
import { done, facts, none, waiting } from '../testing/requests.js';
import { range, span } from '../testing/spans.js';

const { STOPPED } = ComponentState;
const t = (tableId: number) => ({ tableId, schemaId: 1, splittable: true });
const d = (handle: number) => ({ handle, generation: 3 });
const at = (stage: Stage, event: BlockFacts) => ({ blockState: { stage, facts: event }, checkpointTs: event.key.commitTs - 1n });
const normal = (ts: bigint, ...tableIds: number[]) => facts(ts, { type: 'normal', tableIds });

/** The maintainer of epoch 5 over what that of epoch 3 left behind on two nodes. */
function next(
  tables: readonly number[],
  spans: Parameters<MaintainerFixture['bootstrap']>[0],
  rest: ConstructorParameters<typeof MaintainerFixture>[0] = {},
): MaintainerFixture {
  const m = new MaintainerFixture({ epoch: 5, nodes: 2, splitTables: true, ...rest });
  m.start(tables.map(t));
  m.bootstrap(spans);
  return m;
}

const open = (m: MaintainerFixture) =>
  m.actor.inspect().changefeed?.barrier.open.map(({ key, phase, reported }) => `${key.commitTs} ${phase} ${reported}`);
const phases = (m: MaintainerFixture) => m.events('barrier').map(({ key, phase }) => `${key.commitTs} ${phase}`);

describe('what an earlier maintainer left open (section 21)', () => {
  it('an event for all, reported by everybody but the trigger, waits for the new trigger (S-7, S-11)', () => {
    const sync = facts({ commitTs: 200n, isSyncPoint: true }, { type: 'all' });
    const m = next([1, 2], { 1: [span(1, 2, at(Stage.WAITING, sync))], 2: [span(2, 3, at(Stage.WAITING, sync))] });
    expect([open(m), m.answers()]).toEqual([['200 waiting 2'], []]);
    m.statuses(1, [waiting(m.trigger, sync)]);
    expect(m.answers()).toEqual(['coordinator1: ack 200/sync → 0', 'coordinator1: write 200/sync → 0']);
    m.statuses(1, [done(m.trigger, sync), done(d(2), sync)]);
    m.statuses(2, [done(d(3), sync)]);
    expect(open(m)).toEqual([]);
  });

  it('one that all have reported and nobody was told to write is selected at once (W-5)', () => {
    const event = normal(200n, 1, 2);
    const m = next([1, 2], { 1: [span(1, 2, at(Stage.WAITING, event))], 2: [span(2, 3, at(Stage.WAITING, event))] });
    expect(m.answers()).toHaveLength(1);
    expect(phases(m)).toEqual(['200 opened', '200 selected']);
  });

  it('a writer that is writing is told again, and only its DONE lets the other pass (S-8, W-4a)', () => {
    const event = normal(200n, 1, 2);
    const m = next([1, 2], { 1: [span(1, 2, at(Stage.WRITING, event))], 2: [span(2, 3, at(Stage.WAITING, event))] });
    m.advance(100);
    expect([m.answers(), open(m)]).toEqual([['coordinator1: write 200 → 2'], ['200 writing 0']]);
    m.statuses(1, [done(d(2), event)]);
    expect(m.answers().filter((line) => line.includes('pass'))).toEqual([
      'coordinator1: pass 200 → 2',
      'coordinator2: pass 200 → 3',
    ]);
    m.statuses(2, [done(d(3), event)]);
    expect(open(m)).toEqual([]);
  });

  it('a writer that is past it proves that it is over: the others are let pass, and are waited for (B-60, B-62, W-4b, W-4c)', () => {
    const event = normal(200n, 1, 2);
    const m = next([1, 2], { 1: [span(1, 2, { checkpointTs: 230n })], 2: [span(2, 3, at(Stage.WAITING, event))] });
    m.advance(100);
    expect([m.answers(), open(m)]).toEqual([['coordinator1: pass 200 → 2', 'coordinator2: pass 200 → 3'], ['200 passing 0']]);
    m.statuses(1, [{ ...done(d(2), event), already: true }]);
    expect(open(m)).toEqual(['200 passing 1']);
    m.statuses(2, [done(d(3), event)]);
    expect(open(m)).toEqual([]);
  });

  it('parts of a split table at an event: one that is missing is waited for (V-2, S-6, S-7)', () => {
    const event = normal(200n, 1);
    const m = next([1], {
      1: [span(1, 2, { range: range('', 'k'), ...at(Stage.WAITING, event) })],
      2: [span(1, 3, { range: range('k', 'p'), ...at(Stage.WAITING, event) })],
    });
    expect([open(m), m.answers()]).toEqual([['200 waiting 2'], []]);
    const [part] = m.schedules().flatMap(({ message }) => message.create);
    if (part === undefined) throw new Error('a create expected');
    m.report(2, [[part, ComponentState.WORKING, 150n]]);
    m.statuses(2, [waiting(part, event)]);
    expect(m.answers().filter((line) => line.includes('write'))).toHaveLength(1);
  });

  it('several events at once, in their order, those of a lost host among them', () => {
    const first = normal(200n, 1, 2);
    const second = normal(210n, 3, 4);
    const m = next([1, 2, 3, 4], {
      1: [span(1, 2, at(Stage.WAITING, first)), span(3, 4, at(Stage.WRITING, second)), span(4, 5, at(Stage.WAITING, second))],
    });
    expect(open(m)).toEqual(['200 waiting 1', '210 writing 0']);
    m.statuses(1, [done(d(4), second), done(d(5), second)]);
    expect(open(m)).toEqual(['200 waiting 1']);
  });

  it('is made again even beyond the bound of open events: acknowledged reports do not come again (S-11)', () => {
    const events = [normal(200n, 1, 9), normal(210n, 2, 9), normal(220n, 3, 9)];
    const spans = events.map((event, i) => span(i + 1, i + 2, at(Stage.WAITING, event)));
    expect(open(next([1, 2, 3, 9], { 1: spans }, { maxEvents: 1 }))).toHaveLength(3);
  });

  it('reports that come while it asks are handled once it knows the tasks (T-H)', () => {
    const event = normal(200n, 1);
    const m = new MaintainerFixture({ epoch: 5 });
    m.start([t(1)]);
    m.statuses(1, [waiting(d(2), event)]);
    expect(m.answers()).toEqual([]);
    m.answer(1, [span(1, 2, { checkpointTs: 199n })]);
    expect(m.answers()).toEqual(['coordinator1: ack 200 → 2', 'coordinator1: write 200 → 2']);
  });
});

describe('turns of a trigger that is gone (W-11)', () => {
  it('a NONE that waits its turn leaves with the trigger that reported it, and so does what that was to write', () => {
    const m = new MaintainerFixture();
    m.run([t(1), t(2)]);
    const [d1] = [...m.created.values()];
    if (d1 === undefined) throw new Error('a dispatcher expected');
    const drop = facts(
      200n,
      { type: 'normal', tableIds: [0, d1.tableId] },
      { drops: { type: 'normal', tableIds: [d1.tableId] } },
    );
    m.statuses(1, [waiting(d1, drop), waiting(m.trigger, drop)]);
    m.statuses(1, [none(m.trigger, facts(210n, undefined, { adds: [t(7)] }))]);
    expect(m.actor.inspect().changefeed?.barrier.pendingSchedules).toBe(2);
    m.report(1, [[m.trigger, STOPPED, 199n]]);
    expect(m.actor.inspect().changefeed?.barrier.pendingSchedules).toBe(0);
    expect(m.schedules().flatMap(({ message }) => message.create)).toMatchObject([{ handle: 0, tableId: 0 }]);
  });
});

describe('an event that stays open (T-F)', () => {
  it('says in what state the missing one is, what is done to it, and how long its host is silent', () => {
    const m = new MaintainerFixture({ nodes: 2, balance: 'off' });
    m.run([t(1)]);
    const [d1] = [...m.created.values()];
    if (d1 === undefined) throw new Error('a dispatcher expected');
    const node = m.actor.inspect().changefeed?.tasksPerHost.node2 === 1 ? 2 : 1;
    const all = facts({ commitTs: 200n, isSyncPoint: true }, { type: 'all' });
    m.statuses(1, [waiting(m.trigger, all)]);
    m.advance(3_000);
    const missing = () => m.actor.inspect().changefeed?.barrier.open[0]?.missing[0]?.state;
    expect(missing()).toBe('replicating; its host was last heard of 3000 ms ago');
    m.report(node, [[d1, STOPPED, 170n]]);
    expect(missing()).toBe('scheduling, operator add; its host was last heard of 0 ms ago');
  });

  it('is overdue after its deadline: told once as such, shown, and remembered in the history', () => {
    const m = new MaintainerFixture({ barrierDeadline: 2_000 });
    m.run([]);
    const first = normal(200n, 0, 9);
    m.statuses(1, [waiting(m.trigger, first)]);
    m.advance(1_900);
    expect(m.actor.inspect().changefeed?.barrier.open).toMatchObject([{ overdue: false }]);
    m.advance(200);
    expect(m.events('barrier-stuck')).toHaveLength(1);
    expect(m.actor.inspect().changefeed?.barrier.open).toMatchObject([{ overdue: true }]);
    m.statuses(1, [none(m.trigger, facts(150n, undefined, { adds: [t(9)] }))]);
    m.work();
    const d9 = [...m.created.values()].find(({ tableId }) => tableId === 9);
    if (d9 === undefined) throw new Error('a dispatcher expected');
    m.statuses(1, [waiting(d9, first)]);
    m.statuses(1, [done(m.trigger, first), done(d9, first)]);
    expect(m.actor.inspect().changefeed?.barrier).toMatchObject({
      open: [],
      history: [{ key: { commitTs: 200n }, overdue: true, participants: 2, alignment: 2_100 }],
    });
  });
});
