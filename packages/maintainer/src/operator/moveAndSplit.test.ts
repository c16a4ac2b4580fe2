import { ComponentState } from '@tidegate/protocol';
import { describe, expect, it } from 'vitest';
import { NO_HOST } from '../hosts.js';
import { TaskState } from '../span/taskState.js';
import { BarrierFixture } from '../testing/barrierFixture.js';
import { lose, sent } from '../testing/operatorLines.js';
import { facts, type TestDispatcher, waiting } from '../testing/requests.js';
import type { OperatorEnd } from './operatorBoard.js';

const { REMOVED, STOPPED, WORKING } = ComponentState;

/** Host 0 is the maintainer's own, which is never lost. */
const [A, B, C] = [1, 2, 3];
const key = (text: string): Uint8Array => new TextEncoder().encode(text);
const range = (start: string, end: string) => ({ start: key(start), end: key(end) });
const stateOf = (f: BarrierFixture, { handle }: TestDispatcher) => [f.table.state[handle], f.table.host[handle]];

describe('move', () => {
  function moving() {
    const f = new BarrierFixture({ nodes: 4 });
    const task = f.task(1, 2, { startTs: 1_000n });
    const ends: OperatorEnd[] = [];
    expect(f.operators.move(task.handle, B, (end) => ends.push(end))).toBe(true);
    return { f, task, handle: task.handle, ends };
  }

  it('Move: remove at the origin, then create at the destination under another generation, replicating when Working', () => {
    const { f, task, handle, ends } = moving();
    expect(sent(f)).toEqual([`remove ${handle} at ${A}`]);
    f.table.raiseCheckpoint(handle, 0, 1_500);
    f.operators.status(handle, STOPPED, A);
    expect(stateOf(f, task)).toEqual([TaskState.SCHEDULING, B]);
    expect(f.table.generation[handle]).toBeGreaterThan(task.generation);
    expect(sent(f)).toEqual([`create ${handle} at ${B} from 1500`]);
    f.operators.status(handle, WORKING, B);
    expect([stateOf(f, task), ends]).toEqual([[TaskState.REPLICATING, B], [{ finished: true, text: '' }]]);
    expect(sent(f, 20_000)).toEqual([]);
  });

  it('resends what is unanswered for 10 s, whichever half it is in', () => {
    const { f, handle } = moving();
    expect([sent(f, 0), sent(f, 9_999), sent(f, 10_000)]).toEqual([
      [`remove ${handle} at ${A}`],
      [],
      [`remove ${handle} at ${A}`],
    ]);
    f.operators.status(handle, STOPPED, A);
    expect([sent(f, 10_001).length, sent(f, 20_000).length + sent(f, 20_001).length]).toEqual([1, 1]);
  });

  it('Move: the destination lost before the origin stopped: the remove goes on, then absent (T-9)', () => {
    const { f, task, handle } = moving();
    lose(f, B);
    expect(sent(f)).toEqual([`remove ${handle} at ${A}`]);
    f.operators.status(handle, STOPPED, A);
    expect([stateOf(f, task), f.operatorCount]).toEqual([[TaskState.ABSENT, NO_HOST], 0]);
  });

  it('StoppedWhenMoving: the destination lost after the origin stopped: absent at once (T-9)', () => {
    const { f, task, handle, ends } = moving();
    f.operators.status(handle, STOPPED, A);
    lose(f, B);
    expect([stateOf(f, task), f.operatorCount]).toEqual([[TaskState.ABSENT, NO_HOST], 0]);
    expect(ends).toEqual([{ finished: false, text: 'its destination was lost' }]);
  });

  it('Move: the origin lost before it stopped, or after: created at the destination, finishes with Working', () => {
    for (const hasStopped of [false, true]) {
      const { f, task, handle } = moving();
      if (hasStopped) f.operators.status(handle, STOPPED, A);
      lose(f, A);
      expect(sent(f)).toEqual([`create ${handle} at ${B} from 1000`]);
      f.operators.status(handle, WORKING, B);
      expect(stateOf(f, task)).toEqual([TaskState.REPLICATING, B]);
    }
  });

  it('Move: both lost before anything was sent, or the destination and then the origin: absent, not scheduling', () => {
    for (const order of [
      [A, B],
      [B, A],
    ] as const) {
      const { f, task } = moving();
      for (const host of order) lose(f, host);
      expect([stateOf(f, task), sent(f)]).toEqual([[TaskState.ABSENT, NO_HOST], []]);
    }
  });

  it('Move: its table dropped: no create follows, one remove goes where the dispatcher is, and the hook hears it once', () => {
    for (const hasStopped of [false, true]) {
      const { f, handle, ends } = moving();
      if (hasStopped) f.operators.status(handle, STOPPED, A);
      sent(f);
      f.scheduler.dropTables([1]);
      expect(sent(f)).toEqual([`remove ${handle} at ${hasStopped ? B : A}`]);
      f.operators.status(handle, STOPPED, hasStopped ? B : A);
      expect([f.table.state[handle], f.operatorCount, ends.length, ends[0]?.finished]).toEqual([TaskState.FREE, 0, 1, false]);
    }
  });

  it('Removed by the destination: absent; a late Stopped of the former dispatcher is ignored', () => {
    const { f, task, handle } = moving();
    f.operators.status(handle, STOPPED, A);
    f.operators.status(handle, STOPPED, B);
    expect(stateOf(f, task)).toEqual([TaskState.SCHEDULING, B]);
    f.operators.status(handle, REMOVED, B);
    expect(stateOf(f, task)).toEqual([TaskState.ABSENT, NO_HOST]);
  });

  it('counts where it will be, until it is there, so that others are placed accordingly', () => {
    const { f, handle } = moving();
    expect([A, B, C].map((host) => f.operators.loadOf(host))).toEqual([0, 1, 0]);
    f.operators.status(handle, STOPPED, A);
    f.operators.status(handle, WORKING, B);
    expect([A, B, C].map((host) => f.operators.loadOf(host))).toEqual([0, 1, 0]);
  });

  it('T-1: a dispatcher that waits at a DDL starts again just before it and skips its rows; at a sync point, at its ts', () => {
    for (const [isSyncPoint, expected] of [
      [false, { startTs: 9n, skipDmlAsStartTs: true }],
      [true, { startTs: 10n, skipDmlAsStartTs: false }],
    ] as const) {
      const f = new BarrierFixture({ nodes: 3 });
      const task = f.task(1, 2);
      f.handle(2, [waiting(task, facts({ commitTs: 10n, isSyncPoint }, { type: 'normal', tableIds: [1, 9] }))]);
      f.operators.move(task.handle, B);
      f.operators.status(task.handle, STOPPED, A);
      expect(f.operators.take(0, 0n)).toMatchObject([{ host: B, create: [expected] }]);
    }
  });

  it('is refused for the trigger, for a task that is not replicating or has an operator, and to a host that takes none', () => {
    const { f, handle } = moving();
    const [absent, here] = [f.absent(2), f.task(3, 2)];
    f.hosts.lose(C);
    expect([f.table.trigger, handle, absent.handle].map((one) => f.operators.move(one, B))).toEqual([false, false, false]);
    expect([f.operators.move(here.handle, C), f.operators.move(here.handle, A)]).toEqual([false, false]);
  });
});

describe('split', () => {
  function splitting(hosts?: readonly number[]) {
    const f = new BarrierFixture({ nodes: 4, splitTables: true });
    const task = f.task(1, 2, { startTs: 1_000n });
    const ends: OperatorEnd[] = [];
    const ranges = [range('', 'g'), range('g', 'p'), range('p', '')];
    f.operators.split(task.handle, { ranges, ...(hosts && { hosts }) }, (end) => ends.push(end));
    const parts = (): number[] => {
      const found: number[] = [];
      f.table.forEachOfSlot(f.table.tables.slotOf(1), (part) => found.push(part));
      return found.reverse();
    };
    return { f, task, handle: task.handle, ends, parts };
  }

  it('Split: the origin stops and three absent spans take its place, from its last checkpoint', () => {
    const { f, handle, ends, parts } = splitting();
    expect([sent(f), f.table.pendingCheckpoint()]).toEqual([[`remove ${handle} at ${A}`], 1_000n]);
    f.table.raiseCheckpoint(handle, 0, 1_500);
    f.operators.status(handle, STOPPED, A);
    expect([f.count(TaskState.ABSENT), f.operatorCount, ends]).toEqual([3, 0, [{ finished: true, text: '' }]]);
    expect(parts().map((part) => f.table.positions.checkpointTs(part))).toEqual([1_500n, 1_500n, 1_500n]);
    expect([f.table.pendingCheckpoint(), f.table.hasTask(handle)]).toEqual([1_500n, false]);
    f.scheduler.place();
    expect(sent(f).map((line) => line.replace(/create \d+/, 'create'))).toEqual(
      ['at 1 from 1500', 'at 2 from 1500', 'at 3 from 1500'].map((rest) => `create ${rest}`),
    );
  });

  it('Split: the origin lost before it stopped: the same; after it, the parts are on their own', () => {
    const { f } = splitting();
    lose(f, A);
    expect(f.count(TaskState.ABSENT)).toBe(3);
    const after = splitting();
    after.f.operators.status(after.handle, STOPPED, A);
    lose(after.f, A);
    expect(after.f.count(TaskState.ABSENT)).toBe(3);
  });

  it('Split: to chosen hosts; one that is lost by then is no choice, and another number of hosts is none at all', () => {
    const chosen = splitting([B, C, B]);
    chosen.f.operators.status(chosen.handle, STOPPED, A);
    expect(chosen.parts().map((part) => chosen.f.table.host[part])).toEqual([B, C, B]);
    const lost = splitting([B, C, B]);
    lose(lost.f, C);
    lost.f.operators.status(lost.handle, STOPPED, A);
    expect(lost.parts().map((part) => lost.f.table.host[part])).toEqual([B, NO_HOST, B]);
    lost.f.scheduler.place();
    expect(lost.f.count(TaskState.ABSENT)).toBe(0);
    const mismatch = splitting([B]);
    mismatch.f.operators.status(mismatch.handle, STOPPED, A);
    expect(mismatch.f.count(TaskState.ABSENT)).toBe(3);
  });

  it('Split: no handle is left for the parts: the table is as it was, absent', () => {
    const { f, task, handle, ends } = splitting();
    f.table.add = () => {
      throw new Error('all handles are in use');
    };
    f.operators.status(handle, STOPPED, A);
    expect([stateOf(f, task), ends]).toEqual([
      [TaskState.ABSENT, NO_HOST],
      [{ finished: false, text: 'all handles are in use' }],
    ]);
  });

  it('Split: the table dropped meanwhile: nothing is split', () => {
    const { f, handle, ends } = splitting();
    f.scheduler.dropTables([1]);
    expect(sent(f)).toEqual([`remove ${handle} at ${A}`]);
    f.operators.status(handle, STOPPED, A);
    expect([f.table.size, f.operatorCount, ends.length]).toEqual([1, 0, 1]);
  });

  it('Split: the parts meet the event again that the origin waits at (T-1, T-4)', () => {
    const f = new BarrierFixture({ nodes: 3, splitTables: true });
    const task = f.task(1, 2);
    f.handle(2, [waiting(task, facts(10n, { type: 'normal', tableIds: [1, 9] }))]);
    f.operators.split(task.handle, { ranges: [range('', 'm'), range('m', '')], hosts: [A, B] });
    f.operators.status(task.handle, STOPPED, A);
    const creates = f.operators.take(0, 0n).flatMap(({ create }) => create);
    expect(creates).toMatchObject([
      { startTs: 9n, skipDmlAsStartTs: true, range: range('', 'm') },
      { startTs: 9n, skipDmlAsStartTs: true, range: range('m', '') },
    ]);
  });
});
