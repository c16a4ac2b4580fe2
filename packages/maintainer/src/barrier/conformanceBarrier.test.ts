import { Stage } from '@tidegate/protocol';
import { describe, expect, it } from 'vitest';
import { SpanChecker } from '../coverage/spanChecker.js';
import { TaskState } from '../span/taskState.js';
import { BarrierFixture } from '../testing/barrierFixture.js';
import { done, facts, none, waiting } from '../testing/requests.js';

const added = (tableId: number) => ({ tableId, schemaId: 1, splittable: false });

describe('cases that need the whole barrier', () => {
  it('ScheduleEvent: of one event the drops run before the adds, once the writer is done and not before (B-31, B-33)', () => {
    const f = new BarrierFixture();
    const d1 = f.task(1);
    // Drops table 1 and adds one of the same number: were the add first, the drop would take it away again.
    const event = facts(
      10n,
      { type: 'normal', tableIds: [0, 1] },
      { drops: { type: 'normal', tableIds: [1] }, adds: [added(1), added(3)] },
    );
    f.handle(1, [waiting(d1, event), waiting(f.trigger, event)]);
    expect(f.count(TaskState.ABSENT)).toBe(0);
    f.handle(1, [done(f.trigger, event)]);
    expect([f.count(TaskState.ABSENT), f.count(TaskState.REPLICATING)]).toEqual([2, 0]);
    const db = facts(20n, undefined, { drops: { type: 'db', schemaId: 1 }, adds: [added(4)] });
    expect(f.shown(1, [none(f.trigger, db)])).toEqual(['node1: ack 20 → 0']);
    expect(f.count(TaskState.ABSENT)).toBe(1);
    const next = facts(30n, undefined, { drops: { type: 'normal', tableIds: [4] }, adds: [added(5)] });
    f.handle(1, [none(f.trigger, next)]);
    expect(f.count(TaskState.ABSENT)).toBe(1);
  });

  it('22.13 W-5: all WAITING after a restart, nobody reports again: the rebuild itself selects, and the write goes on (S-11)', () => {
    const f = new BarrierFixture({ splitTables: true });
    const [low, high] = [f.task(1, 1, { range: ['', 'm'] }), f.task(1, 1, { range: ['m', ''] })];
    const event = facts(6n, { type: 'normal', tableIds: [1] });
    f.barrier.rebuild([low, high].map(({ handle }) => ({ handle, blockState: { stage: Stage.WAITING, facts: event } })));
    const [message] = f.barrier.settleRebuilt();
    const [answer] = message?.answers ?? [];
    expect(answer).toMatchObject({ action: { action: 0, key: { commitTs: 6n, isSyncPoint: false } } });
    const writer = f.event(event)?.writer;
    f.handle(1, [done([low, high].find(({ handle }) => handle === writer?.handle) ?? low, event)]);
    expect(f.resend()).toHaveLength(1);
    f.handle(1, [done(low, event), done(high, event)]);
    expect(f.barrier.size).toBe(0);
  });
});

describe('span checker (V-2, V-4)', () => {
  it('mark-covered forces it until the reset; an empty list is covered at once; no range marks the table (V-2, V-4)', () => {
    expect(new SpanChecker().covered).toBe(true);
    const checker = new SpanChecker();
    for (const table of [1, 2]) checker.list(table);
    checker.markCovered();
    expect(checker.covered).toBe(true);
    checker.reset();
    expect(checker.covered).toBe(false);
    checker.add(1);
    expect(checker.missingCount).toBe(1);
    checker.add(2);
    expect(checker.covered).toBe(true);
  });
});
