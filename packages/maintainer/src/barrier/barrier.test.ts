import { Stage } from '@tidegate/protocol';
import { describe, expect, it } from 'vitest';
import { createConfig } from '../operator/createConfig.js';
import { TaskState } from '../span/taskState.js';
import { BarrierFixture } from '../testing/barrierFixture.js';
import { done, facts, waiting } from '../testing/requests.js';

const SYNC_10 = { commitTs: 10n, isSyncPoint: true };

describe('barrier', () => {
  it('OneBlockEvent: one request covers, acknowledges and writes; DONE ends it; a repeat gets an empty reply (B-7, B-10, B-14)', () => {
    const f = new BarrierFixture();
    const t1 = f.task(1);
    const event = facts(SYNC_10, { type: 'all' });
    const messages = f.handle(1, [waiting(f.trigger, event), waiting(t1, event)]);
    expect(messages).toHaveLength(1);
    expect(messages[0]?.answers).toHaveLength(2);
    expect(messages[0]?.answers[0]).toMatchObject({ ack: SYNC_10 });
    expect(messages[0]?.answers[1]).toMatchObject({ action: { action: 0, key: SYNC_10 } });
    expect(f.event(event)).toMatchObject({ selected: true, advanced: false, writer: { handle: 0 } });
    expect(f.resend(2_000)).toEqual(['node1: write 10/sync → 0']);
    const reply = f.handle(1, [done(f.trigger, event), done(t1, event)]);
    expect(reply[0]?.answers[0]).toMatchObject({ ack: SYNC_10 });
    expect(f.barrier.size).toBe(0);
    const again = f.handle(1, [done(f.trigger, event), done(t1, event)]);
    expect(f.barrier.size).toBe(0);
    expect(again).toMatchObject([{ to: 'node1', answers: [] }]);
  });

  it('NormalBlock: the last reporter writes, a repeated WAITING changes nothing, acks are grouped (B-11, B-22, B-29, B-52)', () => {
    const f = new BarrierFixture({ nodes: 2 });
    const [d1, d2, d3] = [f.task(1), f.task(2), f.task(3, 2)];
    const event = facts(
      10n,
      { type: 'normal', tableIds: [1, 2, 3] },
      { adds: [{ tableId: 10, schemaId: 1, splittable: false }] },
    );
    expect(f.shown(1, [waiting(d1, event), waiting(d2, event)])).toEqual([`node1: ack 10 → ${d1.handle},${d2.handle}`]);
    expect(f.shown(2, [waiting(d3, event)])).toEqual([`node2: ack 10 → ${d3.handle}`, `node2: write 10 → ${d3.handle}`]);
    expect(f.event(event)?.writer?.handle).toBe(d3.handle);
    expect(f.reported(event)).toEqual([]);
    f.handle(1, [waiting(d1, event), waiting(d2, event)]);
    expect(f.event(event)?.writer?.handle).toBe(d3.handle);
    expect(f.reported(event)).toEqual([]);
    f.handle(2, [done(d3, event)]);
    expect(f.barrier.size).toBe(1);
    f.handle(1, [done(d1, event), done(d2, event)]);
    expect(f.barrier.size).toBe(0);
  });

  it('SchemaBlock: a dropped schema needs no Pass; DONE is taken from any node; drops before adds (B-8, B-33, B-42)', () => {
    const f = new BarrierFixture({ nodes: 2, splitTables: true });
    const [d1, d2] = [f.task(1), f.task(2)];
    f.task(3, 1, { schemaId: 2 });
    const event = facts(
      10n,
      { type: 'db', schemaId: 1 },
      { drops: { type: 'normal', tableIds: [1, 2] }, adds: [{ tableId: 10, schemaId: 2, splittable: false }] },
    );
    expect(f.shown(1, [waiting(f.trigger, event), waiting(d1, event)])).toEqual([`node1: ack 10 → 0,${d1.handle}`]);
    expect(f.shown(1, [waiting(d2, event)])).toEqual([`node1: ack 10 → ${d2.handle}`, 'node1: write 10 → 0']);
    expect(f.shown(1, [waiting(d2, event)])).toEqual([`node1: ack 10 → ${d2.handle}`]);
    f.handle(2, [done(f.trigger, event)]);
    expect(f.resend()).toEqual([]);
    expect(f.barrier.size).toBe(0);
    expect([f.count(TaskState.ABSENT), f.operatorCount, f.count(TaskState.REPLICATING)]).toEqual([1, 2, 1]);
    for (const { handle } of [d1, d2]) f.operators.status(handle, 1, 0);
    expect([f.operatorCount, f.count(TaskState.REPLICATING)]).toEqual([0, 1]);
  });

  it('SyncPointBlock: ack and Write go to different nodes, Pass to every node, the writer included (B-40, B-42, B-43)', () => {
    const f = new BarrierFixture({ nodes: 2, splitTables: true });
    const [d1, d2, d3] = [f.task(1), f.task(2), f.task(3, 2)];
    const event = facts(SYNC_10, { type: 'all' });
    expect(f.shown(1, [waiting(f.trigger, event), waiting(d1, event), waiting(d2, event)])).toEqual([
      `node1: ack 10/sync → 0,${d1.handle},${d2.handle}`,
    ]);
    expect(f.handle(2, [waiting(d3, event)])).toHaveLength(2);
    expect(f.event(event)?.writer?.handle).toBe(0);
    f.handle(1, [done(f.trigger, event)]);
    expect(f.resend()).toEqual(['node1: pass 10/sync → all', 'node2: pass 10/sync → all']);
    expect(f.barrier.size).toBe(1);
    f.handle(1, [done(d1, event), done(d2, event)]);
    f.handle(2, [done(d3, event)]);
    expect(f.barrier.size).toBe(0);
  });

  it('UpdateCheckpointTs: the reply of the trigger alone has ack and Write; a report at 10 proves 9, where the next dispatcher of a table begins (B-5, T-1)', () => {
    const f = new BarrierFixture();
    const event = facts(10n, { type: 'normal', tableIds: [0] });
    expect(f.shown(1, [waiting(f.trigger, event)])).toEqual(['node1: ack 10 → 0', 'node1: write 10 → 0']);
    expect(f.event(event)?.writer?.handle).toBe(f.trigger.handle);
    expect(f.table.positions.checkpointTs(f.trigger.handle)).toBe(9n);
    const d1 = f.task(1);
    f.handle(1, [waiting(d1, facts(10n, { type: 'normal', tableIds: [1, 2] }))]);
    expect(createConfig(f.table, d1.handle, 0n)).toMatchObject({ startTs: 9n, skipDmlAsStartTs: true });
  });

  it('UpdateCheckpointTs, ours for the trigger: its next dispatcher begins at the checkpoint that its heartbeats named, for tables that it added below its report may not be known here (D-41, D-43)', () => {
    const f = new BarrierFixture();
    f.handle(1, [waiting(f.trigger, facts(10n, { type: 'normal', tableIds: [0] }))]);
    expect(createConfig(f.table, f.trigger.handle, 0n)).toMatchObject({ startTs: 1n, skipDmlAsStartTs: false });
    f.table.raiseCheckpoint(f.trigger.handle, 0, 9);
    expect(createConfig(f.table, f.trigger.handle, 0n).startTs).toBe(9n);
  });

  describe('HandleBlockBootstrapResponse (S-7)', () => {
    function rebuilt(
      first: Stage | undefined,
      second: Stage | undefined,
    ): { f: BarrierFixture; event: ReturnType<typeof facts> } {
      const f = new BarrierFixture();
      const [d1, d2] = [f.task(1), f.task(2)];
      f.task(3);
      const event = facts(6n, { type: 'normal', tableIds: [1, 2] });
      const states = [
        { handle: d1.handle, stage: first },
        { handle: d2.handle, stage: second },
      ];
      f.barrier.rebuild(
        states.flatMap(({ handle, stage }) => (stage === undefined ? [] : [{ handle, blockState: { stage, facts: event } }])),
      );
      return { f, event };
    }

    it('(a) both WAITING: tracked, fully reported, not selected by the rebuild; settling selects it (ours: 22.13 W-5)', () => {
      const { f, event } = rebuilt(Stage.WAITING, Stage.WAITING);
      expect(f.event(event)).toMatchObject({ selected: false, advanced: false });
      expect(f.event(event)?.coverage.covered).toBe(true);
      expect(f.barrier.settleRebuilt()).toHaveLength(1);
      expect(f.event(event)).toMatchObject({ selected: true, advanced: false });
    });

    it('(b) WAITING and WRITING: selected, not advanced', () => {
      const { f, event } = rebuilt(Stage.WAITING, Stage.WRITING);
      expect(f.event(event)).toMatchObject({ selected: true, advanced: false });
    });

    it('(c) both DONE: selected, advanced, still tracked', () => {
      const { f, event } = rebuilt(Stage.DONE, Stage.DONE);
      expect(f.event(event)).toMatchObject({ selected: true, advanced: true });
    });

    it('(d) NONE and nothing: not tracked', () => {
      const { f } = rebuilt(Stage.NONE, undefined);
      expect(f.barrier.size).toBe(0);
    });
  });

  it('EventWithDispatcherReallocation: reports of vanished spans do not count (V-8, V-9)', () => {
    const f = new BarrierFixture({ splitTables: true });
    const a = f.task(1, 1, { range: ['', 'a'] });
    const b = f.task(1, 1, { range: ['a', 'b'] });
    const c = f.task(1, 1, { range: ['b', ''] });
    const event = facts(10n, { type: 'normal', tableIds: [1] });
    f.handle(1, [waiting(a, event)]);
    expect(f.reported(event)).toEqual([a.handle]);
    for (const { handle } of [a, b, c]) f.operators.remove(handle);
    const e = f.task(1, 1, { range: ['a', 'b'] });
    const g2 = f.task(1, 1, { range: ['b', ''] });
    const g = f.task(1, 1, { range: ['', 'a'] });
    f.handle(1, [waiting(e, event), waiting(g2, event)]);
    expect(f.event(event)?.coverage.covered).toBe(false);
    expect(f.reported(event)).toEqual([e.handle, g2.handle]);
    f.handle(1, [waiting(g, event)]);
    expect(f.event(event)?.selected).toBe(true);
  });

  it('EventWithDispatcherScheduling: a moving dispatcher does not count until it replicates and reports again (T-3)', () => {
    const f = new BarrierFixture({ splitTables: true });
    const a = f.task(1, 1, { startTs: 9n });
    const event = facts(10n, { type: 'normal', tableIds: [1, 0] });
    f.handle(1, [waiting(a, event)]);
    expect(f.event(event)?.selected).toBe(false);
    f.table.markScheduling(a.handle);
    f.handle(1, [waiting(f.trigger, event)]);
    expect(f.event(event)?.selected).toBe(false);
    expect(f.reported(event)).toEqual([0]);
    f.table.markReplicating(a.handle);
    f.handle(1, [waiting(a, event)]);
    expect(f.event(event)?.selected).toBe(true);
  });

  it('ReturnsTemporaryIgnoreForUnreplicatingWaitingStatus: a hint, and nothing is touched (B-4)', () => {
    const f = new BarrierFixture();
    const d1 = f.absent(1);
    f.table.bind(d1.handle, 0);
    const event = facts(10n, { type: 'normal', tableIds: [0, 1] });
    const messages = f.handle(1, [waiting(d1, event)]);
    expect(messages).toHaveLength(1);
    expect(messages[0]?.answers).toHaveLength(1);
    expect(messages[0]?.answers[0]).toMatchObject({ ignored: { commitTs: 10n, isSyncPoint: false }, target: { type: 'normal' } });
    expect(f.barrier.size).toBe(0);
    expect(f.table.positions.blockState(d1.handle)).toBeUndefined();
    expect(f.table.positions.checkpointTs(d1.handle)).toBe(1n);
  });
});
