import { Stage } from '@tidegate/protocol';
import { describe, expect, it } from 'vitest';
import { TaskState } from '../span/taskState.js';
import { BarrierFixture } from '../testing/barrierFixture.js';
import { done, facts, none, unknown, waiting } from '../testing/requests.js';

const addTable = (tableId: number) => ({ tableId, schemaId: 1, splittable: false });
const BLOCK_T0 = { type: 'normal', tableIds: [0] } as const;

describe('order of scheduling', () => {
  it('22.10: a writer DONE before its turn: acknowledged, not advanced; a later Write completes it (B-17, B-35)', () => {
    const f = new BarrierFixture();
    const [d1, d2] = [f.task(1), f.task(2)];
    const early = facts(10n, { type: 'normal', tableIds: [1] }, { drops: { type: 'normal', tableIds: [] } });
    const late = facts(20n, { type: 'normal', tableIds: [2] }, { adds: [addTable(9)] });
    f.handle(1, [waiting(d1, early)]);
    f.handle(1, [waiting(d2, late)]);
    expect(f.shown(1, [done(d2, late)])).toEqual([`node1: ack 20 → ${d2.handle}`]);
    expect(f.event(late)).toMatchObject({ selected: true, advanced: false });
    expect(f.count(TaskState.ABSENT)).toBe(0);
    f.handle(1, [done(d1, early)]);
    expect(f.resend(1_000)).toContain(`node1: write 20 → ${d2.handle}`);
    f.handle(1, [done(d2, late)]);
    expect(f.count(TaskState.ABSENT)).toBe(1);
    f.resend();
    expect([f.barrier.size, f.barrier.pendingSchedules]).toEqual([0, 0]);
  });

  it('22.11: a NONE before its turn: no ack; its retry is acknowledged after the earlier one (B-28)', () => {
    const f = new BarrierFixture();
    const d1 = f.task(1);
    const early = facts(10n, { type: 'normal', tableIds: [1] }, { adds: [addTable(8)] });
    const create = facts(20n, undefined, { adds: [addTable(9)] });
    f.handle(1, [waiting(d1, early)]);
    expect(f.shown(1, [none(f.trigger, create)])).toEqual([]);
    f.handle(1, [done(d1, early)]);
    expect(f.shown(1, [none(f.trigger, create)])).toEqual(['node1: ack 20 → 0']);
    expect(f.count(TaskState.ABSENT)).toBe(2);
  });

  it('a NONE without anything to schedule is acknowledged at once (B-27)', () => {
    const f = new BarrierFixture();
    expect(f.shown(1, [none(f.trigger, facts(10n, BLOCK_T0))])).toEqual(['node1: ack 10 → 0']);
    expect(f.barrier.size).toBe(0);
  });

  it('22.12: a repeated NONE is acknowledged and not scheduled again, also after a drop of the same table (W-14)', () => {
    const f = new BarrierFixture();
    const create = facts(10n, undefined, { adds: [addTable(1)] });
    f.handle(1, [none(f.trigger, create)]);
    expect(f.count(TaskState.ABSENT)).toBe(1);
    f.scheduler.place();
    const handle = f.table.tables.head[f.table.tables.slotOf(1)] as number;
    f.operators.status(handle, 0, 0);
    const drop = facts(20n, { type: 'normal', tableIds: [1, 0] }, { drops: { type: 'normal', tableIds: [1] } });
    const d1 = { handle, generation: f.table.generation[handle] as number };
    f.handle(1, [waiting(d1, drop), waiting(f.trigger, drop)]);
    f.handle(1, [done(f.trigger, drop)]);
    f.resend();
    expect(f.barrier.size).toBe(0);
    expect(f.shown(1, [none(f.trigger, create)])).toEqual(['node1: ack 10 → 0']);
    expect(f.table.tables.slotOf(1)).toBe(-1);
  });

  it('remembers scheduled NONEs until the committed checkpoint is past them, and then needs no memory (W-14, D-41, K-7)', () => {
    const f = new BarrierFixture();
    const create = facts(10n, undefined, { adds: [addTable(1)] });
    f.handle(1, [none(f.trigger, create)]);
    expect(f.barrier.inspect(0).rememberedSchedules).toBe(1);
    // B-5 raises the table's own idea of the trigger's checkpoint: that proves nothing of an un-acknowledged NONE.
    f.handle(1, [waiting(f.trigger, facts(50n, BLOCK_T0))]);
    expect(f.barrier.inspect(0).rememberedSchedules).toBe(1);
    f.barrier.triggerReported(60n);
    f.barrier.committed(10n);
    expect(f.barrier.inspect(0).rememberedSchedules).toBe(1);
    f.barrier.committed(11n);
    expect(f.barrier.inspect(0).rememberedSchedules).toBe(0);
    f.scheduler.dropTables([1]);
    expect(f.shown(1, [none(f.trigger, create)])).toEqual(['node1: ack 10 → 0']);
    expect(f.count(TaskState.ABSENT)).toBe(0);
  });

  it('a NONE that arrives after a later one was scheduled is still scheduled (W-14)', () => {
    const f = new BarrierFixture();
    f.handle(1, [none(f.trigger, facts(20n, undefined, { adds: [addTable(2)] }))]);
    f.handle(1, [none(f.trigger, facts(10n, undefined, { adds: [addTable(1)] }))]);
    expect(f.count(TaskState.ABSENT)).toBe(2);
  });

  it('a pending NONE of a dispatcher that is gone blocks nobody (W-11)', () => {
    const f = new BarrierFixture();
    const [d1, d2] = [f.task(1), f.task(2)];
    const blocker = facts(5n, { type: 'normal', tableIds: [2] }, { adds: [addTable(8)] });
    f.handle(1, [waiting(d2, blocker)]);
    f.handle(1, [none(d1, facts(10n, undefined, { adds: [addTable(9)] }))]);
    expect(f.barrier.pendingSchedules).toBe(2);
    f.table.markAbsent(d1.handle);
    expect(f.barrier.pendingSchedules).toBe(1);
    f.handle(1, [done(d2, blocker)]);
    expect(f.barrier.pendingSchedules).toBe(0);
  });

  it("the trigger's report for all is put off while schedules are pending, and brought back by its retry (B-23, I-6)", () => {
    const f = new BarrierFixture();
    const [d1, d2] = [f.task(1), f.task(2)];
    const alter = facts(10n, { type: 'normal', tableIds: [1] }, { adds: [addTable(3)] });
    const sync = facts({ commitTs: 20n, isSyncPoint: true }, { type: 'all' });
    f.handle(1, [waiting(d1, alter)]);
    expect(f.shown(1, [waiting(f.trigger, sync), waiting(d2, sync)])).toEqual([`node1: ack 20/sync → ${d2.handle}`]);
    f.handle(1, [done(d1, alter), waiting(d1, sync)]);
    expect(f.shown(1, [waiting(f.trigger, sync)])).toEqual(['node1: ack 20/sync → 0']);
    // The table that was added in between has to report too.
    expect(f.event(sync)?.selected).toBe(false);
    f.scheduler.place();
    const handle = f.table.tables.head[f.table.tables.slotOf(3)] as number;
    f.operators.status(handle, 0, 0);
    f.handle(1, [waiting({ handle, generation: f.table.generation[handle] as number }, sync)]);
    expect(f.event(sync)?.selected).toBe(true);
  });
});

describe('phases of an event are apart (W-4)', () => {
  it('22.13 W-4a: rebuilt WAITING and WRITING: still tracked after a resend round; the DONE advances it; the waiting party gets Pass', () => {
    const f = new BarrierFixture();
    const [d1, d2] = [f.task(1), f.task(2)];
    const event = facts(6n, { type: 'normal', tableIds: [1, 2] });
    f.barrier.rebuild([
      { handle: d1.handle, blockState: { stage: Stage.WAITING, facts: event } },
      { handle: d2.handle, blockState: { stage: Stage.WRITING, facts: event } },
    ]);
    expect(f.barrier.settleRebuilt()).toEqual([]);
    expect(f.resend()).toEqual([`node1: write 6 → ${d2.handle}`]);
    expect(f.barrier.size).toBe(1);
    f.handle(1, [done(d2, event)]);
    expect(f.resend()).toEqual([`node1: pass 6 → ${d1.handle},${d2.handle}`]);
    f.handle(1, [done(d1, event)]);
    expect(f.barrier.size).toBe(0);
  });

  it('22.13 W-4b: forwarded with one Pass lost: it stays until the one that waits has passed', () => {
    const f = new BarrierFixture({ nodes: 2 });
    const [a, b] = [f.task(1), f.task(2, 2)];
    const event = facts(10n, { type: 'normal', tableIds: [1, 2] });
    f.handle(1, [waiting(a, event)]);
    f.table.raiseCheckpoint(b.handle, 0, 11);
    expect(f.resend()).toEqual([]);
    expect(f.event(event)).toMatchObject({ selected: true, advanced: true });
    expect(f.resend()).toHaveLength(2);
    f.handle(2, [{ ...done(b, event), already: true }]);
    expect(f.barrier.size).toBe(1);
    expect(f.resend(1_000)).toContain(`node1: pass 10 → ${a.handle}`);
    f.handle(1, [done(a, event)]);
    expect(f.barrier.size).toBe(0);
  });

  it('22.13 W-4c: fully reported and forwarded in one round: everybody gets Pass before it goes', () => {
    const f = new BarrierFixture();
    const [d1, d2] = [f.task(1), f.task(2)];
    const event = facts(10n, { type: 'normal', tableIds: [1, 2] });
    f.barrier.rebuild([d1, d2].map(({ handle }) => ({ handle, blockState: { stage: Stage.WAITING, facts: event } })));
    f.table.raiseCheckpoint(d2.handle, 0, 11);
    f.resend();
    expect(f.barrier.size).toBe(1);
    expect(f.resend()).toEqual([`node1: pass 10 → ${d1.handle},${d2.handle}`]);
  });

  it('checkpoint equal to the ts proves nothing; a sync point behind a DDL of one ts does (B-60)', () => {
    const f = new BarrierFixture();
    const [d1, d2] = [f.task(1), f.task(2)];
    const ddl = facts(10n, { type: 'normal', tableIds: [1, 2] });
    f.handle(1, [waiting(d1, ddl)]);
    f.table.raiseCheckpoint(d2.handle, 0, 10);
    f.resend();
    expect(f.event(ddl)?.selected).toBe(false);
    f.handle(1, [waiting(d2, facts({ commitTs: 10n, isSyncPoint: true }, { type: 'all' }))]);
    f.resend();
    expect(f.event(ddl)?.selected).toBe(true);
  });
});

describe('reports that come late or from nobody', () => {
  it('22.13 W-3: a WAITING of a finished event makes no ghost: acknowledged, not tracked', () => {
    const f = new BarrierFixture();
    const d1 = f.task(1);
    const event = facts(10n, { type: 'normal', tableIds: [1] }, { adds: [addTable(9)] });
    f.handle(1, [waiting(d1, event)]);
    f.handle(1, [done(d1, event)]);
    f.resend();
    expect(f.barrier.size).toBe(0);
    expect(f.shown(1, [waiting(d1, event)])).toEqual([`node1: ack 10 → ${d1.handle}`]);
    expect([f.barrier.size, f.barrier.checkpointBound()]).toEqual([0, undefined]);
  });

  it('the next dispatcher of the same task may report the event again (W-3, T-1)', () => {
    const f = new BarrierFixture();
    const [d1, d2] = [f.task(1), f.task(2)];
    const event = facts(10n, { type: 'normal', tableIds: [1, 2] });
    f.handle(1, [waiting(d1, event), waiting(d2, event)]);
    f.handle(1, [done(d1, event)]);
    f.table.markAbsent(d1.handle);
    f.table.bind(d1.handle, 0);
    f.table.markReplicating(d1.handle);
    const next = { handle: d1.handle, generation: f.table.generation[d1.handle] as number };
    expect(f.shown(1, [waiting(next, event)])).toEqual([`node1: ack 10 → ${d1.handle}`]);
    expect(f.event(event)?.advanced).toBe(false);
    expect(f.table.positions.blockState(d1.handle)).toMatchObject({ stage: Stage.WAITING });
  });

  it('a status of a dispatcher without a task is answered unknown, for every stage; never for a task that exists (T-D)', () => {
    const f = new BarrierFixture();
    const d1 = f.task(1);
    const event = facts(10n, { type: 'normal', tableIds: [1, 2] });
    const gone = { handle: d1.handle, generation: d1.generation + 7 };
    const never = { handle: 4_000, generation: 1 };
    expect(f.shown(1, [waiting(gone, event), done(never, event), waiting(d1, event)])).toEqual([
      `node1: unknown 10 → ${d1.handle},4000`,
      `node1: ack 10 → ${d1.handle}`,
    ]);
    f.operators.remove(d1.handle);
    expect(f.shown(1, [waiting(d1, event)])).toEqual([`node1: unknown 10 → ${d1.handle}`]);
  });

  it('a DDL and a sync point at one ts are two events, in this order (B-1, W-1)', () => {
    const f = new BarrierFixture();
    const d1 = f.task(1);
    const ddl = facts(10n, { type: 'all' });
    const sync = facts({ commitTs: 10n, isSyncPoint: true }, { type: 'all' });
    f.handle(1, [waiting(d1, ddl), waiting(f.trigger, ddl)]);
    expect(f.resend(1_000)).toEqual(['node1: write 10 → 0']);
    f.handle(1, [done(f.trigger, ddl), done(d1, ddl)]);
    f.handle(1, [waiting(d1, sync), waiting(f.trigger, sync)]);
    expect(f.resend(1_000)).toEqual(['node1: write 10/sync → 0']);
    f.handle(1, [done(f.trigger, ddl), done(d1, ddl)]);
    expect(f.event(sync)?.advanced).toBe(false);
  });

  it('a writer without a record of the event never advances it, and the explanation says so (T-C)', () => {
    const f = new BarrierFixture();
    const d1 = f.task(1);
    const event = facts(10n, { type: 'normal', tableIds: [1] });
    f.handle(1, [waiting(d1, event)]);
    expect(f.shown(1, [unknown(d1, event)])).toEqual([]);
    expect(f.event(event)?.advanced).toBe(false);
    expect(f.barrier.inspect(5).open[0]?.text).toContain('no record of the event');
    f.handle(1, [{ ...done(d1, event), already: true }]);
    expect(f.resend()).toEqual([]);
    expect(f.barrier.size).toBe(0);
  });

  it('an event of unknown facts is not made up: the status is to come again', () => {
    const f = new BarrierFixture();
    const d1 = f.task(1);
    const event = facts(10n, { type: 'normal', tableIds: [1] });
    const bare = { ...event };
    delete (bare as { blockTables?: unknown }).blockTables;
    expect(f.shown(1, [waiting(d1, bare)])).toEqual([`node1: ignored 10 → ${d1.handle}`]);
    expect(f.barrier.size).toBe(0);
  });

  it('at the bound of open events a new one is put off, not tracked', () => {
    const f = new BarrierFixture({ maxEvents: 1 });
    const [d1, d2] = [f.task(1), f.task(2)];
    f.handle(1, [waiting(d1, facts(10n, { type: 'normal', tableIds: [1, 2] }))]);
    expect(f.shown(1, [waiting(d2, facts(11n, { type: 'normal', tableIds: [1, 2] }))])).toEqual([
      `node1: ignored 11 → ${d2.handle}`,
    ]);
    expect(f.counters.get('barrier.refused-at-bound')).toBe(1);
  });
});
