import { ComponentState } from '@tidegate/protocol';
import { describe, expect, it } from 'vitest';
import { MaintainerFixture, table } from '../testing/maintainerFixture.js';
import { facts, requestOf, waiting } from '../testing/requests.js';

const { STOPPED } = ComponentState;
const SYNC = facts({ commitTs: 200n, isSyncPoint: true }, { type: 'all' });

function start(m: MaintainerFixture, epoch: number): void {
  m.epoch = epoch;
  m.start([table(1)]);
}

describe('one maintainer after another (F-1, F-13)', () => {
  it('AddMaintainerRejectsLiveNewerEpoch: while one lives a later one is refused, with an event, and nothing changes (F-13)', () => {
    for (const prepare of [(m: MaintainerFixture) => m.start([]), (m: MaintainerFixture) => m.run([])]) {
      const m = new MaintainerFixture({ epoch: 1 });
      prepare(m);
      const { phase, changefeed } = m.actor;
      start(m, 2);
      expect([m.actor.phase, m.actor.changefeed]).toEqual([phase, changefeed]);
      expect(m.events('start-refused')).toMatchObject([
        { epoch: 2, currentEpoch: 1, text: expect.stringContaining('stop it first') },
      ]);
    }
  });

  it('AddMaintainerAfterStoppedKeepsReplacement: a larger epoch takes its place, and late words of the old one do nothing to it (F-13, F-6)', () => {
    const m = new MaintainerFixture({ epoch: 1 });
    m.run([table(1)]);
    m.receive({ type: 'stop', how: 'hand-over' });
    m.report(1, [[{ handle: 0, generation: 1 }, STOPPED]]);
    start(m, 2);
    expect([m.actor.phase, m.actor.changefeed?.epoch]).toEqual(['bootstrapping', 2]);
    m.receive({ type: 'close-response', from: 'node1', epoch: 1, success: true });
    m.receive({ type: 'stale-epoch', from: 'node1', refused: 'answers', refusedEpoch: 1, currentEpoch: 2 });
    m.answer(1);
    expect([m.actor.phase, m.events('fault')]).toEqual(['running', []]);
  });

  it('AddMaintainerRejectsOlderEpoch: neither an equal nor a smaller one, stopped or not (F-1)', () => {
    for (const how of [undefined, 'remove'] as const) {
      const m = new MaintainerFixture({ epoch: 2 });
      m.run([]);
      if (how !== undefined) {
        m.receive({ type: 'stop', how });
        m.receive({ type: 'close-response', from: 'node1', epoch: 2, success: true });
      }
      for (const epoch of [2, 1]) start(m, epoch);
      expect([m.actor.changefeed?.epoch, m.events('start-refused').map(({ epoch }) => epoch)]).toEqual([2, [2, 1]]);
    }
  });

  it('AddMaintainerDoesNotCreateRejectedDuplicate: for a refused start nobody is asked anything (F-13)', () => {
    const m = new MaintainerFixture({ epoch: 3 });
    m.run([]);
    for (const epoch of [3, 2, 1, 4]) start(m, epoch);
    expect(m.bootstraps()).toEqual([]);
  });

  it('of the old one nothing is left: barriers, tasks, buffered reports, timers, the fault (F-13, T-H)', () => {
    const m = new MaintainerFixture({ epoch: 1 });
    m.run([table(1)]);
    m.statuses(1, [waiting(m.trigger, SYNC)]);
    const error = { time: 1, host: 'node1', code: 'SINK_FAILED', message: 'disk full' };
    m.receive({ type: 'heartbeat', from: 'node1', epoch: 1, complete: false, error });
    expect(m.actor.phase).toBe('faulted');
    start(m, 7);
    m.bootstrap();
    m.work();
    expect(m.actor.inspect()).toMatchObject({
      phase: 'running',
      buffered: { statuses: 0 },
      changefeed: { epoch: 7, barrier: { open: [] }, tasks: { replicating: 2 } },
    });
    expect(m.actor.inspect()).not.toHaveProperty('fault');
    m.context.take();
    m.advance(500);
    // One timer, not two.
    expect(m.sent('post-bootstrap')).toHaveLength(5);
  });

  it('after a quiet stop the next one may start: nothing of it is under way (F-13)', () => {
    const m = new MaintainerFixture({ epoch: 1 });
    m.run([]);
    m.receive({ type: 'stop' });
    start(m, 2);
    expect(m.actor.phase).toBe('bootstrapping');
  });

  it('PostBootstrapResponseRequiresCurrentEpoch, EpochRequestRequiresCompatOrCurrentEpoch: whatever type it is of, a message of another epoch is refused and does nothing (22.20, F-6)', () => {
    const m = new MaintainerFixture({ epoch: 2, redo: true });
    m.start([table(1)]);
    m.bootstrap();
    m.work();
    m.context.take();
    const before = JSON.stringify(m.actor.inspect(), (_, value) => (typeof value === 'bigint' ? `${value}` : value));
    const from = 'node1';
    const watermark = { checkpointTs: 900n, resolvedTs: 900n, seq: 9, lastSyncedTs: 900n };
    for (const epoch of [0, 1, 3]) {
      m.receive(requestOf(from, [waiting(m.trigger, SYNC)], { epoch }));
      m.receive({ type: 'heartbeat', from, epoch, complete: true, watermark });
      m.receive({ type: 'bootstrap-response', from, epoch, spans: [], checkpointTs: 5n });
      m.receive({ type: 'post-bootstrap-response', from, epoch });
      m.receive({ type: 'redo-progress', from, epoch, resolvedTs: 900n });
      m.receive({ type: 'close-response', from, epoch, success: true });
      expect(m.context.take().map(({ message }) => message)).toEqual(
        ['block-statuses', 'heartbeat', 'bootstrap-response', 'post-bootstrap-response', 'redo-progress', 'close-response'].map(
          (refused) => ({ type: 'stale-epoch', from: 'node1', refused, refusedEpoch: epoch, currentEpoch: 2 }),
        ),
      );
    }
    expect(JSON.stringify(m.actor.inspect(), (_, value) => (typeof value === 'bigint' ? `${value}` : value))).toBe(before);
  });
});
