import { ComponentState } from '@tidegate/protocol';
import { describe, expect, it } from 'vitest';
import { MaintainerFixture, table } from '../testing/maintainerFixture.js';
import { facts, none, waiting } from '../testing/requests.js';

const { REMOVED, STOPPED } = ComponentState;

const closed = (m: MaintainerFixture, node: number, success = true) =>
  m.receive({ type: 'close-response', from: `node${node}`, epoch: m.epoch, success });

describe('removal (F-11)', () => {
  it('RemovingSuppressesLegacyControlPlaneActions: a tick closes every host and nothing else; statuses send nothing (E-7)', () => {
    const m = new MaintainerFixture({ nodes: 2 });
    m.start([table(1)]);
    m.bootstrap();
    m.context.take();
    m.receive({ type: 'stop', how: 'remove' });
    m.context.take();
    m.advance(100);
    expect(m.context.take().map(({ to, message }) => [to, message])).toEqual(
      ['coordinator1', 'coordinator2'].map((to) => [to, { type: 'close', epoch: 2, removed: true }]),
    );
    m.statuses(1, [waiting(m.trigger, facts(200n, { type: 'normal', tableIds: [0] }))]);
    expect(m.context.take()).toEqual([]);
  });

  it('also waits for a host that was about to join, and hears it (T-10)', () => {
    const m = new MaintainerFixture({ nodes: 1 });
    m.run([table(1)]);
    m.hosts(1, 2);
    m.receive({ type: 'stop', how: 'remove' });
    closed(m, 1);
    expect(m.actor.phase).toBe('stopping');
    closed(m, 2);
    expect(m.actor.phase).toBe('stopped');
  });

  it('ends when every host says that nothing is left; a repeated one is answered again, like MaintainerSchedule (F-11)', () => {
    const m = new MaintainerFixture({ nodes: 2 });
    m.run([table(1)]);
    m.receive({ type: 'stop', how: 'remove' });
    closed(m, 1, false);
    closed(m, 2);
    expect([m.actor.phase, m.events('stopped')]).toEqual(['stopping', []]);
    closed(m, 1);
    expect([m.actor.phase, m.events('stopped')]).toEqual(['stopped', [{ type: 'stopped', epoch: 2, how: 'remove' }]]);
    m.context.take();
    m.advance(60_000);
    expect(m.context.take()).toEqual([]);
    m.receive({ type: 'stop', how: 'remove' });
    expect(m.events('stopped')).toHaveLength(2);
  });

  it('a host that is lost meanwhile has nothing left (T-9)', () => {
    const m = new MaintainerFixture({ nodes: 2 });
    m.run([table(1)]);
    m.receive({ type: 'stop', how: 'remove' });
    closed(m, 1);
    m.hosts(1);
    expect(m.events('stopped')).toHaveLength(1);
  });

  it('before the bootstrap is done it begins at once', () => {
    const m = new MaintainerFixture();
    m.start([table(1)]);
    m.context.take();
    m.receive({ type: 'stop', how: 'remove' });
    expect(m.sent('close')).toHaveLength(1);
    m.answer(1);
    expect([m.actor.phase, m.events('bootstrapped'), m.schedules()]).toEqual(['stopping', [], []]);
  });

  it('StopNotExistsMaintainer: what was never started is stopped at once, and can be started (F-13)', () => {
    const m = new MaintainerFixture();
    m.receive({ type: 'stop', how: 'remove' });
    expect(m.events('stopped')).toEqual([{ type: 'stopped', epoch: 0, how: 'remove' }]);
    m.run([table(1)]);
    expect(m.actor.phase).toBe('running');
  });
});

describe('hand-over (F-11)', () => {
  it('removes the triggers of both modes and leaves everything else; ends when both are gone', () => {
    const m = new MaintainerFixture({ redo: true, nodes: 2 });
    m.run([table(1)]);
    m.receive({ type: 'stop', how: 'hand-over' });
    expect(m.context.take()).toMatchObject([
      {
        to: 'coordinator1',
        message: { type: 'schedule', epoch: 2, create: [], remove: [{ handle: 1 }, { handle: 0, generation: 2 }] },
      },
    ]);
    m.report(1, [[m.redoTrigger, STOPPED]]);
    expect([m.events('stopped'), m.actor.inspect().changefeed?.departure]).toEqual([
      [],
      { how: 'hand-over', triggers: [0], hosts: [] },
    ]);
    m.report(1, [[{ ...m.trigger, generation: 1 }, STOPPED]]);
    expect(m.events('stopped')).toEqual([]);
    m.report(1, [[m.trigger, REMOVED]]);
    expect(m.events('stopped')).toEqual([{ type: 'stopped', epoch: 2, how: 'hand-over' }]);
  });

  it('asks again when nothing answers, and for nothing else', () => {
    const m = new MaintainerFixture({ operatorResend: 1_000 });
    m.run([table(1)]);
    m.receive({ type: 'stop', how: 'hand-over' });
    m.context.take();
    m.advance(900);
    expect(m.context.take()).toEqual([]);
    m.advance(100);
    expect(m.context.take()).toMatchObject([{ message: { type: 'schedule', remove: [{ handle: 0 }] } }]);
  });

  it('CalculateNewCheckpointTs (c): an add under way still bounds the checkpoint (K-3, F-11)', () => {
    const m = new MaintainerFixture();
    m.run([], 5n);
    m.statuses(1, [none(m.trigger, facts(10n, undefined, { adds: [table(2)] }))]);
    m.receive({ type: 'stop', how: 'hand-over' });
    m.watermark(1, 100n, 2);
    m.advance(100);
    expect(m.events('checkpoint').at(-1)).toEqual({ type: 'checkpoint', checkpointTs: 10n, resolvedTs: 10n });
  });

  it('once a trigger is gone, which bounded it, no checkpoint is computed from what is left (I-7)', () => {
    const m = new MaintainerFixture({ redo: true });
    m.run([]);
    m.receive({ type: 'redo-progress', from: 'node1', epoch: 2, resolvedTs: 1_000n });
    m.receive({ type: 'stop', how: 'hand-over' });
    m.watermark(1, 120n, 2);
    m.advance(100);
    expect(m.actor.inspect().changefeed?.committedTs).toBe(120n);
    m.report(1, [[m.trigger, STOPPED, 120n]], {
      watermark: { checkpointTs: 900n, resolvedTs: 900n, seq: 2, lastSyncedTs: 0n },
    });
    m.advance(1_000);
    expect(m.actor.inspect().changefeed?.committedTs).toBe(120n);
  });

  it('before the bootstrap it is put off until after it: nothing of the changefeed is known yet (F-11)', () => {
    const m = new MaintainerFixture();
    m.start([table(1)]);
    m.context.take();
    m.receive({ type: 'stop', how: 'hand-over' });
    expect([m.actor.phase, m.context.take()]).toEqual(['bootstrapping', []]);
    m.answer(1);
    expect(m.context.take()).toMatchObject([{ message: { type: 'schedule', create: [], remove: [{ handle: 0 }] } }]);
    m.report(1, [[m.trigger, STOPPED]]);
    expect(m.events('stopped')).toHaveLength(1);
  });

  it('a removal takes its place, not the other way round (F-7)', () => {
    const m = new MaintainerFixture();
    m.run([]);
    m.receive({ type: 'stop', how: 'hand-over' });
    m.receive({ type: 'stop', how: 'remove' });
    expect(m.sent('close')).toHaveLength(1);
    m.receive({ type: 'stop', how: 'hand-over' });
    m.report(1, [[m.trigger, STOPPED]]);
    expect(m.actor.phase).toBe('stopping');
    closed(m, 1);
    expect(m.events('stopped')).toEqual([{ type: 'stopped', epoch: 2, how: 'remove' }]);
  });
});
