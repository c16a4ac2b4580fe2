import { describe, expect, it } from 'vitest';
import { BarrierFixture } from '../testing/barrierFixture.js';
import { done, facts, waiting } from '../testing/requests.js';

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
