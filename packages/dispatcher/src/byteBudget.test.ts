import { describe, expect, test } from 'vitest';
import { rowsMessage, syncPoint } from '../test/builders.js';
import { GroupFixture } from '../test/groupFixture.js';

const small = { highWater: 1_000, lowWater: 500, pauseCheck: 100 };

/** One message of one change of `bytes` (its column costs 32 more). */
function deliver(f: GroupFixture, handle: number, ts: bigint, bytes: number): void {
  f.send(rowsMessage([{ handle, commitTs: ts, bytes }]), 'source');
}

describe('the source is paused', () => {
  test('above the high mark, and goes on below the low one', () => {
    const f = new GroupFixture(small);
    f.add();
    f.deliver(syncPoint(10n), 10);
    deliver(f, 10, 11n, 600);
    expect(f.context.paused.has('source')).toBe(false);
    deliver(f, 10, 12n, 600);
    expect(f.context.paused.has('source')).toBe(true);
    f.pass(10, 10n, true);
    expect([f.context.paused.has('source'), f.sink.open.length]).toEqual([true, 2]);
    f.settleAll('write');
    expect([f.context.paused.has('source'), f.group.inspect().heldBytes]).toEqual([false, 0]);
  });

  test('rows with the sink count until they are flushed, and a sink that waits is told to flush', () => {
    const f = new GroupFixture(small);
    f.sink.wakeOn = 'enqueue';
    f.sink.writeOutcome = 'enqueued';
    f.add();
    deliver(f, 10, 11n, 600);
    expect(f.sink.count('flush')).toBe(0);
    deliver(f, 10, 12n, 600);
    expect(f.sink.calls.filter((call) => call.kind === 'flush')).toMatchObject([{ table: undefined }]);
    f.settleAll('write');
    expect(f.context.paused.size).toBe(0);
  });

  test('a part of a message counts as the whole: its bytes stay alive', () => {
    const f = new GroupFixture();
    f.add({ handle: 10 });
    f.add({ handle: 11, tableId: 2 });
    f.deliver(syncPoint(10n), 10);
    f.send(
      rowsMessage([
        { handle: 10, commitTs: 11n, bytes: 100 },
        { handle: 11, commitTs: 11n, bytes: 900 },
      ]),
      'source',
    );
    f.settleAll('write');
    expect(f.group.inspect().heldBytes).toBe(1_064);
  });

  test('queued block events count too', () => {
    const f = new GroupFixture(small);
    f.add();
    for (let ts = 1n; ts <= 10n; ts++) f.deliver(syncPoint(ts), 10);
    expect(f.context.paused.has('source')).toBe(true);
    for (let ts = 1n; ts <= 10n; ts++) f.pass(10, ts, true);
    expect([f.context.paused.has('source'), f.group.inspect().heldBytes]).toEqual([false, 0]);
  });

  test('a pause that nothing eases lets in a little more, step by step up to four times the bound', () => {
    const f = new GroupFixture(small);
    f.add();
    f.deliver(syncPoint(10n), 10);
    let ts = 11n;
    let taken = 0;
    for (let round = 0; round < 50; round++) {
      while (!f.context.paused.has('source')) {
        deliver(f, 10, ts++, 68);
        taken += 100;
      }
      f.advance(100);
    }
    expect(taken).toBeLessThanOrEqual(4_200);
    expect(taken).toBeGreaterThan(3_900);
    expect(f.context.logs.map((log) => log.level)).toContain('error');
    f.pass(10, 10n, true);
    f.settleAll('write');
    expect([f.context.paused.has('source'), f.group.inspect().heldBytes]).toEqual([false, 0]);
  });
});
