import { ComponentState, MAX_TS, minTs } from '@tidegate/protocol';
import { describe, expect, it } from 'vitest';
import { BarrierFixture } from '../testing/barrierFixture.js';
import { SpanTable } from './spanTable.js';
import { TaskState } from './taskState.js';

const ID = '0123456789abcdef00000000ffffffff';
const table = (epoch = 7): SpanTable => new SpanTable({ mode: 0, epoch, triggerId: ID, triggerStartTs: 1n });
const task = (tableId: number, startTs: bigint, schemaId = 1) => ({ id: ID, tableId, schemaId, splittable: false, startTs });
const low = (ts: bigint): number => Number(ts) | 0;

/** The smallest checkpoint that tasks without a working dispatcher allow, below 1000. */
function bound(spans: SpanTable): bigint {
  return minTs(spans.pendingCheckpoint() ?? MAX_TS, 1_000n);
}

describe('what bounds the checkpoint (K-3, K-8)', () => {
  it('CheckpointTsTrackerIgnoresMissingUpdate: what is not in the table bounds nothing', () => {
    const spans = table();
    const a = spans.add(task(1, 5n));
    spans.remove(a);
    spans.free(a);
    expect(spans.pendingCheckpoint()).toBeUndefined();
    expect([spans.hasTask(a), spans.isTask(99, 1)]).toEqual([false, false]);
  });

  it('CheckpointTsTrackerRemovesStaleCheckpointTs: 1, and one that moves from 2 to 99; without the first: 99 (ours keeps no heap)', () => {
    const spans = table();
    const [still, moving] = [spans.add(task(1, 1n)), spans.add(task(2, 2n))];
    for (let ts = 2n; ts <= 99n; ts++) spans.raiseCheckpoint(moving, 0, low(ts));
    expect(spans.pendingCheckpoint()).toBe(1n);
    spans.remove(still);
    expect(spans.pendingCheckpoint()).toBe(99n);
  });

  it('GetMinCheckpointTsForNonReplicatingSpans: absent and scheduling tasks bound it, replicating ones do not', () => {
    const spans = table();
    const [a, b] = [spans.add(task(1, 100n)), spans.add(task(2, 80n))];
    expect(bound(spans)).toBe(80n);
    spans.bind(b, 0);
    spans.raiseCheckpoint(b, 0, 120);
    expect(bound(spans)).toBe(100n);
    spans.bind(a, 0);
    spans.markReplicating(a);
    expect(bound(spans)).toBe(120n);
    spans.markReplicating(b);
    expect(bound(spans)).toBe(1_000n);
  });

  it('BindSpanToNode: being bound to a host releases nothing', () => {
    const spans = table();
    const a = spans.add(task(1, 100n));
    spans.bind(a, 1);
    expect([bound(spans), spans.state[a], spans.host[a], spans.countOfHost(1)]).toEqual([100n, TaskState.SCHEDULING, 1, 1]);
    spans.markReplicating(a);
    expect(bound(spans)).toBe(1_000n);
  });

  it('DirectScheduling: scheduling at 90: a status at 80 is ignored, the trigger does not matter, replicating releases it', () => {
    const spans = table();
    const a = spans.add(task(1, 90n));
    spans.bind(a, 0);
    spans.raiseCheckpoint(a, 0, 80);
    expect(bound(spans)).toBe(90n);
    spans.raiseCheckpoint(spans.trigger, 0, 10);
    expect(bound(spans)).toBe(90n);
    spans.markReplicating(a);
    expect(bound(spans)).toBe(1_000n);
  });

  const key = (text: string): Uint8Array => new TextEncoder().encode(text);
  /** A split task at 50 whose origin has stopped: two parts in its place, which ask for nothing of their own. */
  function replaced(): { f: BarrierFixture; parts: number[] } {
    const f = new BarrierFixture({ splitTables: true });
    const { handle } = f.task(1, 1, { startTs: 50n });
    const ranges = [
      { start: key(''), end: key('m') },
      { start: key('m'), end: key('') },
    ];
    f.operators.split(handle, { ranges });
    f.operators.status(handle, ComponentState.STOPPED, 0);
    const parts: number[] = [];
    f.table.forEachOfSlot(f.table.tables.slotOf(1), (part) => parts.push(part));
    return { f, parts };
  }

  it('ReplaceAndRemove: what takes the place of a task inherits its 50, and removing it releases that', () => {
    const { f, parts } = replaced();
    expect([parts.length, bound(f.table)]).toEqual([2, 50n]);
    for (const part of parts) f.operators.remove(part);
    expect(bound(f.table)).toBe(1_000n);
  });

  it('ReplaceIntoScheduling: the same, scheduling, then replicating', () => {
    const { f, parts } = replaced();
    for (const part of parts) f.table.bind(part, 0);
    expect(bound(f.table)).toBe(50n);
    for (const part of parts) f.table.markReplicating(part);
    expect(bound(f.table)).toBe(1_000n);
  });
});

describe('indexes of tasks (B-34)', () => {
  function found(f: BarrierFixture, tableId: number): number[] {
    const handles: number[] = [];
    f.table.forEachOfSlot(f.table.tables.slotOf(tableId), (handle) => handles.push(handle));
    return handles;
  }

  function tablesOf(f: BarrierFixture, schemaId: number): number[] {
    const ids: number[] = [];
    f.table.tables.forEachOfSchema(schemaId, (slot) => ids.push(f.table.tables.idOf(slot)));
    return ids.sort();
  }

  it('GetTaskByID: by handle and generation, and by no other', () => {
    const f = new BarrierFixture();
    const { handle, generation } = f.task(1);
    expect([f.table.isTask(handle, generation), f.table.isTask(handle, generation + 1), f.table.tableIdOf(handle)]).toEqual([
      true,
      false,
      1,
    ]);
  });

  it('GetTaskByTableID: every span of the table, and of no other', () => {
    const f = new BarrierFixture({ splitTables: true });
    const [a, b] = [f.task(1, 1, { range: ['', 'm'] }), f.task(1, 1, { range: ['m', ''] })];
    f.task(2);
    expect(found(f, 1).sort()).toEqual([a.handle, b.handle]);
    expect(found(f, 3)).toEqual([]);
  });

  it('GetTaskBySchemaID: the tables of a schema; the trigger is in none', () => {
    const f = new BarrierFixture();
    for (const tableId of [1, 2]) f.task(tableId, 1, { schemaId: 4 });
    f.task(3, 1, { schemaId: 5 });
    expect([tablesOf(f, 4), tablesOf(f, 5), tablesOf(f, 6)]).toEqual([[1, 2], [3], []]);
  });

  it('UpdateSchemaID: the table changes its schema, and nothing else does (B-33, R-5)', () => {
    const f = new BarrierFixture();
    const [a] = [f.task(1, 1, { schemaId: 4 }), f.task(2, 1, { schemaId: 4 })];
    f.scheduler.changeSchemas([{ tableId: 1, oldSchemaId: 4, newSchemaId: 5 }]);
    expect([f.table.schemaIdOf(a.handle), tablesOf(f, 4), tablesOf(f, 5)]).toEqual([5, [2], [1]]);
  });

  it('Statistics: tasks by state and by host; all tasks include the trigger', () => {
    const f = new BarrierFixture({ nodes: 2 });
    f.absent(1);
    f.task(2, 2);
    f.table.bind(f.absent(3).handle, 1);
    const { ABSENT, SCHEDULING, REPLICATING } = TaskState;
    expect([ABSENT, SCHEDULING, REPLICATING].map((state) => f.table.count(state))).toEqual([1, 1, 2]);
    expect([f.table.size, f.table.countOfHost(0), f.table.countOfHost(1)]).toEqual([4, 1, 2]);
  });

  it('BasicFunction: absent, scheduling, replicating, absent again under the next generation, gone (K-8)', () => {
    const f = new BarrierFixture();
    const { handle, generation } = f.absent(1);
    f.table.bind(handle, 0);
    f.table.markReplicating(handle);
    expect(f.table.state[handle]).toBe(TaskState.REPLICATING);
    f.table.markAbsent(handle);
    expect([f.table.state[handle], f.table.isTask(handle, generation)]).toEqual([TaskState.ABSENT, false]);
    f.operators.remove(handle);
    expect([found(f, 1), f.table.size]).toEqual([[], 1]);
  });
});

it('NewControllerInitializesMaintainerEpoch: the epoch is the generation of the trigger, and every other is larger (B-13, F-1)', () => {
  const spans = table(9);
  expect(spans.generation[spans.trigger]).toBe(9);
  const [first, second] = [spans.add(task(1, 1n)), spans.add(task(2, 1n))].map((handle) => spans.generation[handle] ?? 0);
  expect(first).toBeGreaterThan(9);
  expect(second).toBeGreaterThan(first ?? 0);
});
