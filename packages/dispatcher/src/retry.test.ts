import { describe, expect, test } from 'vitest';
import { added, ddl, normal, syncPoint } from '../test/builders.js';
import { GroupFixture } from '../test/groupFixture.js';
import { resolveGroupOptions } from './options.js';
import { retryDelay } from './retry.js';

const both = (ts: bigint): ReturnType<typeof ddl> => ddl(ts, { blockTables: normal(0, 1) });

describe('retry tasks (D-34)', () => {
  test('22.6: at 5, 10, 15 s until the ACK, with the same facts each time (D-34)', () => {
    const f = new GroupFixture();
    f.add();
    f.deliver(both(10n), 10);
    const facts = f.facts();
    expect(f.posted()).toEqual(['WAITING 10/10']);
    for (let i = 0; i < 3; i++) {
      f.advance(4_999);
      expect(f.posted()).toEqual([]);
      f.advance(1);
      expect(f.posted()).toEqual(['WAITING 10/10']);
      expect(f.facts()[0]).toBe(facts[0]);
    }
    f.ack(10, 10n);
    f.advance(60_000);
    expect(f.posted()).toEqual([]);
  });

  test('NONE is repeated until the ACK', () => {
    const f = new GroupFixture();
    f.add({ handle: 0 });
    f.deliver(ddl(10n, { blockTables: normal(0), adds: [added(7)] }), 0);
    f.advance(10_000);
    expect(f.posted()).toEqual(['NONE 0/10', 'NONE 0/10', 'NONE 0/10']);
    f.ack(0, 10n);
    f.advance(60_000);
    expect(f.posted()).toEqual([]);
  });

  test('22.6: none after removal (D-49)', () => {
    const f = new GroupFixture();
    f.add();
    f.deliver(both(10n), 10);
    f.posted();
    f.remove(10);
    f.advance(60_000);
    expect(f.posted()).toEqual([]);
  });

  test('DONE has no retry task', () => {
    const f = new GroupFixture();
    f.add();
    f.deliver(both(10n), 10);
    f.pass(10, 10n);
    f.posted();
    f.advance(60_000);
    expect(f.posted()).toEqual([]);
  });

  test('an accepted action cancels it, acknowledged or not (W-3)', () => {
    const f = new GroupFixture();
    f.sink.auto.delete('execute');
    f.add();
    f.deliver(both(10n), 10);
    f.posted();
    f.write(10, 10n);
    f.advance(60_000);
    expect([f.posted(), f.view(10).retries]).toEqual([[], 0]);
  });

  test('each dispatcher counts from its own report, on one timer per event', () => {
    const f = new GroupFixture();
    f.add({ handle: 10 });
    f.add({ handle: 11, tableId: 2 });
    f.deliver(syncPoint(10n), 10);
    f.advance(2_000);
    f.deliver(syncPoint(10n), 11);
    f.posted();
    f.advance(3_000);
    expect(f.posted()).toEqual(['WAITING 10/10s']);
    f.advance(2_000);
    expect(f.posted()).toEqual(['WAITING 11/10s']);
    f.advance(3_000);
    expect(f.posted()).toEqual(['WAITING 10/10s']);
  });

  test('an ACK of one leaves the others', () => {
    const f = new GroupFixture();
    for (const handle of [10, 11, 12]) f.add({ handle, tableId: handle });
    f.deliver(syncPoint(10n));
    f.posted();
    f.ack(11, 10n, true);
    f.advance(5_000);
    expect(f.posted()).toEqual(['WAITING 10/10s', 'WAITING 12/10s']);
  });
});

describe('back-off (T-E)', () => {
  test('grows from the interval to the cap; jitter takes off a share of the growth only', () => {
    const options = resolveGroupOptions({ retryBackoff: 2, retryJitter: 0.5 });
    const most = 2 ** 32 - 1;
    expect([0, 1, 2, 3, 9].map((attempt) => retryDelay(options, attempt, 0))).toEqual([5_000, 10_000, 20_000, 30_000, 30_000]);
    expect([0, 1, 2].map((attempt) => retryDelay(options, attempt, most))).toEqual([5_000, 7_500, 12_500]);
    expect(retryDelay(resolveGroupOptions({ retryBackoff: 1 }), 7, most)).toBe(5_000);
  });

  test('one that is due while the last still waits for room is merged into it, and counted', () => {
    const f = new GroupFixture();
    f.add();
    f.context.full.add('coordinator');
    f.deliver(both(10n), 10);
    expect(f.group.inspect()).toMatchObject({ posted: 0, suppressed: 0 });
    f.advance(15_000);
    expect(f.group.inspect()).toMatchObject({ posted: 0, suppressed: 3 });
    f.context.full.delete('coordinator');
    f.group.room('coordinator');
    expect(f.posted()).toEqual(['WAITING 10/10']);
    expect(f.group.inspect()).toMatchObject({ posted: 1, suppressed: 3 });
  });

  test('starts again with the next event', () => {
    const f = new GroupFixture({ retryBackoff: 2, retryJitter: 0 });
    f.add();
    f.deliver(both(10n), 10);
    f.posted();
    f.advance(14_999); // 5 s, then 10 s later
    expect(f.posted()).toEqual(['WAITING 10/10']);
    f.advance(1);
    expect(f.posted()).toEqual(['WAITING 10/10']);
    f.pass(10, 10n);
    f.deliver(both(20n), 10);
    f.posted();
    f.advance(5_000);
    expect(f.posted()).toEqual(['WAITING 10/20']);
  });

  test('two groups with different seeds spread', () => {
    const times = [1, 2].map((seed) => {
      const f = new GroupFixture({ retryBackoff: 2 }, { seed });
      f.add();
      f.deliver(both(10n), 10);
      f.advance(5_000);
      f.posted();
      let waited = 0;
      while (f.posted().length === 0) {
        f.advance(10);
        waited += 10;
      }
      return waited;
    });
    expect(times[0]).not.toBe(times[1]);
    for (const time of times) expect(time).toBeGreaterThan(8_900);
  });
});
