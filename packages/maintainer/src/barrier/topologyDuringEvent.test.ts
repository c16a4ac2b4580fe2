import { ComponentState, Stage } from '@tidegate/protocol';
import { describe, expect, it } from 'vitest';
import { addWhole } from '../span/parts.js';
import { TaskState } from '../span/taskState.js';
import { BarrierFixture } from '../testing/barrierFixture.js';
import { lose } from '../testing/operatorLines.js';
import { done, facts, type TestDispatcher, waiting } from '../testing/requests.js';

const { REMOVED, STOPPED, WORKING } = ComponentState;
const normal = (...tableIds: number[]) => ({ type: 'normal', tableIds }) as const;
const [A, B] = [1, 2];
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The dispatcher that a task has now. */
const now = (f: BarrierFixture, { handle }: TestDispatcher): TestDispatcher => ({
  handle,
  generation: f.table.generation[handle] as number,
});

/** Table 1 in two halves on node 2. */
function halves() {
  const f = new BarrierFixture({ nodes: 3, splitTables: true });
  const [low, high] = [f.task(1, 2, { range: ['', 'm'] }), f.task(1, 2, { range: ['m', ''] })];
  const merge = (): number => {
    const target = addWhole(f.table, [low.handle, high.handle], () => 5);
    expect(f.operators.merge(target, [low.handle, high.handle])).toBe(true);
    return target;
  };
  return { f, low, high, merge };
}

describe('moves, splits and merges while an event is open (section 19)', () => {
  it('T-3: a report made before a move does not count; the next dispatcher is hinted until it works, then counts', () => {
    const f = new BarrierFixture({ nodes: 3 });
    const [d1, d2] = [f.task(1, 2), f.task(2, 2)];
    const event = facts(10n, normal(1, 2));
    f.handle(2, [waiting(d1, event)]);
    f.operators.move(d1.handle, B);
    expect(f.shown(2, [waiting(d2, event)])).toEqual([`node2: ack 10 → ${d2.handle}`]);
    expect(f.event(event)?.selected).toBe(false);
    f.operators.status(d1.handle, STOPPED, A);
    const next = now(f, d1);
    expect(f.shown(3, [waiting(next, event)])).toEqual([`node3: ignored 10 → ${d1.handle}`]);
    f.operators.status(d1.handle, WORKING, B);
    expect(f.shown(3, [waiting(next, event)])).toEqual([`node3: ack 10 → ${d1.handle}`, `node3: write 10 → ${d1.handle}`]);
    expect(f.shown(2, [waiting(d1, event)])).toEqual([`node2: unknown 10 → ${d1.handle}`]);
  });

  it('T-4: a complete table that waits is split: its report is void, both parts have to report (V-2, V-8)', () => {
    const f = new BarrierFixture({ nodes: 3, splitTables: true });
    const [d1, d2] = [f.task(1, 2), f.task(2, 2)];
    const event = facts(10n, normal(1, 2));
    f.handle(2, [waiting(d1, event)]);
    const ranges = [
      { start: bytes(''), end: bytes('m') },
      { start: bytes('m'), end: bytes('') },
    ];
    f.operators.split(d1.handle, { ranges, hosts: [A, B] });
    f.operators.status(d1.handle, STOPPED, A);
    const parts: TestDispatcher[] = [];
    f.table.forEachOfSlot(f.table.tables.slotOf(1), (handle) => parts.push(now(f, { handle, generation: 0 })));
    for (const part of parts) f.operators.status(part.handle, WORKING, f.table.host[part.handle] as number);
    f.handle(2, [waiting(d2, event), waiting(parts[0] as TestDispatcher, event)]);
    expect(f.event(event)?.selected).toBe(false);
    f.handle(2, [waiting(parts[1] as TestDispatcher, event)]);
    expect(f.event(event)?.selected).toBe(true);
  });

  it('T-6: merged while both halves wait: the target reports in their place', () => {
    const { f, low, high, merge } = halves();
    const other = f.task(2, 2);
    const event = facts(10n, normal(1, 2));
    f.handle(2, [waiting(low, event), waiting(high, event)]);
    const target = merge();
    f.handle(2, [waiting(other, event)]);
    expect(f.event(event)?.selected).toBe(false);
    f.operators.status(target, WORKING, A);
    f.handle(2, [waiting(now(f, { handle: target, generation: 0 }), event)]);
    expect(f.event(event)?.selected).toBe(true);
  });

  it('T-7: a merge given up: acknowledged reports of its sources count again, and what they complete is selected', () => {
    const { f, low, high, merge } = halves();
    const event = facts(10n, normal(1));
    f.handle(2, [waiting(low, event)]);
    const target = merge();
    expect(f.shown(2, [waiting(high, event)])).toEqual([`node2: ignored 10 → ${high.handle}`]);
    f.operators.status(target, REMOVED, A);
    expect(f.reported(event)).toEqual([low.handle]);
    expect(f.shown(2, [waiting(high, event)])).toEqual([`node2: ack 10 → ${high.handle}`, `node2: write 10 → ${high.handle}`]);

    const last = halves();
    const [t2, both] = [last.f.task(2, 2), facts(10n, normal(1, 2))];
    last.f.handle(2, [waiting(last.low, both), waiting(last.high, both)]);
    const second = last.merge();
    last.f.handle(2, [waiting(t2, both)]);
    last.f.operators.status(second, REMOVED, A);
    expect(last.f.barrier.takeProgress()).toBe(true);
    expect(last.f.resend()).toEqual([expect.stringMatching(/^node2: write 10/)]);
    expect(last.f.resend(1_000)).toEqual([expect.stringMatching(/^node2: write 10/)]);
  });

  it('S-7: rebuilt in the midst of a merge, acknowledged long ago: given up, its sources count; nobody reports again', () => {
    const { f, low, high, merge } = halves();
    const event = facts(10n, normal(1));
    const target = merge();
    f.barrier.rebuild([low, high].map(({ handle }) => ({ handle, blockState: { stage: Stage.WAITING, facts: event } })));
    expect([f.barrier.settleRebuilt(), f.reported(event)]).toEqual([[], []]);
    f.operators.status(target, REMOVED, A);
    expect(f.resend()).toEqual([expect.stringMatching(/^node2: write 10/)]);
  });

  it('T-7: a merge given up after the Write: what its sources reported before counts in the first phase only (W-4)', () => {
    const { f, low, high, merge } = halves();
    const event = facts(10n, normal(1));
    f.handle(2, [waiting(low, event), waiting(high, event)]);
    const target = merge();
    f.operators.status(target, REMOVED, A);
    expect([f.event(event)?.selected, f.reported(event)]).toEqual([true, []]);
    f.handle(2, [done(high, event)]);
    expect(f.resend()).toEqual([`node2: pass 10 → ${high.handle},${low.handle}`]);
    f.handle(2, [done(low, event), done(high, event)]);
    expect(f.barrier.size).toBe(0);
  });

  it('22.14: the writer of a split table is lost with its host: another replicating part writes, one round later (B-39, T-9)', () => {
    const f = new BarrierFixture({ nodes: 3, splitTables: true });
    const [low, high] = [f.task(1, 2, { range: ['', 'm'] }), f.task(1, 3, { range: ['m', ''] })];
    const event = facts(10n, normal(1));
    f.handle(2, [waiting(low, event)]);
    f.handle(3, [waiting(high, event)]);
    expect(f.event(event)?.writer?.handle).toBe(high.handle);
    lose(f, B);
    expect(f.resend(1_000)).toEqual([]);
    expect(f.resend(1_000)).toEqual([`node2: write 10 → ${low.handle}`]);
    f.handle(2, [done(low, event)]);
    expect(f.resend()).toEqual([`node2: pass 10 → ${low.handle}`]);
    f.handle(2, [done(low, event)]);
    expect(f.barrier.size).toBe(1);
    f.operators.add(high.handle, A);
    f.operators.status(high.handle, WORKING, A);
    expect(f.shown(2, [waiting(now(f, high), event)])).toEqual([`node2: ack 10 → ${high.handle}`]);
    expect(f.resend(1_000)).toEqual([expect.stringMatching(/^node2: pass 10/)]);
    f.handle(2, [done(now(f, high), event)]);
    expect(f.barrier.size).toBe(0);
  });

  it('22.14: the writer moved away: nobody but a replicating part is elected, so the event waits for one', () => {
    const f = new BarrierFixture({ nodes: 3 });
    const [d1, d2] = [f.task(1, 2), f.task(2, 2)];
    const event = facts(10n, normal(1, 2));
    f.handle(2, [waiting(d2, event), waiting(d1, event)]);
    for (const { handle } of [d1, d2]) f.operators.move(handle, B);
    for (const { handle } of [d1, d2]) f.operators.status(handle, STOPPED, A);
    expect([f.resend(1_000), f.resend(1_000)]).toEqual([[], []]);
    f.operators.status(d2.handle, WORKING, B);
    expect([f.resend(1_000), f.resend(1_000)]).toEqual([[], [`node3: write 10 → ${d2.handle}`]]);
  });

  it('Pass for all goes to hosts that are alive only; the lost ones’ tasks report from where they are next (T-9, B-42)', () => {
    const f = new BarrierFixture({ nodes: 3 });
    const [d1, d2] = [f.task(1, 2), f.task(2, 3)];
    const event = facts({ commitTs: 10n, isSyncPoint: true }, { type: 'all' });
    f.handle(1, [waiting(f.trigger, event), waiting(d1, event), waiting(d2, event)]);
    f.handle(1, [done(f.trigger, event)]);
    lose(f, B);
    expect(f.resend()).toEqual(['node1: pass 10/sync → all', 'node2: pass 10/sync → all']);
    f.handle(1, [done(f.trigger, event), done(d1, event)]);
    expect(f.barrier.size).toBe(1);
    f.operators.add(d2.handle, A);
    f.operators.status(d2.handle, WORKING, A);
    f.handle(2, [done(now(f, d2), event)]);
    expect(f.barrier.size).toBe(0);
  });

  it('a host lost in the first phase: its tasks have to report again before anything is written (I-3)', () => {
    const f = new BarrierFixture({ nodes: 3 });
    const [d1, d2] = [f.task(1, 2), f.task(2, 3)];
    const event = facts({ commitTs: 10n, isSyncPoint: true }, { type: 'all' });
    f.handle(1, [waiting(f.trigger, event), waiting(d2, event)]);
    lose(f, B);
    f.handle(2, [waiting(d1, event)]);
    expect(f.event(event)?.selected).toBe(false);
    f.operators.add(d2.handle, A);
    f.operators.status(d2.handle, WORKING, A);
    expect(f.shown(2, [waiting(now(f, d2), event)])).toEqual([`node2: ack 10/sync → ${d2.handle}`, 'node1: write 10/sync → 0']);
  });
});

describe('the table trigger is lost and created again', () => {
  function lost(): { f: BarrierFixture; d1: TestDispatcher; revive: () => TestDispatcher } {
    const f = new BarrierFixture({ nodes: 2 });
    const d1 = f.task(1, 2);
    const revive = (): TestDispatcher => {
      f.table.markAbsent(f.table.trigger);
      f.scheduler.reschedule(f.table.trigger);
      f.scheduler.place();
      const created = f.operators.take(f.now, 1n).filter(({ host }) => host === 0);
      expect(created.flatMap(({ create }) => create)).toContainEqual(expect.objectContaining({ handle: 0, tableId: 0 }));
      f.operators.status(f.table.trigger, WORKING, 0);
      return f.trigger;
    };
    return { f, d1, revive };
  }
  const all = facts({ commitTs: 10n, isSyncPoint: true }, { type: 'all' });

  it('before the Write: its report is void, and its next dispatcher’s selects (V-8)', () => {
    const { f, d1, revive } = lost();
    const old = f.trigger;
    f.handle(1, [waiting(old, all)]);
    revive();
    f.handle(2, [waiting(d1, all)]);
    expect(f.event(all)?.selected).toBe(false);
    expect(f.shown(1, [waiting(f.trigger, all)])).toEqual(['node1: ack 10/sync → 0', 'node1: write 10/sync → 0']);
    expect(f.trigger.generation).toBeGreaterThan(old.generation);
  });

  it('between Write and DONE: nothing is written while it is away; then its next dispatcher writes (B-39, T-5)', () => {
    const { f, d1 } = lost();
    f.handle(2, [waiting(d1, all)]);
    f.handle(1, [waiting(f.trigger, all)]);
    const old = f.trigger;
    f.table.markAbsent(f.table.trigger);
    expect([f.resend(1_000), f.resend(1_000)]).toEqual([[], []]);
    f.table.bind(f.table.trigger, 0);
    f.table.markReplicating(f.table.trigger);
    expect([f.resend(1_000), f.resend(1_000)]).toEqual([[], ['node1: write 10/sync → 0']]);
    f.handle(1, [done(old, all)]);
    expect(f.event(all)?.advanced).toBe(false);
    f.handle(1, [done(f.trigger, all)]);
    expect(f.event(all)?.advanced).toBe(true);
  });

  it('of a DDL with tables to schedule that it is seen beyond: they are scheduled, and nobody writes again (I-1, I-5)', () => {
    const { f, d1, revive } = lost();
    const event = facts(10n, normal(0, 1), {
      drops: normal(1),
      adds: [{ tableId: 7, schemaId: 1, splittable: false }],
    });
    f.handle(2, [waiting(d1, event)]);
    f.handle(1, [waiting(f.trigger, event)]);
    f.table.raiseCheckpoint(f.table.trigger, 0, 20);
    revive();
    expect([
      f.event(event)?.advanced,
      f.table.tables.slotOf(1),
      f.count(TaskState.ABSENT) + f.count(TaskState.SCHEDULING),
    ]).toEqual([true, -1, 1]);
    expect(f.resend(1_000).filter((line) => line.includes('write'))).toEqual([]);
  });

  it('an event with the trigger among its tables is written by it, though others replicate (B-29, B-39)', () => {
    const { f, d1, revive } = lost();
    const event = facts(10n, normal(0, 1));
    f.handle(2, [waiting(d1, event)]);
    f.handle(1, [waiting(f.trigger, event)]);
    revive();
    expect([f.resend(1_000), f.resend(1_000)]).toEqual([[], ['node1: write 10 → 0']]);
  });
});
