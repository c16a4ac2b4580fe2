import { describe, expect, it } from 'vitest';
import { BarrierFault } from '../errors.js';
import { BarrierFixture } from '../testing/barrierFixture.js';
import { done, facts, waiting } from '../testing/requests.js';

describe('pace of resends', () => {
  it('22.17: Write every second at first, then ever more seldom, up to the cap (B-37, W-13, T-E)', () => {
    const f = new BarrierFixture();
    const d1 = f.task(1);
    f.handle(1, [waiting(d1, facts(10n, { type: 'normal', tableIds: [1] }))]);
    const sends: number[] = [];
    for (let tick = 0; tick < 3_000; tick++) if (f.resend(100).length > 0) sends.push(f.now);
    expect(sends.slice(0, 5)).toEqual([1_000, 2_000, 3_000, 4_000, 5_000]);
    expect(sends.length).toBeLessThan(25);
    const pauses = sends.slice(1).map((at, i) => at - (sends[i] as number));
    expect(Math.max(...pauses)).toBeLessThanOrEqual(30_000);
    expect(pauses.at(-1)).toBeGreaterThan(20_000);
  });

  it('22.17: the first Pass is due at once after the DONE of the writer (B-17)', () => {
    const f = new BarrierFixture();
    const [d1, d2] = [f.task(1), f.task(2)];
    const event = facts(10n, { type: 'normal', tableIds: [1, 2] });
    f.handle(1, [waiting(d1, event), waiting(d2, event)]);
    f.now = 40_000;
    f.handle(1, [done(d2, event)]);
    expect(f.barrier.takeProgress()).toBe(true);
    expect(f.resend()).toEqual([`node1: pass 10 → ${d1.handle},${d2.handle}`]);
  });

  it('22.16: while DONEs flow in every 0.9 s there is one Pass; a second of silence brings the next; WAITINGs do not count (B-40, B-41)', () => {
    const f = new BarrierFixture();
    const tasks = Array.from({ length: 15 }, (_, i) => f.task(i + 1));
    const event = facts(10n, { type: 'all' });
    f.handle(
      1,
      [...tasks, f.trigger].map((task) => waiting(task, event)),
    );
    f.handle(1, [done(f.trigger, event)]);
    const passes: number[] = [];
    const tick = (): void => {
      if (f.resend(100).length > 0) passes.push(f.now);
    };
    expect(f.resend()).toHaveLength(1);
    for (const task of tasks.slice(0, 11)) {
      f.handle(1, [done(task, event)]);
      for (let i = 0; i < 9; i++) tick();
    }
    expect(passes).toEqual([]);
    for (let i = 0; i < 3; i++) {
      f.handle(1, [waiting(tasks[14] as (typeof tasks)[number], event)]);
      tick();
    }
    expect(passes).toHaveLength(1);
  });

  it('a writer whose DONE was lost and that is seen at a later event has written: nobody writes again (I-1, B-60)', () => {
    const f = new BarrierFixture();
    const [d1, d2] = [f.task(1), f.task(2)];
    const both = facts(10n, { type: 'normal', tableIds: [1, 2] });
    const drop = facts(20n, { type: 'normal', tableIds: [2, 0] }, { drops: { type: 'normal', tableIds: [2] } });
    f.handle(1, [waiting(d1, both), waiting(d2, both)]);
    expect(f.event(both)?.writer?.handle).toBe(d2.handle);
    f.handle(1, [waiting(d2, drop), waiting(f.trigger, drop)]);
    f.handle(1, [done(f.trigger, drop)]);
    expect(f.table.tables.slotOf(2)).toBe(-1);
    expect(f.event(both)).toMatchObject({ advanced: true });
    expect(f.resend(1_000)).toContain(`node1: pass 10 → ${d1.handle}`);
  });

  it('22.14: a lost writer of a split table is replaced; its successor hears of it one round later (B-39)', () => {
    const f = new BarrierFixture({ nodes: 2, splitTables: true });
    const a = f.task(1, 1, { range: ['', 'm'] });
    const b = f.task(1, 2, { range: ['m', ''] });
    const event = facts(10n, { type: 'normal', tableIds: [1] });
    f.handle(1, [waiting(a, event)]);
    f.handle(2, [waiting(b, event)]);
    expect(f.event(event)?.writer?.handle).toBe(b.handle);
    f.table.markAbsent(b.handle);
    expect(f.resend(1_000)).toEqual([]);
    expect(f.event(event)?.writer?.handle).toBe(a.handle);
    expect(f.resend(1_000)).toEqual([`node1: write 10 → ${a.handle}`]);
  });

  it('an event that nobody can write any more is a typed fault with a dump, not a crash (B-39, T-G)', () => {
    const f = new BarrierFixture();
    const d1 = f.task(1);
    f.handle(1, [waiting(d1, facts(10n, { type: 'normal', tableIds: [1] }))]);
    f.operators.remove(d1.handle);
    expect(() => f.resend(1_000)).toThrow(BarrierFault);
  });

  it('an event for all that drops tables is a typed fault before anything is written (M-2)', () => {
    const f = new BarrierFixture();
    const event = facts(10n, { type: 'all' }, { drops: { type: 'all' } });
    expect(() => f.handle(1, [waiting(f.trigger, event)])).toThrow(/M-2/);
  });
});

describe('barriers explain themselves (T-F)', () => {
  it('tells its phases with times, and remembers the last ones', () => {
    const f = new BarrierFixture({ history: 2 });
    const d1 = f.task(1);
    for (const ts of [10n, 20n, 30n]) {
      const event = facts({ commitTs: ts, isSyncPoint: true }, { type: 'all' });
      f.handle(1, [waiting(d1, event)]);
      f.now += 70;
      f.handle(1, [waiting(f.trigger, event)]);
      f.now += 5;
      f.handle(1, [done(f.trigger, event)]);
      f.now += 3;
      f.handle(1, [done(d1, event)]);
    }
    const phases = f.told.filter((event) => event.type === 'barrier').map((event) => event.phase);
    expect(phases.slice(0, 4)).toEqual(['opened', 'selected', 'written', 'completed']);
    const { history } = f.barrier.inspect(f.now);
    expect(history.map(({ key }) => key.commitTs)).toEqual([20n, 30n]);
    expect(history[0]).toMatchObject({ participants: 2, alignment: 70, writing: 5, passing: 3 });
  });

  it('names who is missing every 10 s, and when the deadline passes (B-45)', () => {
    const f = new BarrierFixture({ barrierDeadline: 25_000 });
    const [d1, d2] = [f.task(1), f.task(2)];
    f.handle(1, [waiting(d1, facts(10n, { type: 'normal', tableIds: [1, 2] }))]);
    const stuck = (): number => f.told.filter((event) => event.type === 'barrier-stuck').length;
    f.resend(9_999);
    expect(stuck()).toBe(0);
    f.resend(1);
    expect(stuck()).toBe(1);
    const told = f.told.at(-1);
    expect(told).toMatchObject({
      missingCount: 1,
      missing: [{ handle: d2.handle, tableId: 2, host: 'node1', state: 'replicating' }],
    });
    f.resend(10_000);
    f.resend(5_000);
    expect(stuck()).toBe(3);
  });

  it('fails with a typed fault at the deadline when told to', () => {
    const f = new BarrierFixture({ barrierDeadline: 3_000, onBarrierDeadline: 'fail' });
    const d1 = f.task(1);
    f.handle(1, [waiting(d1, facts(10n, { type: 'normal', tableIds: [1, 2] }))]);
    f.resend(2_000);
    expect(() => f.resend(1_000)).toThrow(/deadline of 3000 ms/);
  });
});
