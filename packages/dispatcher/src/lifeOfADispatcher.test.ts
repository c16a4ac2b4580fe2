import { ComponentState } from '@tidegate/protocol';
import { describe, expect, test } from 'vitest';
import { added, configOf, ddl, HALF, normal, syncPoint } from '../test/builders.js';
import { GroupFixture } from '../test/groupFixture.js';

describe('states (D-1, D-50)', () => {
  test('D-1: Initializing, Working, Stopped; a source of a merge is WaitingMerge in between, and may come back', () => {
    const f = new GroupFixture();
    f.add();
    f.freeze(10);
    f.thaw(10);
    f.freeze(10);
    f.remove(10);
    expect(f.components().map(([, state]) => state)).toEqual([
      ComponentState.INITIALIZING,
      ComponentState.WORKING,
      ComponentState.WAITING_MERGE,
      ComponentState.WORKING,
      ComponentState.WAITING_MERGE,
      ComponentState.STOPPED,
    ]);
  });

  test('D-50: Stopped is told before the dispatcher is forgotten, and it is in no heartbeat after', () => {
    const f = new GroupFixture();
    f.add();
    f.resolved(5n);
    f.components();
    f.context.full.add('coordinator');
    f.remove(10);
    f.advance(1_000);
    expect(f.components()).toEqual([]);
    f.context.full.clear();
    f.group.room('coordinator');
    expect(f.components().at(-1)).toEqual([10, ComponentState.STOPPED, 5n]);
    f.send({ type: 'snapshot', id: 1, columns: true });
    expect(f.components()).toEqual([]);
  });

  test('D-48: a removal does not wait for a sink that keeps rows back until it is told to flush; neither does a merge', () => {
    for (const ask of ['remove', 'freeze'] as const) {
      const f = new GroupFixture();
      f.sink.wakeOn = 'enqueue';
      f.sink.writeOutcome = 'enqueued';
      f.sink.auto.delete('flush');
      for (const handle of [10, 11, 12, 13]) {
        f.add({ handle, tableId: handle });
        if (handle < 13) f.rows(handle, 5);
      }
      for (const handle of [13, 10, 11, 12]) f[ask](handle);
      expect(f.sink.calls.filter(({ kind }) => kind === 'flush').map(({ table }) => table)).toEqual([undefined]);
      f.settleAll('flush');
      expect(f.sink.count('flush')).toBe(2); // the second covers what came after the first
      f.settleAll('flush');
      f.settleAll('write');
      expect(f.sink.count('flush')).toBe(2);
      expect(ask === 'remove' ? f.group.inspect().dispatchers : f.frozen().length).toBe(ask === 'remove' ? 0 : 4);
    }
  });
});

describe('intake (D-6, D-19)', () => {
  test('D-6: a batch of which every row is stale or skipped does not close the stream', () => {
    const f = new GroupFixture();
    f.add({ startTs: 5n, skipDmlAsStartTs: true });
    f.rows(10, 4, 6);
    expect([f.view(10).phase, f.sink.calls, f.wakes]).toEqual(['open', [], 0]);
    f.rows(10, 7);
    expect(f.sink.count('write')).toBe(1);
  });

  test('D-19: the path is chosen on delivery; sink work begins on the executor, when it has room (D-44)', () => {
    const f = new GroupFixture({ executorSlots: 1 });
    f.sink.auto.delete('execute');
    for (const handle of [10, 11]) f.add({ handle, tableId: handle });
    for (const handle of [10, 11]) f.deliver(ddl(5n, { blockTables: normal(handle) }), handle);
    expect([f.view(10).phase, f.view(11).phase, f.sink.count('execute')]).toEqual(['executing', 'executing', 1]);
    f.settleAll('execute');
    expect([f.view(10).phase, f.sink.count('execute')]).toEqual(['open', 2]);
  });

  test('W-12: a coordinator that takes nothing holds up no writer and no executor', () => {
    const f = new GroupFixture({ executorSlots: 1 });
    for (const handle of [10, 11, 12]) f.add({ handle, tableId: handle, range: HALF });
    for (const handle of [10, 11]) f.deliver(ddl(5n, { blockTables: normal(handle) }), handle);
    f.context.full.add('coordinator');
    f.write(10, 5n);
    f.write(11, 5n);
    f.rows(12, 6);
    expect([f.sink.count('execute'), f.sink.count('write'), f.group.inspect().executor.running]).toEqual([2, 1, 0]);
    f.context.full.clear();
    f.group.room('coordinator');
    expect(f.posted().filter((status) => status.startsWith('DONE'))).toEqual(['DONE 10/5', 'DONE 11/5']);
  });
});

describe('what is told of an event, and when', () => {
  test('D-25: NONE comes after the write, from any dispatcher; only the trigger counts it', () => {
    const f = new GroupFixture();
    f.sink.auto.delete('execute');
    f.add({ handle: 0 });
    f.add({ handle: 10 });
    f.deliver(ddl(5n, { blockTables: normal(1), drops: normal(1) }), 10);
    expect(f.posted()).toEqual([]);
    f.settleAll('execute');
    expect([f.posted(), f.view(10).retries, f.view(0).trigger?.unacked]).toEqual([['NONE 10/5'], 1, 0]);
  });

  test('D-27: a NONE is acknowledged as a DDL; an ACK for a sync point at its ts is none', () => {
    const f = new GroupFixture();
    f.add({ handle: 0 });
    f.deliver(ddl(5n, { blockTables: normal(0), adds: [added(7)] }), 0);
    f.ack(0, 5n, true);
    expect(f.view(0).trigger?.unacked).toBe(1);
    f.ack(0, 5n);
    expect(f.view(0).trigger?.unacked).toBe(0);
  });

  test('D-31: a pass sets the largest commit ts, clears the slot, wakes, and is told, in this order', () => {
    const f = new GroupFixture();
    f.add();
    f.deliver(syncPoint(5n), 10);
    f.deliver(syncPoint(8n), 10);
    f.statuses();
    f.pass(10, 5n, true);
    // The slot is the next event's already, and DONE precedes its WAITING (L-7).
    expect([f.posted(), f.view(10).event?.commitTs]).toEqual([['DONE 10/5s', 'WAITING 10/8s'], 8n]);
    expect([f.view(10).checkpointTs, f.wakes, f.sink.calls]).toEqual([4n, 1, []]);
  });

  test('an error is told again to whoever asks for everything: a new coordinator has not heard of it (D-33, S-3)', () => {
    const f = new GroupFixture();
    f.add();
    f.rows(10, 5);
    f.settleCall(f.opened('write'), 'sink-failed');
    expect(f.errors()).toEqual(['DISPATCHER_SINK']);
    f.send({ type: 'snapshot', id: 1, columns: true });
    expect(f.errors()).toEqual([]);
    f.send({ type: 'snapshot', id: 2 });
    expect(f.errors()).toEqual(['DISPATCHER_SINK']);
  });

  test('a snapshot has what would create each dispatcher again, and how many creations it accounts for (S-3, H-3)', () => {
    const f = new GroupFixture();
    const config = configOf({ handle: 10, range: HALF, startTs: 7n, skipDmlAsStartTs: true, generation: 3 });
    f.create(config);
    f.create(config, configOf({ handle: 11 }));
    expect(f.snapshot()).toMatchObject({ created: 3, spans: [{ config, state: ComponentState.INITIALIZING }, {}] });
  });
});
