import { ComponentState } from '@tidegate/protocol';
import { describe, expect, test } from 'vitest';
import { configOf, ddl, normal, syncPoint } from '../test/builders.js';
import { GroupFixture } from '../test/groupFixture.js';

describe('a fenced worker (F-12)', () => {
  test('begins no sink call: not for what waits, what comes, or what it is told', () => {
    const f = new GroupFixture({ executorSlots: 1 });
    f.sink.auto.clear();
    for (const handle of [10, 11, 12]) f.add({ handle, tableId: handle - 9 });
    f.deliver(ddl(5n, { blockTables: normal(1, 2, 3) }));
    f.write(10, 5n); // runs
    f.write(11, 5n); // waits for the executor
    f.rows(12, 6);
    const before = f.sink.calls.length;
    f.send({ type: 'fence' });
    f.settleAll('execute');
    f.pass(12, 5n);
    f.rows(12, 7);
    f.deliver(syncPoint(8n));
    f.send({ type: 'sink-checkpoint', checkpointTs: 4n });
    f.send({ type: 'write-redo-meta', resolvedTs: 4n, checkpointTs: 4n });
    f.create(configOf({ handle: 13 }));
    f.advance(60_000);
    expect([f.sink.calls.length, f.group.view(13), f.group.inspect().fenced]).toEqual([before, undefined, true]);
  });

  test('a write under way is not waited for: removals end at once, below what is not done', () => {
    const f = new GroupFixture();
    f.sink.auto.clear();
    f.add({ handle: 10 });
    f.add({ handle: 11, tableId: 2 });
    f.rows(10, 5);
    f.deliver(ddl(7n, { blockTables: normal(1, 2) }), 11);
    f.write(11, 7n);
    f.statuses();
    f.components();
    f.send({ type: 'fence' });
    f.remove(10);
    f.remove(11);
    expect(f.components()).toEqual([
      [10, ComponentState.STOPPED, 4n],
      [11, ComponentState.STOPPED, 6n],
    ]);
    f.settleAll('execute');
    expect([f.posted(), f.errors()]).toEqual([[], []]); // nothing is reported to the maintainer
  });

  test('it still says what it has', () => {
    const f = new GroupFixture();
    f.add();
    f.send({ type: 'fence' });
    expect(f.snapshot()).toMatchObject({ created: 1, spans: [{ config: { handle: 10 } }] });
  });
});
