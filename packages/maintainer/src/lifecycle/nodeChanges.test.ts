import { ComponentState } from '@tidegate/protocol';
import { describe, expect, it } from 'vitest';
import { MaintainerFixture, table } from '../testing/maintainerFixture.js';
import { done, facts, none, waiting } from '../testing/requests.js';

const { STOPPED, WORKING } = ComponentState;

/** Plays every coordinator until nothing is asked any more: what is to be created works, what is to be removed has stopped. */
function settle(m: MaintainerFixture): void {
  for (let round = 0; round < 20; round++) {
    const asked = m.schedules();
    if (asked.length === 0) return;
    for (const { to, message } of asked) {
      const node = Number(to.slice('coordinator'.length));
      const created = message.create.map((config) => [config, WORKING] as const);
      const removed = message.remove.map((ref) => [ref, STOPPED, 150n] as const);
      for (const config of message.create) m.created.set(config.handle, config);
      m.report(node, [...removed, ...created]);
    }
  }
  throw new Error('it asks for ever');
}

/** Dispatchers by node, the table trigger not counted. */
function spread(m: MaintainerFixture): number[] {
  const perHost = m.actor.inspect().changefeed?.tasksPerHost ?? {};
  return Object.entries(perHost).map(([node, count]) => (node === 'node1' ? count - 1 : count));
}

describe('a changefeed over nodes that come and go', () => {
  it('MaintainerSchedulesNodeChanges: one each on four, two each on two, less two tables, two more, then removed (T-9, T-10, F-11)', () => {
    const m = new MaintainerFixture();
    m.run([1, 2, 3, 4].map((id) => table(id)));
    expect(spread(m)).toEqual([4]);

    m.hosts(1, 2, 3, 4);
    for (const node of [2, 3, 4]) m.answer(node);
    settle(m);
    expect(spread(m)).toEqual([1, 1, 1, 1]);

    m.hosts(1, 2);
    settle(m);
    expect(spread(m)).toEqual([2, 2]);

    const of = (tableId: number) => [...m.created.values()].findLast((config) => config.tableId === tableId);
    for (const [ts, tableId] of [
      [200n, 2],
      [210n, 3],
    ] as const) {
      const drop = facts(ts, { type: 'normal', tableIds: [tableId, 0] }, { drops: { type: 'normal', tableIds: [tableId] } });
      const gone = of(tableId);
      if (gone === undefined) throw new Error('a dispatcher expected');
      m.statuses(1, [waiting(gone, drop), waiting(m.trigger, drop)]);
      m.statuses(1, [done(m.trigger, drop)]);
    }
    settle(m);
    expect(spread(m).reduce((sum, count) => sum + count)).toBe(2);

    m.statuses(1, [none(m.trigger, facts(220n, undefined, { adds: [table(5), table(6)] }))]);
    settle(m);
    expect(spread(m)).toEqual([2, 2]);

    m.receive({ type: 'stop', how: 'remove' });
    for (const node of [1, 2]) m.receive({ type: 'close-response', from: `node${node}`, epoch: 2, success: true });
    expect([m.actor.phase, m.events('stopped')]).toEqual(['stopped', [{ type: 'stopped', epoch: 2, how: 'remove' }]]);
  });

  it('GetMaintainerStatusUsesCommittedCheckpoint: what is shown is the committed one (K-7)', () => {
    const m = new MaintainerFixture({ epoch: 3 });
    m.run([], 20n);
    const watermark = { checkpointTs: 30n, resolvedTs: 40n, seq: 2, lastSyncedTs: 50n };
    m.receive({ type: 'heartbeat', from: 'node1', epoch: 3, complete: false, watermark });
    expect(m.actor.inspect().changefeed).toMatchObject({ committedTs: 20n, lastSyncedTs: 50n, epoch: 3 });
  });

  it('CheckpointUpdateNotification, StatusChangedNotification: each is told under one key, so that a slow listener sees the last (T-H)', () => {
    const keys: (string | undefined)[] = [];
    const m = new MaintainerFixture({ redo: true });
    m.context.emit = (_event: unknown, coalesce?: string) => keys.push(coalesce);
    m.run([]);
    m.receive({ type: 'redo-progress', from: 'node1', epoch: 2, resolvedTs: 400n });
    m.watermark(1, 150n, 2);
    m.advance(100);
    const error = { time: 1, host: 'node1', code: 'SINK_FAILED', message: 'disk full' };
    m.receive({ type: 'heartbeat', from: 'node1', epoch: 2, complete: false, error });
    expect(keys.filter((key) => key !== undefined)).toEqual(['redo', 'checkpoint', 'fault']);
  });
});
