import { describe, expect, it } from 'vitest';
import { TaskState } from '../span/taskState.js';
import { BarrierFixture } from '../testing/barrierFixture.js';
import { done, facts, waiting } from '../testing/requests.js';

describe('barrier event', () => {
  it('ScheduleEvent: drops run before adds (B-33)', () => {
    const f = new BarrierFixture();
    f.absent(1);
    f.scheduler.dropTables([1]);
    f.scheduler.addTables(
      [2, 3].map((tableId) => ({ tableId, schemaId: 1, splittable: false })),
      10n,
    );
    expect(f.count(TaskState.ABSENT)).toBe(2);
    f.scheduler.dropSchema(1);
    f.scheduler.addTables([{ tableId: 4, schemaId: 1, splittable: false }], 10n);
    expect(f.count(TaskState.ABSENT)).toBe(1);
    f.scheduler.dropTables([4]);
    f.scheduler.addTables([{ tableId: 5, schemaId: 1, splittable: false }], 10n);
    expect(f.count(TaskState.ABSENT)).toBe(1);
  });

  describe('ResendAction (B-37 … B-42)', () => {
    it('is silent within a second of the last send, and for an event that is not selected (B-37, B-38)', () => {
      const f = new BarrierFixture();
      const [d1, d2] = [f.task(1), f.task(2)];
      const event = facts(10n, { type: 'normal', tableIds: [1, 2] });
      f.handle(1, [waiting(d1, event)]);
      expect(f.resend(5_000)).toEqual([]);
      f.handle(1, [waiting(d2, event)]);
      expect(f.resend(999)).toEqual([]);
      expect(f.resend(1)).toEqual([`node1: write 10 → ${d2.handle}`]);
    });

    it('sends Pass once for a schema', () => {
      const f = new BarrierFixture();
      const [d1, d2] = [f.task(1), f.task(2)];
      const event = facts(10n, { type: 'db', schemaId: 1 });
      f.handle(1, [waiting(d1, event), waiting(d2, event), waiting(f.trigger, event)]);
      f.handle(1, [done(f.trigger, event)]);
      expect(f.resend()).toEqual(['node1: pass 10 → schema 1']);
    });

    it('sends Pass once for all', () => {
      const f = new BarrierFixture();
      const d1 = f.task(1);
      const event = facts(10n, { type: 'all' });
      f.handle(1, [waiting(d1, event), waiting(f.trigger, event)]);
      f.handle(1, [done(f.trigger, event)]);
      expect(f.resend()).toEqual(['node1: pass 10 → all']);
    });

    it('sends Pass to every dispatcher of the listed tables in one message a node', () => {
      const f = new BarrierFixture();
      const [d1, d2] = [f.task(1), f.task(2)];
      const event = facts(10n, { type: 'normal', tableIds: [1, 2] });
      f.handle(1, [waiting(d1, event), waiting(d2, event)]);
      f.handle(1, [done(d2, event)]);
      expect(f.resend()).toEqual([`node1: pass 10 → ${d1.handle},${d2.handle}`]);
    });
  });

  it('NormalPassResendDoesNotWaitForQuietStatus (B-41)', () => {
    const f = new BarrierFixture();
    const [d1, d2, d3] = [f.task(1), f.task(2), f.task(3)];
    const event = facts(10n, { type: 'normal', tableIds: [1, 2, 3] });
    f.handle(1, [waiting(d1, event), waiting(d2, event), waiting(d3, event)]);
    f.handle(1, [done(d3, event)]);
    expect(f.resend()).toHaveLength(1);
    f.now += 2_000;
    f.handle(1, [done(d1, event)]);
    expect(f.resend()).toHaveLength(1);
  });

  it("SendPassActionTypeDBIncludesWriterNode: the schema's nodes and the trigger's (B-42)", () => {
    const f = new BarrierFixture({ nodes: 2 });
    const [d1, d2] = [f.task(1, 2), f.task(2, 2)];
    const event = facts(10n, { type: 'db', schemaId: 1 });
    f.handle(2, [waiting(d1, event), waiting(d2, event)]);
    f.handle(1, [waiting(f.trigger, event)]);
    f.handle(1, [done(f.trigger, event)]);
    expect(f.resend().sort()).toEqual(['node1: pass 10 → schema 1', 'node2: pass 10 → schema 1']);
  });

  it('22.15: Pass for all goes to a node without dispatchers; for a schema only where it has tasks (B-42)', () => {
    const all = new BarrierFixture({ nodes: 3 });
    const d1 = all.task(1, 2);
    const sync = facts({ commitTs: 10n, isSyncPoint: true }, { type: 'all' });
    all.handle(2, [waiting(d1, sync)]);
    all.handle(1, [waiting(all.trigger, sync)]);
    all.handle(1, [done(all.trigger, sync)]);
    expect(all.resend()).toHaveLength(3);

    const db = new BarrierFixture({ nodes: 3 });
    const d2 = db.task(1, 2);
    db.task(2, 3, { schemaId: 2 });
    const alter = facts(10n, { type: 'db', schemaId: 1 });
    db.handle(2, [waiting(d2, alter)]);
    db.handle(1, [waiting(db.trigger, alter)]);
    db.handle(1, [done(db.trigger, alter)]);
    expect(db.resend().sort()).toEqual(['node1: pass 10 → schema 1', 'node2: pass 10 → schema 1']);
  });
});
