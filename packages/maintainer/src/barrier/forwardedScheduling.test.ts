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
