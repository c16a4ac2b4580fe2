import { MAX_TS } from '@tidegate/protocol';
import { describe, expect, test } from 'vitest';
import { configOf, ddl, normal, rowsMessage, syncPoint, tableOf } from '../test/builders.js';
import { GroupFixture } from '../test/groupFixture.js';

describe('checkpoint and resolved ts of one dispatcher (D-15, D-17)', () => {
  test('follows the lane while nothing is pending', () => {
    const f = new GroupFixture();
    f.add();
    f.resolved(7n);
    expect(f.view(10)).toMatchObject({ checkpointTs: 7n, resolvedTs: 7n });
  });

  test('stays below an unflushed row, and marks wait behind it (D-8)', () => {
    const f = new GroupFixture();
    f.add();
    f.rows(10, 10);
    f.resolved(20n);
    expect(f.view(10)).toMatchObject({ checkpointTs: 9n, resolvedTs: 0n });
    f.settleAll('write');
    expect(f.view(10)).toMatchObject({ checkpointTs: 20n, resolvedTs: 20n });
  });

  test('rows that are handed over and not flushed hold the checkpoint, not the stream', () => {
    const f = new GroupFixture();
    f.sink.wakeOn = 'enqueue';
    f.sink.writeOutcome = 'enqueued';
    f.add();
    f.rows(10, 10);
    f.resolved(20n);
    expect(f.view(10)).toMatchObject({ checkpointTs: 9n, resolvedTs: 20n, phase: 'open' });
    f.settleAll('write');
    expect(f.view(10).checkpointTs).toBe(20n);
  });

  test('waiting at T: the checkpoint follows the resolved ts of its stream and never passes T (D-17)', () => {
    const f = new GroupFixture();
    f.add();
    f.resolved(9n);
    f.deliver(syncPoint(10n), 10);
    f.resolved(50n);
    expect(f.view(10)).toMatchObject({ checkpointTs: 9n, resolvedTs: 9n });
    f.pass(10, 10n, true);
    expect(f.view(10)).toMatchObject({ checkpointTs: 50n, resolvedTs: 50n });
  });

  test('a mark between two queued events is taken between them, not before (D-8)', () => {
    const f = new GroupFixture();
    f.add();
    f.deliver(syncPoint(10n), 10);
    f.resolved(15n);
    f.deliver(syncPoint(20n), 10);
    f.resolved(30n);
    f.pass(10, 10n, true);
    expect(f.view(10)).toMatchObject({ event: { commitTs: 20n }, resolvedTs: 15n, checkpointTs: 15n });
  });

  test('while a DDL is written the checkpoint stays below it (D-30)', () => {
    const f = new GroupFixture();
    f.sink.auto.delete('execute');
    f.add();
    f.resolved(9n);
    f.deliver(ddl(20n, { blockTables: normal(0, 1) }), 10);
    f.write(10, 20n);
    f.resolved(30n);
    expect(f.view(10).checkpointTs).toBe(19n);
    f.settleAll('execute');
    expect(f.view(10).checkpointTs).toBe(30n);
  });
});

describe('a stream behind its lane (StreamStart)', () => {
  test('marks of the lane do not apply until a mark names it', () => {
    const f = new GroupFixture();
    f.add({ handle: 11, tableId: 2 });
    f.resolved(100n);
    const config = configOf({ startTs: 50n });
    f.create(config);
    f.start(config, 50n, false);
    f.resolved(110n);
    expect(f.view(10)).toMatchObject({ checkpointTs: 50n, resolvedTs: 50n });
    f.rows(10, 60);
    expect(f.sink.open.at(-1)?.ts).toEqual([60n]); // not stale, though the lane is at 110
    f.settleAll('write');
    f.send({ type: 'resolved', ts: 110n, only: { handle: 10, generation: 1 } }, 'source');
    expect(f.view(10).checkpointTs).toBe(110n);
    f.resolved(120n);
    expect(f.view(10).checkpointTs).toBe(120n);
  });

  test('a mark that names it waits for its place in the stream', () => {
    const f = new GroupFixture();
    const config = configOf({ startTs: 50n });
    f.create(config);
    f.start(config, 50n, false);
    f.deliver(syncPoint(60n), 10);
    f.send({ type: 'resolved', ts: 110n, only: { handle: 10, generation: 1 } }, 'source');
    f.deliver(syncPoint(115n), 10);
    f.resolved(120n);
    expect(f.view(10).resolvedTs).toBe(50n);
    f.pass(10, 60n, true);
    expect(f.view(10)).toMatchObject({ event: { commitTs: 115n }, resolvedTs: 110n });
    f.pass(10, 115n, true);
    expect(f.view(10).resolvedTs).toBe(120n);
  });

  test('a mark for one that stays behind moves it and no more: the marks of the lane still do not hold for it', () => {
    const f = new GroupFixture();
    const config = configOf({ startTs: 50n });
    f.create(config);
    f.start(config, 50n, false);
    f.send({ type: 'resolved', ts: 70n, only: { handle: 10, generation: 1 }, behind: true }, 'source');
    f.resolved(110n);
    expect(f.view(10)).toMatchObject({ checkpointTs: 70n, resolvedTs: 70n });
    f.rows(10, 80);
    f.send({ type: 'resolved', ts: 90n, only: { handle: 10, generation: 1 }, behind: true }, 'source');
    f.settleAll('write');
    expect(f.view(10)).toMatchObject({ checkpointTs: 90n, resolvedTs: 90n });
    f.send({ type: 'resolved', ts: 110n, only: { handle: 10, generation: 1 } }, 'source');
    f.resolved(120n);
    expect(f.view(10).checkpointTs).toBe(120n);
  });

  test('one that starts ahead of the lane keeps its own ts until the lane has caught up', () => {
    const f = new GroupFixture();
    f.add({ startTs: 100n });
    f.resolved(90n);
    expect(f.view(10).checkpointTs).toBe(100n);
    expect(f.heartbeat()).toMatchObject({ checkpointTs: 100n });
    f.resolved(101n);
    expect(f.view(10).checkpointTs).toBe(101n);
  });

  test('a second start of one stream is counted and ignored', () => {
    const f = new GroupFixture();
    f.add();
    f.start(configOf(), 500n);
    expect([f.view(10).resolvedTs, f.context.counters.get('dispatcher.repeated-starts')]).toEqual([0n, 1]);
  });
});

describe('heartbeat (H-1 … H-4)', () => {
  test('the first after a second, then every 200 ms while something changes; an empty worker has no constraint', () => {
    const f = new GroupFixture();
    f.advance(999);
    expect(f.messages('worker-heartbeat')).toEqual([]);
    f.advance(401);
    expect(f.messages('worker-heartbeat')).toHaveLength(1);
    const at: number[] = [];
    f.add();
    for (let ts = 100n; ts < 160n; ts++) {
      f.resolved(ts);
      f.advance(10);
      for (const _ of f.messages('worker-heartbeat')) at.push(f.context.now());
    }
    expect(at).toEqual([1_410, 1_600, 1_800, 2_000]);
  });

  test('one that would say what the last one said is left out, and nobody wakes for it', () => {
    const f = new GroupFixture();
    f.add();
    f.resolved(100n);
    f.advance(2_000);
    expect(f.messages('worker-heartbeat')).toHaveLength(1);
    f.resolved(100n);
    f.advance(300);
    expect(f.messages('worker-heartbeat')).toEqual([]);
    expect(f.context.timers).toBe(0);
    f.resolved(101n);
    f.advance(0);
    expect(f.messages('worker-heartbeat')).toMatchObject([{ checkpointTs: 101n }]);
  });

  test('at the end of the lane the first comes at once, news within 10 ms, and they say that it hurries', () => {
    const f = new GroupFixture();
    f.add();
    f.resolved(100n);
    f.advance(50);
    f.send({ type: 'lane-end' }, 'source');
    f.advance(0);
    expect(f.messages('worker-heartbeat')).toMatchObject([{ checkpointTs: 100n, hurry: true }]);
    for (const ts of [101n, 102n]) f.resolved(ts);
    f.advance(9);
    expect(f.messages('worker-heartbeat')).toEqual([]);
    f.advance(1);
    expect(f.messages('worker-heartbeat')).toMatchObject([{ checkpointTs: 102n, hurry: true }]);
    f.send({ type: 'lane-end' }, 'source');
    f.advance(1_000);
    expect(f.messages('worker-heartbeat')).toEqual([]);
  });

  test('a coordinator that asks for all dispatchers is told again', () => {
    const f = new GroupFixture();
    f.add();
    f.resolved(100n);
    f.advance(2_000);
    f.context.take();
    f.send({ type: 'snapshot', id: 1 });
    f.advance(0);
    expect(f.messages('worker-heartbeat')).toMatchObject([{ checkpointTs: 100n }]);
    f.send({ type: 'snapshot', id: 2, columns: true });
    f.advance(1_000);
    expect(f.messages('worker-heartbeat')).toEqual([]);
  });

  test('an empty worker has no constraint', () => {
    const f = new GroupFixture();
    f.advance(999);
    expect(f.heartbeat()).toEqual({
      type: 'worker-heartbeat',
      created: 0,
      checkpointTs: MAX_TS,
      resolvedTs: MAX_TS,
      lastSyncedTs: 0n,
      redoCheckpointTs: MAX_TS,
      redoResolvedTs: MAX_TS,
    });
    expect(f.context.sent.every((entry) => typeof entry.delivery === 'object')).toBe(true);
  });

  test('is the least over resting, waiting, working and Initializing dispatchers, modes apart', () => {
    const f = new GroupFixture({}, { redo: true });
    f.gate(1_000n);
    for (const handle of [10, 11, 12]) f.add({ handle, tableId: handle });
    f.add({ handle: 20, mode: 1 });
    f.resolved(100n);
    expect(f.heartbeat()).toMatchObject({ created: 4, checkpointTs: 100n, redoCheckpointTs: 100n });
    f.deliver(syncPoint(150n), 10);
    f.resolved(200n);
    expect(f.heartbeat()).toMatchObject({ checkpointTs: 100n, resolvedTs: 100n, redoCheckpointTs: 200n });
    f.pass(10, 150n, true);
    f.rows(11, 210);
    f.resolved(300n);
    expect(f.heartbeat()).toMatchObject({ checkpointTs: 209n, resolvedTs: 200n });
    f.settleAll('write');
    expect(f.heartbeat()).toMatchObject({ checkpointTs: 300n, lastSyncedTs: 210n });
    f.create(configOf({ handle: 30, startTs: 50n }));
    expect(f.heartbeat()).toMatchObject({ created: 5, checkpointTs: 50n, resolvedTs: 50n });
  });

  test('passed events do not move lastSyncedTs (D-16)', () => {
    const f = new GroupFixture();
    f.add();
    f.deliver(syncPoint(10n), 10);
    f.pass(10, 10n, true);
    expect(f.heartbeat().lastSyncedTs).toBe(0n);
    f.deliver(syncPoint(20n), 10);
    f.write(10, 20n, true);
    expect(f.heartbeat().lastSyncedTs).toBe(20n);
  });
});

test('rows reach the sink as views of the message, one call for all changes of a table (no copy)', () => {
  const f = new GroupFixture();
  f.add({ handle: 10, tableId: 1 });
  f.add({ handle: 11, tableId: 2 });
  const message = rowsMessage([
    { handle: 10, commitTs: 5n },
    { handle: 11, commitTs: 5n, bytes: 3 },
    { handle: 10, commitTs: 6n, bytes: 2 },
  ]);
  f.send(message, 'source');
  const [first, second] = f.sink.open;
  expect([first?.ts, second?.ts]).toEqual([[5n, 6n], [5n]]);
  expect(first?.table).toEqual(tableOf(1));
  const bytes = first?.rows?.bytes(1) as Uint8Array;
  expect([bytes.byteLength, bytes.buffer === message.bytes.buffer, [...bytes]]).toEqual([2, true, [11, 12]]);
  expect(first?.rows?.rows(0)).toBe(1);
  expect(() => first?.rows?.bytes(2)).toThrow(RangeError);
});

test('the checkpoint of the changefeed is handed to the sink (K-12)', () => {
  const f = new GroupFixture();
  f.send({ type: 'sink-checkpoint', checkpointTs: 77n });
  expect(f.sink.calls).toMatchObject([{ kind: 'checkpoint', ts: [77n] }]);
});
