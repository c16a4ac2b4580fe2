import { ComponentState, Stage } from '@tidegate/protocol';
import { describe, expect, it } from 'vitest';
import { NO_HOST } from '../hosts.js';
import { addWhole } from '../span/parts.js';
import { TaskState } from '../span/taskState.js';
import { BarrierFixture } from '../testing/barrierFixture.js';
import { lose, sent } from '../testing/operatorLines.js';
import { facts, type TestDispatcher, waiting } from '../testing/requests.js';
import type { OperatorEnd } from './operatorBoard.js';
import { OperatorKind } from './operatorKind.js';

const { REMOVED, STOPPED, WAITING_MERGE, WORKING } = ComponentState;

/** Host 0 is the maintainer's own, which is never lost. */
const [A, B] = [1, 2];
const stateOf = (f: BarrierFixture, { handle }: TestDispatcher) => [f.table.state[handle], f.table.host[handle]];

describe('merge', () => {
  function merging(options: { sources?: number } = {}) {
    const f = new BarrierFixture({ nodes: 3, splitTables: true });
    const count = options.sources ?? 2;
    const keyOf = (at: number): string => (at === 0 || at === count ? '' : String(at).padStart(5, '0'));
    const sources = Array.from({ length: count }, (_, at) => {
      return f.task(1, 2, { range: [keyOf(at), keyOf(at + 1)], startTs: at === 0 ? 1_500n : 1_000n });
    });
    const handles = sources.map(({ handle }) => handle);
    const ends: OperatorEnd[] = [];
    const target = addWhole(f.table, handles, () => 7);
    expect(f.operators.merge(target, handles, (end) => ends.push(end))).toBe(true);
    return { f, sources, handles, target, ends };
  }
  const states = (f: BarrierFixture, handles: readonly number[]) => handles.map((handle) => f.table.state[handle]);

  it('Merge: asked of the host of the sources until it answers; the target starts at the smallest checkpoint (T-6)', () => {
    const { f, handles, target } = merging();
    expect(f.table.positions.checkpointTs(target)).toBe(1_000n);
    const [request] = f.operators.take(0, 0n);
    expect(request).toMatchObject({
      host: A,
      create: [],
      remove: [],
      merge: [{ target: { handle: target }, sources: [{}, {}] }],
    });
    expect(request?.merge?.[0]?.target.range).toBeUndefined();
    expect([sent(f, 9_999), sent(f, 10_000)]).toEqual([[], [`merge ${handles.join('+')} into ${target} at ${A}`]]);
    expect([...states(f, handles), f.table.state[target]]).toEqual([2, 2, 2]);
  });

  it('Merge: Working: one replicating target, the sources are gone and are removed at their host (T-8)', () => {
    const { f, handles, target, ends } = merging();
    sent(f);
    for (const handle of handles) f.operators.status(handle, WAITING_MERGE, A);
    f.operators.status(target, WORKING, A);
    expect([f.count(TaskState.REPLICATING), f.table.host[target], ends]).toEqual([1, A, [{ finished: true, text: '' }]]);
    expect(sent(f)).toEqual(handles.map((handle) => `remove ${handle} at ${A}`));
    for (const handle of handles) f.operators.status(handle, STOPPED, A);
    expect([f.table.size, f.operatorCount, states(f, handles)]).toEqual([2, 0, [TaskState.FREE, TaskState.FREE]]);
  });

  it('Merge: a source that stopped before the target worked is just gone', () => {
    const { f, handles, target } = merging();
    sent(f);
    f.operators.status(handles[0] as number, STOPPED, A);
    f.operators.status(target, WORKING, A);
    expect(sent(f)).toEqual([`remove ${handles[1]} at ${A}`]);
  });

  it('Merge: the host lost before Working: the target is dropped, both sources are absent; after it, the target is absent', () => {
    const before = merging();
    lose(before.f, A);
    expect([states(before.f, before.handles), before.f.count(TaskState.ABSENT)]).toEqual([[1, 1], 2]);
    expect([before.f.table.hasTask(before.target), before.ends.map(({ finished }) => finished)]).toEqual([false, [false]]);
    const after = merging();
    after.f.operators.status(after.target, WORKING, A);
    lose(after.f, A);
    expect([after.f.table.state[after.target], after.f.count(TaskState.ABSENT), after.f.operatorCount]).toEqual([1, 1, 0]);
  });

  it('Merge: dropped by a DDL before and after Working: nothing of it is left, nothing is absent', () => {
    for (const works of [false, true]) {
      const { f, handles, target, ends } = merging();
      sent(f);
      if (works) f.operators.status(target, WORKING, A);
      f.scheduler.dropTables([1]);
      expect([f.count(TaskState.ABSENT), f.table.size, ends.length]).toEqual([0, 1, 1]);
      for (const handle of [...handles, target]) {
        if (f.operators.kindOf(handle) === OperatorKind.REMOVE) f.operators.status(handle, STOPPED, A);
      }
      expect([f.operatorCount, ...states(f, handles), f.table.state[target]]).toEqual([0, 0, 0, 0]);
    }
  });

  it('Merge: not admitted, or given up by its host: the sources replicate as before and have no marker', () => {
    const { f, handles, target, ends } = merging();
    f.operators.status(target, REMOVED, A);
    expect([states(f, handles), f.table.hasTask(target), f.operatorCount]).toEqual([[3, 3], false, 0]);
    expect([handles.map((handle) => f.operators.kindOf(handle)), ends[0]?.finished]).toEqual([[0, 0], false]);
    expect(f.operators.move(handles[0] as number, B)).toBe(true);
  });

  it('Merge: given up after it was asked for twice: first the host has to say that there is no target', () => {
    const { f, handles, target, ends } = merging();
    sent(f);
    sent(f, 10_000);
    f.operators.status(target, REMOVED, A);
    f.operators.status(target, REMOVED, A);
    expect([states(f, handles), sent(f, 10_001)]).toEqual([[2, 2], [`remove ${target} at ${A}`]]);
    f.operators.status(handles[0] as number, STOPPED, A);
    f.operators.status(target, STOPPED, A);
    // Whether the other one lives is not known: it is asked back.
    expect([states(f, handles), sent(f, 10_002), ends.length]).toEqual([[1, 2], [`remove ${handles[1]} at ${A}`], 1]);
    f.operators.status(handles[1] as number, STOPPED, A);
    expect([states(f, handles), f.operatorCount]).toEqual([[1, 1], 0]);
  });

  it('Merge: withdrawn, and begun again meanwhile: Working is taken, and the removal on its way brings it back', () => {
    const { f, handles, target } = merging();
    sent(f);
    sent(f, 10_000);
    f.operators.status(target, REMOVED, A);
    f.operators.status(target, WORKING, A);
    expect([f.table.state[target], states(f, handles)]).toEqual([TaskState.REPLICATING, [4, 4]]);
  });

  it('Merge: given up because a source is gone: that one waits for a host', () => {
    const { f, handles, target } = merging();
    f.operators.status(handles[1] as number, STOPPED, A);
    f.operators.status(target, REMOVED, A);
    expect(states(f, handles)).toEqual([TaskState.REPLICATING, TaskState.ABSENT]);
  });

  it('Merge: the target there and gone again (its worker died): the range is the target’s, which waits for a host', () => {
    const { f, handles, target } = merging();
    sent(f);
    f.operators.status(target, STOPPED, A);
    expect([f.table.state[target], handles.map((handle) => f.operators.kindOf(handle))]).toEqual([TaskState.ABSENT, [2, 2]]);
    expect(f.table.pendingCheckpoint()).toBe(1_000n);
  });

  it('Merge: with 4096 sources no marker is released before all of them are out of the table', () => {
    const { f, handles, target } = merging({ sources: 4096 });
    let early = 0;
    f.table.observe({
      taskLeft: () => {
        early += handles.length - f.operators.count(OperatorKind.OCCUPY);
      },
      taskBack: () => undefined,
      tableGone: () => undefined,
      tableAdded: () => undefined,
      partsChanged: () => undefined,
    });
    f.operators.status(target, WORKING, A);
    expect([early, f.operators.count(OperatorKind.OCCUPY), f.operators.count(OperatorKind.REMOVE)]).toEqual([0, 0, 4096]);
  });

  it('T-6: all sources parked at one event: should the target be created again, it starts there; at different ones, at the minimum', () => {
    const f = new BarrierFixture({ nodes: 2, splitTables: true });
    const sources = [f.task(1, 2, { range: ['', 'm'] }), f.task(1, 2, { range: ['m', ''] })];
    const handles = sources.map(({ handle }) => handle);
    const event = facts(10n, { type: 'normal', tableIds: [1, 9] });
    f.handle(2, [waiting(sources[0] as TestDispatcher, event)]);
    expect(f.table.positions.blockState(addWhole(f.table, handles, () => 1))).toBeUndefined();
    f.handle(2, [waiting(sources[1] as TestDispatcher, event)]);
    const target = addWhole(f.table, handles, () => 2);
    expect(f.table.positions.blockState(target)).toMatchObject({ blockTs: 10n, stage: Stage.WAITING });
  });

  it('is refused for one source, for sources on two hosts, and for one that something is done to', () => {
    const f = new BarrierFixture({ nodes: 3, splitTables: true });
    const [a, b, c] = [
      f.task(1, 2, { range: ['', 'm'] }),
      f.task(1, 2, { range: ['m', 't'] }),
      f.task(1, 3, { range: ['t', ''] }),
    ];
    const target = addWhole(f.table, [a.handle, b.handle], () => 1);
    expect(f.operators.merge(target, [a.handle])).toBe(false);
    expect(f.operators.merge(target, [b.handle, c.handle])).toBe(false);
    f.operators.move(a.handle, B);
    expect(f.operators.merge(target, [a.handle, b.handle])).toBe(false);
    expect([f.table.state[target], f.operators.count(OperatorKind.OCCUPY)]).toEqual([TaskState.ABSENT, 0]);
  });
});

describe('occupy', () => {
  it('Occupy: the node lost: finished and absent; the task removed: finished; released: as before (T-9)', () => {
    const f = new BarrierFixture({ nodes: 3 });
    const tasks = [f.task(1, 3), f.task(2, 2), f.task(3, 2)];
    const ends: OperatorEnd[] = [];
    for (const { handle } of tasks) f.operators.occupy(handle, (end) => ends.push(end));
    expect(f.operators.occupy(tasks[0]?.handle as number)).toBe(false);
    expect(sent(f)).toEqual([]);
    lose(f, B);
    f.scheduler.dropTables([2]);
    f.operators.release(tasks[2]?.handle as number);
    expect(tasks.map(({ handle }) => f.table.state[handle])).toEqual([1, 4, 3]);
    expect([ends.map(({ finished }) => finished), f.operators.count(OperatorKind.OCCUPY)]).toEqual([[false, false, true], 0]);
  });

  it('E-8: its dispatcher may stop like any other', () => {
    const f = new BarrierFixture({ nodes: 2 });
    const { handle } = f.task(1, 2);
    f.operators.occupy(handle);
    f.operators.status(handle, STOPPED, A);
    expect([f.table.state[handle], f.operators.kindOf(handle)]).toEqual([TaskState.ABSENT, OperatorKind.NONE]);
  });
});

describe('controller', () => {
  it('Remove: goes to the host that it was on, though its task is bound to none any more, and Stopped of there ends it (B-34)', () => {
    const f = new BarrierFixture({ nodes: 3 });
    const { handle } = f.task(1, 3);
    f.operators.remove(handle);
    expect([f.table.host[handle], sent(f)]).toEqual([NO_HOST, [`remove ${handle} at ${B}`]]);
    f.operators.status(handle, STOPPED, A);
    expect(f.operatorCount).toBe(1);
    f.operators.status(handle, STOPPED, B);
    expect(f.operatorCount).toBe(0);
  });

  it('Controller: a remove that takes the place of a remove cancels the hook of the first; each hook runs at most once (B-34)', () => {
    const f = new BarrierFixture({ nodes: 2 });
    const { handle } = f.task(1, 2);
    const told: string[] = [];
    f.operators.remove(handle, () => told.push('first'));
    f.operators.remove(handle, () => told.push('second'));
    f.operators.status(handle, STOPPED, A);
    f.operators.status(handle, STOPPED, A);
    f.operators.hostLost(A);
    expect(told).toEqual(['second']);
  });

  it('QuiesceExcept: the allowed one goes on, frozen ones bound the checkpoint and take no status, no schedule, no loss (F-11)', () => {
    const f = new BarrierFixture({ nodes: 3 });
    const [frozen, allowed, other] = [f.absent(1, { startTs: 10n }), f.task(2, 2), f.task(3, 2)];
    f.operators.add(frozen.handle, B);
    f.operators.remove(allowed.handle);
    f.operators.quiesceExcept(allowed.handle);
    expect(sent(f)).toEqual([`remove ${allowed.handle} at ${A}`]);
    f.operators.status(frozen.handle, WORKING, B);
    f.operators.hostLost(B);
    expect([stateOf(f, frozen), f.table.pendingCheckpoint()]).toEqual([[TaskState.SCHEDULING, B], 10n]);
    expect([f.operators.move(other.handle, B), f.operators.remove(other.handle), f.operators.occupy(other.handle)]).toEqual([
      false,
      false,
      false,
    ]);
    f.operators.status(allowed.handle, STOPPED, A);
    expect([f.table.state[allowed.handle], sent(f, 60_000)]).toEqual([TaskState.FREE, []]);
  });

  it('QuiesceExcept: a queue of frozen operators only drains, and they bound the checkpoint still (1000)', () => {
    const f = new BarrierFixture({ nodes: 2 });
    const { handle } = f.absent(1, { startTs: 1_000n });
    f.operators.add(handle, A);
    f.operators.quiesceExcept();
    expect([sent(f), f.operators.inspect(() => '').unsent, f.table.pendingCheckpoint()]).toEqual([[], 0, 1_000n]);
  });
});
