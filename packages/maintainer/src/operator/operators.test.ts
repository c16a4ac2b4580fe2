import { ComponentState } from '@tidegate/protocol';
import { describe, expect, it } from 'vitest';
import { TaskState } from '../span/taskState.js';
import { BarrierFixture } from '../testing/barrierFixture.js';
import { OperatorKind } from './operatorKind.js';

const { REMOVED, STOPPED, WAITING_MERGE, WORKING } = ComponentState;

describe('add', () => {
  function adding(): { f: BarrierFixture; handle: number } {
    const f = new BarrierFixture({ nodes: 2 });
    const { handle } = f.absent(1);
    f.operators.add(handle, 1);
    return { f, handle };
  }

  it('sends a create at once, and again only after 10 s without an answer', () => {
    const { f, handle } = adding();
    expect(f.operators.take(0, 1n)).toMatchObject([{ host: 1, create: [{ handle, startTs: 1n }], remove: [] }]);
    expect(f.operators.take(9_999, 1n)).toEqual([]);
    expect(f.operators.take(10_000, 1n)).toMatchObject([{ host: 1, create: [{ handle }] }]);
  });

  it('Add: Working from its host makes it replicating, with no further request (E-8, K-8)', () => {
    const { f, handle } = adding();
    f.operators.take(0, 1n);
    f.operators.status(handle, WORKING, 0);
    expect(f.table.state[handle]).toBe(TaskState.SCHEDULING);
    f.operators.status(handle, WORKING, 1);
    expect([f.table.state[handle], f.table.host[handle], f.operatorCount]).toEqual([TaskState.REPLICATING, 1, 0]);
    expect(f.operators.take(20_000, 1n)).toEqual([]);
  });

  it('Add: Stopped is ignored and the requests go on; Removed makes the task absent (E-8)', () => {
    const { f, handle } = adding();
    f.operators.status(handle, STOPPED, 1);
    expect([f.table.state[handle], f.operators.kindOf(handle)]).toEqual([TaskState.SCHEDULING, OperatorKind.ADD]);
    f.operators.status(handle, REMOVED, 1);
    expect([f.table.state[handle], f.operatorCount]).toEqual([TaskState.ABSENT, 0]);
  });

  it('Add: Stopped before Working: asks again at once, for its host answers Removed, and then with another generation (E-8)', () => {
    const { f, handle } = adding();
    const asked = f.operators.take(0, 1n);
    f.operators.status(handle, STOPPED, 1);
    expect(f.operators.take(1, 1n)).toEqual(asked);
    expect(f.operators.take(2, 1n)).toEqual([]);
    f.operators.status(handle, REMOVED, 1);
    f.scheduler.place();
    const [next] = f.operators.take(3, 1n);
    expect(next?.create[0]?.generation).toBeGreaterThan(asked[0]?.create[0]?.generation ?? 0);
  });

  it('Add: its host lost before Working: finished, absent (T-9)', () => {
    const { f, handle } = adding();
    f.operators.hostLost(1);
    expect([f.table.state[handle], f.operatorCount]).toEqual([TaskState.ABSENT, 0]);
  });

  it('Add: its task removed meanwhile does not come back (B-34)', () => {
    const { f, handle } = adding();
    f.operators.take(0, 1n);
    f.scheduler.dropTables([1]);
    expect(f.operators.take(0, 1n)).toMatchObject([{ host: 1, create: [], remove: [{ handle }] }]);
    f.operators.status(handle, WORKING, 1);
    expect([f.table.state[handle], f.operators.kindOf(handle)]).toEqual([TaskState.REMOVING, OperatorKind.REMOVE]);
    f.operators.status(handle, STOPPED, 1);
    expect([f.table.state[handle], f.operatorCount]).toEqual([TaskState.FREE, 0]);
  });
});

describe('remove', () => {
  it('NewRemoveDispatcherMessage: names the dispatcher by id, handle and generation, at the host where it was (B-34)', () => {
    const f = new BarrierFixture({ nodes: 2 });
    const { handle, generation } = f.task(1, 2);
    const id = f.table.idOf(handle);
    f.operators.remove(handle);
    expect(f.table.tables.slotOf(1)).toBe(-1);
    expect(f.operators.take(0, 1n)).toEqual([{ host: 1, create: [], remove: [{ id, handle, generation }] }]);
  });

  it('Remove: WaitingMerge does not finish it; Stopped and Removed do (E-8)', () => {
    for (const end of [STOPPED, REMOVED]) {
      const f = new BarrierFixture();
      const { handle } = f.task(1);
      f.operators.remove(handle);
      f.operators.status(handle, WAITING_MERGE, 0);
      expect(f.operatorCount).toBe(1);
      f.operators.status(handle, end, 0);
      expect(f.operatorCount).toBe(0);
    }
  });

  it('Remove: its host lost: finished; a task without a host just goes (T-9)', () => {
    const f = new BarrierFixture();
    const [a, b] = [f.task(1), f.absent(2)];
    f.operators.remove(a.handle);
    f.operators.hostLost(0);
    f.operators.remove(b.handle);
    expect([f.operatorCount, f.table.size]).toEqual([0, 1]);
  });
});

describe('scheduler', () => {
  it('gives absent tasks to the host with the fewest and keeps within what may be under way', () => {
    const f = new BarrierFixture({ nodes: 2, maxScheduling: 3 });
    f.scheduler.addTables(
      [1, 2, 3, 4, 5].map((tableId) => ({ tableId, schemaId: 1, splittable: false })),
      10n,
    );
    f.scheduler.place();
    expect([f.count(TaskState.SCHEDULING), f.count(TaskState.ABSENT)]).toEqual([3, 2]);
    expect([f.table.countOfHost(0), f.table.countOfHost(1)]).toEqual([2, 2]);
    for (const { host, create } of f.operators.take(0, 1n))
      for (const { handle } of create) f.operators.status(handle, WORKING, host);
    f.scheduler.place();
    expect(f.count(TaskState.ABSENT)).toBe(0);
  });

  it('AddNewTable: adding a table twice adds it once (B-33)', () => {
    const f = new BarrierFixture();
    const add = [{ tableId: 100, schemaId: 1, splittable: false }];
    f.scheduler.addTables(add, 10n);
    f.scheduler.addTables(add, 20n);
    expect(f.table.size).toBe(2);
  });

  it('cuts requests into messages of a bounded size', () => {
    const f = new BarrierFixture({ scheduleBatch: 4 });
    f.scheduler.addTables(
      Array.from({ length: 10 }, (_, i) => ({ tableId: i + 1, schemaId: 1, splittable: false })),
      10n,
    );
    f.scheduler.place();
    expect(f.operators.take(0, 1n).map(({ create }) => create.length)).toEqual([4, 4, 2]);
  });
});
