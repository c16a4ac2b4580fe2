import { ComponentState } from '@tidegate/protocol';
import { describe, expect, it } from 'vitest';
import { BarrierFixture } from '../testing/barrierFixture.js';
import { done, facts, none, waiting } from '../testing/requests.js';

describe('a DONE that is lost', () => {
  it('of a table that has left the schema since is not waited for: its later report proves that it passed (B-60, D-29)', () => {
    const f = new BarrierFixture();
    const [d1, d2] = [f.task(1), f.task(2)];
    const alter = facts(10n, { type: 'db', schemaId: 1 });
    f.handle(1, [waiting(f.trigger, alter), waiting(d1, alter), waiting(d2, alter)]);
    f.handle(1, [done(f.trigger, alter), done(d1, alter)]);
    expect(f.resend()).toEqual(['node1: pass 10 → schema 1']);
    // d2 passed and its DONE was lost. It is renamed at 20: from then on a pass to schema 1 does not reach it.
    f.handle(1, [waiting(d2, facts(20n, { type: 'normal', tableIds: [2, 0] }))]);
    expect(f.resend(1_000)).toEqual([]);
    expect(f.event(alter)).toBeUndefined();
  });

  it('is proven by nothing before the dispatcher was asked to pass, nor by a report of the event itself (I-2)', () => {
    const f = new BarrierFixture();
    const [d1, d2] = [f.task(1), f.task(2)];
    const alter = facts(10n, { type: 'normal', tableIds: [1, 2] });
    f.handle(1, [waiting(d1, alter), waiting(d2, alter)]);
    f.handle(1, [done(d2, alter)]);
    f.resend();
    f.handle(1, [waiting(d1, alter)]);
    expect(f.resend(1_000)).toEqual([`node1: pass 10 → ${d1.handle},${d2.handle}`]);
    expect(f.reported(alter)).toEqual([d2.handle]);
  });
});

describe('the DONE of a writer that is lost', () => {
  it('is made up for by its later report: the next round sends Pass, not another Write (B-60, I-1)', () => {
    const f = new BarrierFixture();
    const [d1, d2] = [f.task(1), f.task(2)];
    const alter = facts(10n, { type: 'normal', tableIds: [1, 2] });
    f.handle(1, [waiting(d1, alter), waiting(d2, alter)]);
    f.handle(1, [waiting(d2, facts(20n, { type: 'normal', tableIds: [2, 0] }))]);
    expect(f.resend(1_000)).toEqual([`node1: pass 10 → ${d1.handle},${d2.handle}`]);
  });

  it('is made up for by that of an event with tables to schedule as well: they are scheduled (I-5)', () => {
    const f = new BarrierFixture();
    const d1 = f.task(1);
    const truncate = facts(
      10n,
      { type: 'normal', tableIds: [1, 0] },
      { drops: { type: 'normal', tableIds: [1] }, adds: [{ tableId: 9, schemaId: 1, splittable: false }] },
    );
    f.handle(1, [waiting(d1, truncate), waiting(f.trigger, truncate)]);
    f.handle(1, [waiting(f.trigger, facts(20n, { type: 'db', schemaId: 1 }))]);
    f.resend(1_000);
    expect([f.table.tables.slotOf(1), f.table.tables.slotOf(9) >= 0, f.barrier.pendingSchedules]).toEqual([-1, true, 0]);
  });
});

describe('the DONE of a writer that is moved away', () => {
  const alter = facts(10n, { type: 'normal', tableIds: [1, 2] });

  function moved() {
    const f = new BarrierFixture({ nodes: 2 });
    const [d1, d2] = [f.task(1, 2), f.task(2, 2)];
    f.handle(2, [waiting(d2, alter), waiting(d1, alter)]);
    f.operators.move(d1.handle, 0);
    return { f, d1, d2 };
  }

  it('counts while it leaves: nobody else has to write (B-17, B-39, I-1)', () => {
    const { f, d1 } = moved();
    expect(f.shown(2, [done(d1, alter)])).toEqual([`node2: ignored 10 → ${d1.handle}`]);
    expect(f.event(alter)?.advanced).toBe(true);
  });

  it('counts when it comes behind the news that it stopped; the DONE of another does not', () => {
    const { f, d1, d2 } = moved();
    f.operators.status(d1.handle, ComponentState.STOPPED, 1);
    f.handle(2, [done({ ...d2, generation: 77 }, alter), waiting(d1, alter)]);
    expect(f.event(alter)?.advanced).toBe(false);
    expect(f.shown(2, [done(d1, alter)])).toEqual([`node2: unknown 10 → ${d1.handle}`]);
    expect([f.event(alter)?.advanced, f.reported(alter)]).toEqual([true, []]);
    expect(f.resend(1_000)).toEqual([`node1: pass 10 → ${d1.handle}`, `node2: pass 10 → ${d2.handle}`]);
  });
});

describe('the second phase', () => {
  it('asks nothing of a table that was added after the write: it starts beyond the event (V-6, W-4)', () => {
    const f = new BarrierFixture();
    const d1 = f.task(1);
    const view = facts({ commitTs: 10n, isSyncPoint: true }, { type: 'all' });
    f.handle(1, [waiting(f.trigger, view), waiting(d1, view)]);
    f.handle(1, [done(f.trigger, view)]);
    f.handle(1, [none(f.trigger, facts(20n, undefined, { adds: [{ tableId: 9, schemaId: 1, splittable: false }] }))]);
    expect(f.table.tables.slotOf(9)).toBeGreaterThanOrEqual(0);
    f.handle(1, [done(d1, view)]);
    expect(f.event(view)).toBeUndefined();
  });
});

describe('the bound of open events', () => {
  it('holds up no event before all open ones: they may wait for those who stand at it (I-12)', () => {
    const f = new BarrierFixture({ maxEvents: 1 });
    const [d1, d2, d3] = [f.task(1), f.task(2), f.task(3)];
    const [early, late] = [facts(10n, { type: 'normal', tableIds: [2, 3] }), facts(20n, { type: 'normal', tableIds: [1, 2] })];
    f.handle(1, [waiting(d1, late)]);
    expect(f.shown(1, [waiting(d2, early), waiting(d3, early)])).toEqual([
      `node1: ack 10 → ${d2.handle},${d3.handle}`,
      `node1: write 10 → ${d3.handle}`,
    ]);
  });
});
