import { describe, expect, it } from 'vitest';
import { TaskStateError } from '../errors.js';
import { BarrierFixture } from '../testing/barrierFixture.js';
import { Handles } from './handles.js';
import { SpanTable } from './spanTable.js';
import { TaskState } from './taskState.js';

const ID = '0123456789abcdef00000000ffffffff';
const table = () => new SpanTable({ mode: 0, epoch: 7, triggerId: ID, triggerStartTs: 1n });
const task = (tableId: number, startTs: bigint, schemaId = 1) => ({ id: ID, tableId, schemaId, splittable: false, startTs });

describe('span table', () => {
  it('has the trigger from the start: handle 0, the epoch as generation, replicating on the first host', () => {
    const spans = table();
    expect([spans.trigger, spans.generation[0], spans.state[0], spans.host[0]]).toEqual([0, 7, TaskState.REPLICATING, 0]);
    expect([spans.idOf(0), spans.tableIdOf(0), spans.size]).toEqual([ID, 0, 1]);
  });

  it('gives out handles from 2, generations that never repeat, and keeps the 128 bits of an id', () => {
    const spans = table();
    const [a, b] = [spans.add(task(1, 1n)), spans.add(task(2, 1n))];
    expect([a, b, spans.idOf(b)]).toEqual([2, 3, ID]);
    expect(spans.generation[b]).toBeGreaterThan(spans.generation[a] as number);
  });

  it('CheckpointTsTrackerMin: the smallest checkpoint of what is not yet replicating (K-3, K-8)', () => {
    const spans = table();
    expect(spans.pendingCheckpoint()).toBeUndefined();
    const [a, b] = [spans.add(task(1, 100n)), spans.add(task(2, 80n))];
    expect(spans.pendingCheckpoint()).toBe(80n);
    spans.bind(b, 0);
    spans.raiseCheckpoint(b, 0, 120);
    expect(spans.pendingCheckpoint()).toBe(100n);
    spans.bind(a, 1);
    spans.markReplicating(a);
    expect(spans.pendingCheckpoint()).toBe(120n);
    spans.markReplicating(b);
    expect(spans.pendingCheckpoint()).toBeUndefined();
  });

  it('UpdateStatus: a checkpoint only goes forward (B-9)', () => {
    const spans = table();
    const a = spans.add(task(1, 10n));
    spans.raiseCheckpoint(a, 0, 9);
    expect(spans.positions.checkpointTs(a)).toBe(10n);
    spans.raiseCheckpoint(a, 0, 11);
    expect(spans.positions.checkpointTs(a)).toBe(11n);
  });

  it('orders timestamps as unsigned, beyond 2^63 and over the low word', () => {
    const spans = table();
    const a = spans.add(task(1, 0x7fff_ffff_ffff_ffffn));
    spans.raiseCheckpoint(a, 0x8000_0000 | 0, 0);
    expect(spans.positions.checkpointTs(a)).toBe(0x8000_0000_0000_0000n);
    spans.raiseCheckpoint(a, 0x8000_0000 | 0, 0xffff_fffe | 0);
    expect(spans.positions.checkpointTs(a)).toBe(0x8000_0000_ffff_fffen);
    const b = spans.add(task(2, 0xf000_0000_0000_0000n));
    expect(spans.pendingCheckpoint()).toBe(0x8000_0000_ffff_fffen);
    spans.bind(a, 0);
    spans.markReplicating(a);
    expect(spans.pendingCheckpoint()).toBe(spans.positions.checkpointTs(b));
  });

  it('index consistency: by table, by schema, per host; the trigger is in no ordinary schema (section 15)', () => {
    const f = new BarrierFixture({ nodes: 2 });
    const [a, b] = [f.task(1, 1, { range: ['', 'm'] }), f.task(1, 2, { range: ['m', ''] })];
    f.task(2, 1, { schemaId: 5 });
    const handles = (slot: number): number[] => {
      const found: number[] = [];
      f.table.forEachOfSlot(slot, (handle) => found.push(handle));
      return found.sort();
    };
    expect(handles(f.table.tables.slotOf(1))).toEqual([a.handle, b.handle]);
    expect([f.table.countOfHost(0), f.table.countOfHost(1)]).toEqual([3, 1]);
    const ofSchema = (schemaId: number): number[] => {
      const found: number[] = [];
      f.table.tables.forEachOfSchema(schemaId, (slot) => found.push(f.table.tables.idOf(slot)));
      return found;
    };
    expect([ofSchema(1), ofSchema(5)]).toEqual([[1], [2]]);
    f.scheduler.changeSchemas([{ tableId: 1, oldSchemaId: 1, newSchemaId: 5 }]);
    expect([ofSchema(1), ofSchema(5).sort(), f.table.tables.hasSchema(1)]).toEqual([[], [1, 2], false]);
    f.scheduler.dropSchema(5);
    expect([f.table.size, f.table.tables.size]).toEqual([1, 1]);
  });

  it('a removed task keeps its handle until it is freed, and a reused handle has another generation (B-34)', () => {
    const spans = new SpanTable({ mode: 0, epoch: 1, triggerId: ID, triggerStartTs: 1n, handles: new Handles({ limit: 2 }) });
    const a = spans.add(task(1, 1n));
    const generation = spans.generation[a] as number;
    spans.remove(a);
    expect([spans.isTask(a, generation), spans.tables.slotOf(1)]).toEqual([false, -1]);
    expect(() => spans.add(task(2, 1n))).toThrow(/in use/);
    spans.free(a);
    const b = spans.add(task(2, 1n));
    expect([b, spans.isTask(b, generation), spans.isTask(b, spans.generation[b] as number)]).toEqual([a, false, true]);
  });

  it('refuses steps that the state of a task does not allow', () => {
    const spans = table();
    const a = spans.add(task(1, 1n));
    expect(() => spans.markReplicating(a)).toThrow(TaskStateError);
    spans.bind(a, 0);
    expect(() => spans.bind(a, 0)).toThrow(/must be absent/);
    expect(() => spans.free(a)).toThrow(TaskStateError);
  });

  it('finds every table among many, whatever was removed in between (hash against a map)', () => {
    const spans = table();
    const model = new Map<number, number>();
    let seed = 3;
    for (let step = 0; step < 20_000; step++) {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      const tableId = 1 + ((seed >>> 8) % 3_000) * (step % 7 === 0 ? 4_294_967_311 : 1);
      const known = model.get(tableId);
      if (known === undefined) model.set(tableId, spans.add(task(tableId, 1n, 1 + (tableId % 9))));
      else {
        spans.remove(known);
        spans.free(known);
        model.delete(tableId);
      }
    }
    expect(spans.tables.size).toBe(model.size + 1);
    for (const [tableId, handle] of model) expect(spans.tables.head[spans.tables.slotOf(tableId)]).toBe(handle);
  });
});
