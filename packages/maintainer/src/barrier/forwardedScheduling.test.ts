import type { BlockFacts } from '@tidegate/protocol';
import { describe, expect, it } from 'vitest';
import { TaskState } from '../span/taskState.js';
import { BarrierFixture } from '../testing/barrierFixture.js';
import { done, facts, none, waiting } from '../testing/requests.js';

/** CREATE TABLE … LIKE: over the trigger's table and that of the pattern, adds one. */
const like = (ts: bigint, adds: number) =>
  facts(ts, { type: 'normal', tableIds: [0, 2] }, { adds: [{ tableId: adds, schemaId: 1, splittable: false }] });

describe('a forwarded event whose tables nobody has scheduled (B-62, B-63, I-5)', () => {
  it('when the trigger meets it, it began before it: the tables are scheduled, then it is let pass', () => {
    const f = new BarrierFixture();
    f.task(2, 1, { startTs: 21n });
    f.handle(1, [waiting(f.trigger, like(20n, 4))]);
    f.resend(1_000);
    expect(f.count(TaskState.ABSENT)).toBe(1);
    expect(f.resend()).toEqual(['node1: pass 20 → 0,2']);
  });

  it('also when somebody proved it over before the trigger came, and not twice', () => {
    const f = new BarrierFixture();
    const d2 = f.task(2, 1, { startTs: 21n });
    const d3 = f.task(3);
    const event = facts(20n, { type: 'normal', tableIds: [0, 2, 3] }, { adds: [{ tableId: 4, schemaId: 1, splittable: false }] });
    f.handle(1, [waiting(d3, event)]);
    f.resend(1_000);
    f.resend();
    expect(f.count(TaskState.ABSENT)).toBe(0);
    f.handle(1, [waiting(f.trigger, event)]);
    f.handle(1, [waiting(f.trigger, event)]);
    expect(f.count(TaskState.ABSENT)).toBe(1);
    f.handle(1, [done(f.trigger, event), done(d3, event), done(d2, event)]);
    expect([f.event(event), f.barrier.pendingSchedules, f.count(TaskState.ABSENT)]).toEqual([undefined, 0, 1]);
  });

  it('a trigger that began beyond it, and only answers, schedules nothing: its tables are those of then (B-63)', () => {
    const f = new BarrierFixture();
    const d2 = f.task(2, 1, { startTs: 21n });
    const d3 = f.task(3);
    const event = facts(1n, { type: 'normal', tableIds: [0, 2, 3] }, { adds: [{ tableId: 4, schemaId: 1, splittable: false }] });
    f.handle(1, [waiting(d3, event)]);
    f.resend(1_000);
    f.handle(1, [{ ...done(f.trigger, event), already: true }, done(d2, event), done(d3, event)]);
    expect([f.event(event), f.count(TaskState.ABSENT)]).toEqual([undefined, 0]);
    expect(f.shown(1, [none(f.trigger, facts(40n, undefined))])).toEqual(['node1: ack 40 → 0']);
  });
});

describe('an event that a table trigger meets again, because it was lost and created again below it (B-60, W-14)', () => {
  const reorganize = facts(
    20n,
    { type: 'normal', tableIds: [0, 2, 3] },
    { drops: { type: 'normal', tableIds: [2, 3] }, adds: [{ tableId: 4, schemaId: 1, splittable: false }] },
  );

  /** The event is written, passed and over; then the trigger has another dispatcher. */
  function again(event: BlockFacts, tables: readonly number[]): BarrierFixture {
    const f = new BarrierFixture();
    const all = [f.trigger, ...tables.map((tableId) => f.task(tableId))];
    f.handle(
      1,
      all.map((one) => waiting(one, event)),
    );
    f.handle(1, [done(f.trigger, event)]);
    f.resend();
    f.handle(
      1,
      all.slice(1).map((one) => done(one, event)),
    );
    f.resend();
    expect(f.event(event)).toBeUndefined();
    f.table.markAbsent(0);
    f.table.bind(0, 0);
    f.table.markReplicating(0);
    return f;
  }

  it('its tables are gone: it is let pass, not waited for, written or scheduled again', () => {
    const f = again(reorganize, [2, 3]);
    expect(f.count(TaskState.ABSENT)).toBe(1);
    expect(f.shown(1, [waiting(f.trigger, reorganize)])).toEqual(['node1: ack 20 → 0']);
    f.resend();
    expect(f.resend()).toEqual(['node1: pass 20 → 0']);
    f.handle(1, [done(f.trigger, reorganize)]);
    expect([f.event(reorganize), f.barrier.pendingSchedules, f.count(TaskState.ABSENT)]).toEqual([undefined, 0, 1]);
  });

  it('it was asked to pass before it came: it is asked again, though its predecessor was beyond the event', () => {
    const event = facts(30n, { type: 'normal', tableIds: [0, 2, 3] });
    const f = new BarrierFixture();
    const [d2, d3] = [f.task(2), f.task(3)];
    f.handle(1, [waiting(f.trigger, facts(40n, { type: 'normal', tableIds: [0, 2] }))]);
    f.table.markAbsent(0);
    f.table.bind(0, 0);
    f.table.markReplicating(0);
    f.handle(1, [waiting(d2, event)]);
    f.resend();
    expect(f.resend()).toEqual(['node1: pass 30 → 0,2,3']);
    f.handle(1, [done(d2, event), done(d3, event), waiting(f.trigger, event)]);
    f.resend(1_000);
    expect(f.resend(1_000)).toEqual(['node1: pass 30 → 0,2,3']);
    f.handle(1, [done(f.trigger, event)]);
    expect(f.event(event)).toBeUndefined();
  });

  it('a schema that is gone: the same', () => {
    const drop = facts(20n, { type: 'db', schemaId: 1 }, { drops: { type: 'db', schemaId: 1 } });
    const f = again(drop, [2, 3]);
    expect(f.shown(1, [waiting(f.trigger, drop)])).toEqual(['node1: ack 20 → 0']);
    f.resend();
    expect(f.resend()).toEqual(['node1: pass 20 → schema 1']);
    f.handle(1, [done(f.trigger, drop)]);
    expect([f.event(drop), f.barrier.pendingSchedules]).toEqual([undefined, 0]);
  });
});

describe('an event of which a listed table is gone (B-60, I-12)', () => {
  const over = facts(20n, { type: 'normal', tableIds: [2, 3] });

  it('is over when the trigger is beyond it: a later event dropped the table, whose dispatchers stood there', () => {
    const f = new BarrierFixture();
    const d3 = f.task(3);
    f.handle(1, [waiting(d3, over)]);
    expect([f.resend(1_000), f.resend(1_000)]).toEqual([[], []]);
    f.barrier.triggerReported(20n);
    f.resend(1_000);
    expect(f.resend()).toEqual([`node1: pass 20 → ${d3.handle}`]);
    f.handle(1, [done(d3, over)]);
    expect(f.event(over)).toBeUndefined();
  });

  it('is not while an event below it has tables to add: the trigger may have told how far it is and not that it passed that one', () => {
    const f = new BarrierFixture();
    const d3 = f.task(3);
    const add = facts(10n, { type: 'normal', tableIds: [0, 3] }, { adds: [{ tableId: 2, schemaId: 1, splittable: false }] });
    f.handle(1, [waiting(f.trigger, add), waiting(d3, add)]);
    f.handle(1, [waiting(d3, over)]);
    f.barrier.triggerReported(30n);
    expect(f.resend(1_000)).toEqual(['node1: write 10 → 0']);
    expect(f.event(over)).toMatchObject({ forwarded: false });
    f.handle(1, [done(f.trigger, add)]);
    expect([f.count(TaskState.ABSENT), f.event(over)?.selected]).toEqual([1, false]);
  });
});

describe('an event that was completed, met again by a dispatcher that was created again below it (B-60, I-1)', () => {
  const alter = facts(20n, { type: 'db', schemaId: 1 });

  function completed(): { f: BarrierFixture; d2: ReturnType<BarrierFixture['task']> } {
    const f = new BarrierFixture();
    const d2 = f.task(2, 1);
    f.handle(1, [waiting(f.trigger, alter), waiting(d2, alter)]);
    f.handle(1, [done(f.trigger, alter)]);
    f.resend();
    f.handle(1, [done(d2, alter)]);
    expect(f.event(alter)).toBeUndefined();
    return { f, d2 };
  }

  it('it is let pass, alone, and nothing is written again', () => {
    const { f, d2 } = completed();
    f.table.markAbsent(d2.handle);
    f.table.bind(d2.handle, 0);
    f.table.markReplicating(d2.handle);
    const again = { handle: d2.handle, generation: f.table.generation[d2.handle] as number };
    expect(f.shown(1, [waiting(again, alter)])).toEqual([`node1: ack 20 → ${again.handle}`]);
    f.resend();
    expect(f.resend()).toEqual(['node1: pass 20 → schema 1']);
  });

  it('its tables are not scheduled again, though the trigger is long beyond it and answers once more (W-14, I-5)', () => {
    const event = facts(20n, { type: 'normal', tableIds: [0, 2] }, { adds: [{ tableId: 4, schemaId: 1, splittable: false }] });
    const f = new BarrierFixture();
    const d2 = f.task(2);
    f.handle(1, [waiting(f.trigger, event), waiting(d2, event)]);
    f.handle(1, [done(f.trigger, event), done(d2, event)]);
    f.handle(1, [done(d2, event)]);
    f.barrier.triggerReported(40n);
    f.barrier.committed(20n);
    f.scheduler.dropTables([4]);
    f.table.markAbsent(d2.handle);
    f.table.bind(d2.handle, 0);
    f.table.markReplicating(d2.handle);
    const again = { handle: d2.handle, generation: f.table.generation[d2.handle] as number };
    f.handle(1, [waiting(again, event)]);
    f.resend();
    f.resend();
    f.handle(1, [{ ...done(f.trigger, event), already: true }]);
    expect([f.barrier.pendingSchedules, f.count(TaskState.ABSENT), f.table.tables.slotOf(4)]).toEqual([0, 0, -1]);
  });

  it('is remembered until the committed checkpoint has passed it: nobody starts below that (K-7)', () => {
    const { f } = completed();
    const remembered = () => f.barrier.inspect(f.now).rememberedEvents;
    f.barrier.committed(20n);
    expect(remembered()).toBe(1);
    f.barrier.committed(21n);
    expect(remembered()).toBe(0);
  });
});
