import { describe, expect, test } from 'vitest';
import { added, ddl, normal, syncPoint } from '../test/builders.js';
import { close, handleEvents, partialFlush, tableTrigger, uncompleteTableSpan } from '../test/dispatcherScripts.js';
import { GroupFixture } from '../test/groupFixture.js';

const REDO = { redo: true };

describe('the machine, with the redo log as sink', () => {
  test('RedoDispatcherHandleEvents: steps 1 to 6 and 8, with the numbers of the default pipeline (D-45)', () => handleEvents(1));

  test('RedoUncompeleteTableSpan: a part of a table blocks at a DDL of T0 alone (D-18, D-45)', () => uncompleteTableSpan(1));

  test('TableTriggerRedoDispatcher, InMysql and InKafka: NONE holds the checkpoint, a DB event waits (D-40, D-43, D-45)', () => {
    tableTrigger(1);
    tableTrigger(0); // the same script, the same numbers
  });

  test('RedoDispatcherClose: refused with an unflushed row; its own sink failing lets it go (D-48, D-45)', () => close(1));

  test('RedoBatchDMLEventsPartialFlush: part of a batch flushed does not wake (D-9, D-45)', () => partialFlush(1));

  test('RedoDispatcherUsesOwnBatchConfig: the redo sink decides when its dispatchers wake, the default one when the others do (D-45)', () => {
    const f = new GroupFixture({}, REDO);
    f.redoSink.wakeOn = 'enqueue';
    f.sink.wakeOn = 'flush';
    f.gate(100n);
    f.add({ handle: 10 });
    f.add({ handle: 11, mode: 1 });
    for (const handle of [10, 11]) f.rows(handle, 5);
    for (const sink of [f.sink, f.redoSink]) f.settleCall(sink.open[0] as (typeof sink.open)[number], 'sink-enqueued');
    expect([f.view(10).phase, f.view(11).phase]).toEqual(['rows', 'open']);
  });

  test('RedoDispatcherHandleEvents: add-table at 4 on an ordinary redo dispatcher: checkpoint 3 before and after the ACK (D-45)', () => {
    const f = new GroupFixture({}, REDO);
    f.add({ mode: 1 });
    f.deliver(ddl(4n, { blockTables: normal(0), adds: [added(1)] }), 10);
    expect(f.view(10)).toMatchObject({ checkpointTs: 3n, retries: 1 });
    f.ack(10, 4n);
    expect(f.view(10)).toMatchObject({ checkpointTs: 3n, retries: 0 });
  });
});

describe('beside the default pipeline', () => {
  test('RedoDropsSyncPoint: without blocking, idle or with rows before it, alone or among all (D-45)', () => {
    const f = new GroupFixture({}, REDO);
    f.add({ mode: 1 });
    f.deliver(syncPoint(5n));
    f.rows(10, 6);
    f.deliver(syncPoint(7n), 10);
    f.rows(10, 8);
    f.resolved(9n);
    f.settleCall(f.redoSink.open[0] as (typeof f.redoSink.open)[number]);
    expect(f.redoSink.calls.map((call) => [call.kind, call.ts])).toEqual([
      ['write', [6n]],
      ['write', [8n]],
    ]);
    f.settleCall(f.redoSink.open[0] as (typeof f.redoSink.open)[number]);
    expect([f.posted(), f.view(10).checkpointTs, f.group.inspect().events]).toEqual([[], 9n, []]);
  });

  test('one event for all reaches both pipelines: the sync point stops the default one only, the DDL both (D-45)', () => {
    const f = new GroupFixture({}, REDO);
    f.gate(100n);
    f.add({ handle: 10 });
    f.add({ handle: 11, mode: 1 });
    f.deliver(syncPoint(5n));
    expect(f.posted()).toEqual(['WAITING 10/5s']);
    f.pass(10, 5n, true);
    f.deliver(ddl(6n, { blockTables: { type: 'all' } }));
    expect(f.posted().sort()).toEqual(['DONE 10/5s', 'WAITING 10/6', 'WAITING 11/6']);
  });

  test('the pipelines share nothing: an answer of one leaves the other alone', () => {
    const f = new GroupFixture({}, REDO);
    f.gate(100n);
    f.add({ handle: 10 });
    f.add({ handle: 11, mode: 1 });
    f.deliver(ddl(5n, { blockTables: normal(0, 1) }));
    f.act(11, 0, 5n, false, 0);
    f.act(10, 0, 5n, false, 1);
    expect([f.view(10).stage, f.view(11).stage]).toEqual(['WAITING', 'WAITING']);
    f.write(11, 5n);
    expect([f.view(10).stage, f.view(11).stage]).toEqual(['WAITING', 'NONE']);
    expect([f.redoSink.count('execute'), f.sink.count('execute')]).toEqual([1, 0]);
  });

  test('watermarks are apart: what one pipeline has not flushed leaves the other alone (H-2)', () => {
    const f = new GroupFixture({}, REDO);
    f.gate(100n);
    f.add({ handle: 10 });
    f.add({ handle: 11, mode: 1 });
    f.rows(11, 5);
    f.resolved(10n);
    expect(f.heartbeat()).toMatchObject({ checkpointTs: 10n, resolvedTs: 10n, redoCheckpointTs: 4n, lastSyncedTs: 0n });
    f.settleCall(f.redoSink.open[0] as (typeof f.redoSink.open)[number]);
    // D-16: only what the default pipeline flushes moves lastSyncedTs.
    expect(f.heartbeat()).toMatchObject({ redoCheckpointTs: 10n, redoResolvedTs: 10n, lastSyncedTs: 0n });
  });

  test('one sink failing closes nothing of the other pipeline (D-48)', () => {
    const f = new GroupFixture({}, REDO);
    f.gate(100n);
    f.add({ handle: 10 });
    f.add({ handle: 11, mode: 1 });
    f.rows(10, 5);
    f.rows(11, 5);
    f.settleCall(f.sink.open[0] as (typeof f.sink.open)[number], 'sink-failed');
    f.remove(11);
    expect(f.view(11).removing).toBe(true);
    f.settleCall(f.redoSink.open[0] as (typeof f.redoSink.open)[number]);
    expect(f.group.view(11)).toBeUndefined();
  });
});

describe('redo metadata (K-11)', () => {
  const meta = (resolvedTs: bigint, checkpointTs: bigint) => ({ type: 'write-redo-meta', resolvedTs, checkpointTs }) as const;

  test('is written by the redo sink, and told when it is durable', () => {
    const f = new GroupFixture({}, REDO);
    f.redoSink.auto.delete('meta');
    f.send(meta(20n, 10n));
    expect(f.messages('redo-meta-written')).toEqual([]);
    f.settleCall(f.redoSink.open[0] as (typeof f.redoSink.open)[number]);
    expect(f.redoSink.calls.map((call) => [call.kind, call.ts])).toEqual([['meta', [20n, 10n]]]);
    expect(f.messages('redo-meta-written')).toEqual([{ type: 'redo-meta-written', resolvedTs: 20n }]);
  });

  test('one at a time, and of those that wait only the newest', () => {
    const f = new GroupFixture({}, REDO);
    f.redoSink.auto.delete('meta');
    for (const ts of [20n, 30n, 40n]) f.send(meta(ts, 10n));
    for (let left = 2; left > 0; left--) f.settleCall(f.redoSink.open[0] as (typeof f.redoSink.open)[number]);
    expect(f.redoSink.calls.map((call) => call.ts[0])).toEqual([20n, 40n]);
    expect(f.messages('redo-meta-written')).toMatchObject([{ resolvedTs: 20n }, { resolvedTs: 40n }]);
  });

  test('a failure is the error of the redo sink, and nothing is told', () => {
    const f = new GroupFixture({}, REDO);
    f.redoSink.auto.delete('meta');
    f.send(meta(20n, 10n));
    f.settleCall(f.redoSink.open[0] as (typeof f.redoSink.open)[number], 'sink-failed');
    expect([f.errors(), f.messages('redo-meta-written')]).toEqual([['DISPATCHER_SINK'], []]);
  });

  test('without a redo sink, or with one that cannot, it is a typed error', () => {
    const without = new GroupFixture();
    without.send(meta(20n, 10n));
    expect(without.errors()).toEqual(['DISPATCHER_NO_REDO_SINK']);
    const unable = new GroupFixture({}, REDO);
    Object.assign(unable.redoSink, { meta: undefined });
    unable.send(meta(20n, 10n));
    expect(unable.errors()).toEqual(['DISPATCHER_NO_REDO_META']);
  });
});
