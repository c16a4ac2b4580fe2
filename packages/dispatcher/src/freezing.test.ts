import { ComponentState } from '@tidegate/protocol';
import { describe, expect, test } from 'vitest';
import { added, ddl, HALF, normal, syncPoint } from '../test/builders.js';
import { GroupFixture } from '../test/groupFixture.js';

const at = (checkpointTs: bigint, commitTs?: bigint, isSyncPoint = false) => ({
  ...{ handle: 10, generation: 1, checkpointTs },
  ...(commitTs !== undefined && { parkedAt: { commitTs, isSyncPoint } }),
});

/** A fixture with dispatcher 10, which has resolved 5. */
function working(given: object = {}): GroupFixture {
  const f = new GroupFixture();
  f.add({ range: HALF, ...given });
  f.resolved(5n);
  f.components();
  return f;
}

describe('freeze (T-6, T-7)', () => {
  test('WAITING_MERGE at once, then where it stands; from then on its checkpoint stands still', () => {
    const f = working();
    f.freeze(10);
    expect(f.components()).toEqual([[10, ComponentState.WAITING_MERGE, 5n]]);
    expect(f.frozen()).toEqual([at(5n)]);
    f.resolved(9n);
    expect([f.view(10).checkpointTs, f.heartbeat().checkpointTs]).toEqual([5n, 5n]);
  });

  test('it takes no rows, no block event and no mark; what comes waits, bounded as ever', () => {
    const f = working();
    f.freeze(10);
    f.rows(10, 6);
    f.deliver(syncPoint(7n));
    f.rows(10, 8);
    f.resolved(9n);
    expect(f.view(10)).toMatchObject({ inbox: 3, checkpointTs: 5n, resolvedTs: 5n, stage: 'NONE' });
    expect([f.sink.calls, f.posted()]).toEqual([[], []]);
    expect(f.group.inspect().heldBytes).toBeGreaterThan(0);
  });

  test('rows with the sink are finished first (D-48)', () => {
    const f = working();
    f.rows(10, 6);
    f.freeze(10);
    expect([f.components()[0]?.[1], f.frozen(), f.group.inspect().freezing]).toEqual([ComponentState.WAITING_MERGE, [], 1]);
    f.settleAll('write');
    expect([f.frozen(), f.group.inspect().freezing]).toEqual([[at(5n)], 0]);
  });

  test('one that is parked names its event, takes no action, and repeats nothing (T-6, D-51)', () => {
    const f = working();
    f.deliver(syncPoint(7n), 10);
    expect(f.posted()).toEqual(['WAITING 10/7s']);
    f.freeze(10);
    expect(f.frozen()).toEqual([at(5n, 7n, true)]);
    f.pass(10, 7n, true);
    f.hint(10, 7n, true);
    f.advance(30_000);
    expect([f.posted(), f.view(10).stage, f.view(10).retries]).toEqual([[], 'WAITING', 1]);
    expect(f.snapshot().spans[0]).toMatchObject({ state: ComponentState.WAITING_MERGE, blockState: { stage: 1 } });
    f.ack(10, 7n, true);
    expect(f.view(10).retries).toBe(0); // an acknowledgement asks nothing of it
  });

  test('a write under way is finished, its DONE goes first, and queued actions are not taken any more', () => {
    const f = working();
    f.sink.auto.delete('execute');
    f.deliver(ddl(7n, { blockTables: normal(1) }), 10);
    f.write(10, 7n);
    f.write(10, 7n); // queues behind the first (D-36)
    f.statuses();
    f.freeze(10);
    expect(f.frozen()).toEqual([]);
    f.context.full.add('coordinator');
    f.settleAll('execute');
    expect(f.frozen()).toEqual([]);
    f.context.full.clear();
    f.group.room('coordinator');
    expect([f.posted(), f.frozen(), f.view(10).stage]).toEqual([['DONE 10/7'], [at(6n)], 'NONE']);
  });

  test('a flush under way is finished: it stands at the event, unreported, and names it (T-6)', () => {
    const f = working();
    f.sink.auto.delete('flush');
    f.sink.wakeOn = 'enqueue';
    f.sink.writeOutcome = 'enqueued';
    f.rows(10, 7);
    f.deliver(ddl(8n, { blockTables: normal(1) }), 10);
    f.freeze(10);
    expect(f.view(10).phase).toBe('flushing');
    f.settleAll('flush');
    f.settleAll('write');
    expect([f.frozen(), f.posted(), f.view(10).stage]).toEqual([[at(6n, 8n)], [], 'NONE']);
    f.thaw(10);
    expect([f.posted(), f.view(10).phase]).toEqual([['WAITING 10/8'], 'parked']);
  });

  test('a DDL that it executes alone is finished and reported; its NONE is repeated until it is acknowledged', () => {
    const f = working({ range: undefined });
    f.sink.auto.delete('execute');
    f.deliver(ddl(7n, { blockTables: normal(0), adds: [added(9)] }), 10);
    f.freeze(10);
    expect(f.frozen()).toEqual([]);
    f.settleAll('execute');
    expect([f.posted(), f.frozen()]).toEqual([['NONE 10/7'], [at(6n)]]);
    f.advance(5_000);
    expect(f.posted()).toEqual(['NONE 10/7']);
    f.ack(10, 7n);
    expect(f.view(10).retries).toBe(0);
  });

  test('a failed sink lets it stand still: nothing more will come of it (D-48)', () => {
    const f = working();
    f.rows(10, 6);
    f.freeze(10);
    f.settleCall(f.opened('write'), 'sink-failed');
    expect(f.frozen()).toEqual([at(5n)]);
  });

  test('asked again, it tells again; unknown, stopped, Initializing ones and triggers are left alone (T-7)', () => {
    const f = working();
    f.add({ handle: 0 });
    f.create({ ...f.snapshot().spans[0]?.config, handle: 11, generation: 1 } as never);
    f.components();
    f.freeze(10);
    f.freeze(10, 0, 11, 99);
    expect(f.components()).toEqual([[10, ComponentState.WAITING_MERGE, 5n]]);
    expect(f.frozen()).toEqual([at(5n), at(5n)]);
  });

  test('on a full lane it is told when there is room', () => {
    const f = working();
    f.context.full.add('coordinator');
    f.freeze(10);
    expect(f.frozen()).toEqual([]);
    f.context.full.clear();
    f.group.room('coordinator');
    expect([f.components().length, f.frozen()]).toEqual([1, [at(5n)]]);
  });

  test('thousands at once are cut into messages that fit a lane', () => {
    const f = new GroupFixture();
    const handles = Array.from({ length: 3_000 }, (_, i) => 10 + i);
    for (const handle of handles) f.add({ handle, tableId: 1, range: HALF });
    f.freeze(...handles);
    const messages = f.messages<{ type: 'frozen'; dispatchers: { handle: number }[] }>('frozen');
    expect(messages.map(({ dispatchers }) => dispatchers.length)).toEqual([1_024, 1_024, 952]);
    expect(messages.flatMap(({ dispatchers }) => dispatchers.map(({ handle }) => handle))).toEqual(handles);
  });
});

describe('thaw (T-7)', () => {
  test('Working again, with what came meanwhile in its order', () => {
    const f = working();
    f.freeze(10);
    f.rows(10, 6);
    f.deliver(syncPoint(7n));
    f.resolved(8n);
    f.components();
    f.thaw(10);
    expect(f.components()).toEqual([[10, ComponentState.WORKING, 5n]]);
    f.settleAll('write');
    expect(f.posted()).toEqual(['WAITING 10/7s']);
    f.pass(10, 7n, true);
    expect(f.view(10)).toMatchObject({ phase: 'open', checkpointTs: 8n, inbox: 0 });
  });

  test('one with nothing to do follows the lane again', () => {
    const f = working();
    f.freeze(10);
    f.resolved(9n);
    f.thaw(10);
    expect([f.view(10).checkpointTs, f.heartbeat().checkpointTs]).toEqual([9n, 9n]);
  });

  test('one that is parked stays parked and reports again, acknowledged or not (V-8)', () => {
    for (const acknowledged of [false, true]) {
      const f = working();
      f.deliver(syncPoint(7n), 10);
      f.freeze(10);
      if (acknowledged) f.ack(10, 7n, true);
      f.statuses();
      f.thaw(10);
      expect([f.posted(), f.view(10)]).toMatchObject([['WAITING 10/7s'], { phase: 'parked', retries: 1 }]);
      f.advance(5_000);
      expect(f.posted()).toEqual(['WAITING 10/7s']);
      f.pass(10, 7n, true);
      expect(f.posted()).toEqual(['DONE 10/7s']);
      f.resolved(9n);
      expect(f.heartbeat()).toMatchObject({ checkpointTs: 9n });
    }
  });

  test('before it stood still: nothing is told of it any more', () => {
    const f = working();
    f.rows(10, 6);
    f.freeze(10);
    f.thaw(10);
    f.settleAll('write');
    expect([f.frozen(), f.view(10).state, f.view(10).phase]).toEqual([[], ComponentState.WORKING, 'open']);
  });

  test('of one that is not frozen, or is gone, changes nothing', () => {
    const f = working();
    f.thaw(10, 99);
    expect(f.components()).toEqual([]);
  });

  test('one that waited for room in its reports goes on', () => {
    const f = new GroupFixture({ maxReports: 1 });
    for (const handle of [10, 11]) {
      f.add({ handle, tableId: handle });
      f.deliver(ddl(BigInt(handle), { blockTables: normal(0), adds: [added(handle + 90)] }), handle);
    }
    expect(f.view(11).phase).toBe('stalled');
    f.freeze(11);
    f.ack(10, 10n);
    expect(f.view(11).phase).toBe('stalled');
    f.statuses();
    f.thaw(11);
    expect(f.posted()).toEqual(['NONE 11/11']);
  });

  test('one that waited for the redo gate takes it where it is now (D-46)', () => {
    const f = new GroupFixture({ redo: true });
    f.add();
    f.rows(10, 6);
    f.freeze(10);
    expect(f.frozen()).toEqual([at(0n)]);
    f.gate(6n);
    expect(f.sink.calls).toEqual([]);
    f.thaw(10);
    expect(f.opened('write').ts).toEqual([6n]);
  });
});

describe('removal of one that is frozen (T-8)', () => {
  test('is like any other: Stopped with the checkpoint that it was told with', () => {
    const f = working();
    f.deliver(syncPoint(7n), 10);
    f.freeze(10);
    f.rows(10, 8);
    f.components();
    f.remove(10);
    expect(f.components()).toEqual([[10, ComponentState.STOPPED, 5n]]);
    expect(f.group.inspect()).toMatchObject({ dispatchers: 0, events: [], heldBytes: 0, freezing: 0 });
  });

  test('before it stood still: it is Stopped, never told as frozen; a thaw that comes late changes nothing', () => {
    const f = working();
    f.rows(10, 6);
    f.freeze(10);
    f.remove(10);
    f.thaw(10);
    expect(f.view(10).state).toBe(ComponentState.WAITING_MERGE);
    f.settleAll('write');
    expect([f.frozen(), f.group.view(10)]).toEqual([[], undefined]);
  });
});
