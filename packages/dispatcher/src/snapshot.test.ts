import { ComponentState, Stage } from '@tidegate/protocol';
import { expect, test } from 'vitest';
import { added, configOf, ddl, HALF, normal, syncPoint } from '../test/builders.js';
import { GroupFixture } from '../test/groupFixture.js';

test('every dispatcher with state, checkpoint and what would create it again (S-3)', () => {
  const f = new GroupFixture();
  const half = configOf({ handle: 11, id: '00112233445566778899aabbccddeeff', range: HALF, startTs: 7n, skipDmlAsStartTs: true });
  f.add({ handle: 0 });
  f.create(half);
  f.resolved(5n);
  const { id, spans } = f.snapshot();
  expect([id, spans.length]).toEqual([7, 2]);
  expect(spans[0]).toMatchObject({ config: { handle: 0 }, state: ComponentState.WORKING, checkpointTs: 5n });
  expect(spans[1]).toEqual({ config: half, state: ComponentState.INITIALIZING, checkpointTs: 7n });
});

test('block state only with a full slot: WAITING and WRITING with the full payload (D-51)', () => {
  const f = new GroupFixture();
  f.sink.auto.delete('execute');
  f.add({ handle: 0 });
  f.add({ handle: 10 });
  const event = ddl(10n, {
    blockTables: normal(0, 1),
    drops: normal(1),
    admissions: [{ type: 'release', schema: 's', table: 't' }],
  });
  f.deliver(event, 0, 10);
  f.write(0, 10n);
  const states = f.snapshot().spans.map((span) => span.blockState);
  expect(states).toMatchObject([
    { stage: Stage.WRITING, facts: { drops: normal(1), admissions: [{ type: 'release' }] } },
    { stage: Stage.WAITING, facts: { blockTables: normal(0, 1), admissions: [] } },
  ]);
});

test('held, flushing and non-blocking events are not reported (D-51)', () => {
  const f = new GroupFixture();
  f.sink.auto.delete('flush');
  f.sink.auto.delete('execute');
  f.sink.wakeOn = 'enqueue';
  f.sink.writeOutcome = 'enqueued';
  f.add({ handle: 0 });
  f.add({ handle: 10 });
  f.add({ handle: 11, tableId: 2 });
  f.deliver(ddl(10n, { blockTables: normal(0), adds: [added(9)] }), 0);
  f.settleAll('execute');
  f.rows(10, 12);
  f.deliver(ddl(15n, { blockTables: normal(2) }), 11);
  f.deliver(syncPoint(20n), 0, 10);
  expect([0, 10, 11].map((handle) => f.view(handle).phase)).toEqual(['held', 'flushing', 'executing']);
  expect(f.snapshot().spans.map((span) => span.blockState)).toEqual([undefined, undefined, undefined]);
});

test('the last event that it finished is told until its checkpoint shows it (S-7)', () => {
  const f = new GroupFixture();
  f.add({ handle: 10 });
  f.deliver(syncPoint(10n), 10);
  const passed = () => f.snapshot().spans.map((span) => span.passed);
  expect(passed()).toEqual([undefined]);
  f.pass(10, 10n, true);
  expect(passed()).toEqual([{ commitTs: 10n, isSyncPoint: true }]);
  f.resolved(10n);
  expect(passed()).toEqual([{ commitTs: 10n, isSyncPoint: true }]);
  f.resolved(11n);
  expect(passed()).toEqual([undefined]);
});

test('inspect is plain data and counts what is where', () => {
  const f = new GroupFixture();
  for (const handle of [10, 11, 12]) f.add({ handle, tableId: handle });
  f.deliver(syncPoint(10n), 10, 11);
  f.rows(12, 11);
  const view = f.group.inspect();
  expect(view).toMatchObject({
    dispatchers: 3,
    phases: { parked: 2, rows: 1 },
    events: [{ mode: 0, commitTs: 10n, isSyncPoint: true, unacked: 2 }],
    withSink: 1,
    posted: 2,
    executor: { running: 0, queued: 0 },
  });
  expect(structuredClone(view)).toEqual(view);
});
