import { ComponentState, MAX_TS } from '@tidegate/protocol';
import { describe, expect, it } from 'vitest';
import { MaintainerFixture, table } from './testing/maintainerFixture.js';
import { done, facts, none, waiting } from './testing/requests.js';

const { REMOVED, STOPPED, WORKING } = ComponentState;
const SYNC = facts({ commitTs: 200n, isSyncPoint: true }, { type: 'all' });

describe('running', () => {
  it('MaintainerSchedule: 100 tables on one node, all replicating (K-8, S-12)', () => {
    const m = new MaintainerFixture();
    m.run(Array.from({ length: 100 }, (_, i) => table(i + 1)));
    expect(m.actor.inspect().changefeed).toMatchObject({
      tasks: { replicating: 101, absent: 0, scheduling: 0 },
      tasksPerHost: { node1: 101 },
    });
  });

  it('a barrier goes through in the turns that its reports come in, without a tick (T-E)', () => {
    const m = new MaintainerFixture();
    m.run([table(1), table(2)]);
    const [d1, d2] = [...m.created.values()];
    if (d1 === undefined || d2 === undefined) throw new Error('two dispatchers expected');
    m.statuses(1, [waiting(m.trigger, SYNC), waiting(d1, SYNC), waiting(d2, SYNC)]);
    expect(m.answers()).toEqual([`coordinator1: ack 200/sync → 0,${d1.handle},${d2.handle}`, 'coordinator1: write 200/sync → 0']);
    m.statuses(1, [done(m.trigger, SYNC)]);
    expect(m.answers()).toEqual(['coordinator1: ack 200/sync → 0', 'coordinator1: pass 200/sync → all']);
    m.statuses(1, [done(d1, SYNC), done(d2, SYNC)]);
    expect(m.events('barrier').map(({ phase }) => phase)).toEqual(['opened', 'selected', 'written', 'completed']);
    expect(m.actor.inspect().changefeed?.barrier.open).toEqual([]);
  });

  it('every request gets a reply that names it, even an empty one (B-10, B-13, T-I)', () => {
    const m = new MaintainerFixture();
    m.run([table(1)]);
    m.statuses(1, [done(m.trigger, SYNC)]);
    expect(m.sent('answers')).toMatchObject([{ to: 'coordinator1', message: { epoch: 2, mode: 0, inReplyTo: 1, answers: [] } }]);
  });

  it('a request of a mode that is not run is answered unknown (T-D)', () => {
    const m = new MaintainerFixture();
    m.run([table(1)]);
    m.statuses(1, [done({ handle: 1, generation: 2 }, SYNC)], { mode: 1 });
    expect(m.answers()).toEqual(['coordinator1: unknown 200/sync → 1']);
  });

  it('what comes before the bootstrap is done is handled after it, not lost (T-H)', () => {
    const m = new MaintainerFixture();
    m.start([table(1)]);
    const create = facts(150n, undefined, { adds: [table(9)] });
    m.statuses(1, [none(m.trigger, create)]);
    expect(m.answers()).toEqual([]);
    m.bootstrap();
    expect(m.answers()).toEqual(['coordinator1: ack 150 → 0']);
    expect(m.schedules().flatMap(({ message }) => message.create.map(({ tableId }) => tableId))).toEqual([1, 9]);
  });

  it('a dropped table: Pass for those that are left, remove for the dropped, none of it before the write (B-31, B-34, B-53)', () => {
    const m = new MaintainerFixture();
    m.run([table(1)]);
    const d1 = [...m.created.values()][0];
    if (d1 === undefined) throw new Error('a dispatcher expected');
    const drop = facts(200n, { type: 'normal', tableIds: [1, 0] }, { drops: { type: 'normal', tableIds: [1] } });
    m.statuses(1, [waiting(d1, drop), waiting(m.trigger, drop)]);
    expect(m.schedules()).toEqual([]);
    m.statuses(1, [done(m.trigger, drop)]);
    expect(m.schedules().map(({ message }) => message.remove.map(({ handle }) => handle))).toEqual([[d1.handle]]);
    expect(m.actor.inspect().changefeed?.barrier.open).toEqual([]);
    m.report(1, [[d1, STOPPED, 199n]]);
    expect(m.actor.inspect().changefeed).toMatchObject({ tasks: { removing: 0 }, operators: { remove: 0 } });
  });

  it('a Stopped without an operator reschedules the task under the next generation (E-8)', () => {
    const m = new MaintainerFixture();
    m.run([table(1)]);
    const d1 = [...m.created.values()][0];
    if (d1 === undefined) throw new Error('a dispatcher expected');
    m.report(1, [[d1, STOPPED, 170n]]);
    const [again] = m.schedules()[0]?.message.create ?? [];
    expect(again).toMatchObject({ tableId: 1, handle: d1.handle, startTs: 170n, id: d1.id });
    expect(again?.generation).toBeGreaterThan(d1.generation);
    m.report(1, [[d1, REMOVED]]);
    expect(m.actor.inspect().changefeed?.tasks.scheduling).toBe(1);
  });

  it('a heartbeat that asks for it is confirmed once it was handled, and not while nothing is healed (K-9, E-6)', () => {
    const m = new MaintainerFixture();
    m.start([table(1)]);
    const taken = () =>
      m.context.take('coordinator1').filter(({ message }) => (message as { type: string }).type === 'heartbeat-taken');
    m.receive({ type: 'heartbeat', from: 'node1', epoch: m.epoch, complete: false, confirm: 7 });
    expect(taken()).toEqual([]);
    m.bootstrap();
    expect(taken()).toMatchObject([{ message: { epoch: m.epoch, confirm: 7 } }]);
    m.receive({ type: 'heartbeat', from: 'node1', epoch: m.epoch, complete: false });
    expect(taken()).toEqual([]);
    m.receive({ type: 'stop', how: 'hand-over' });
    m.receive({ type: 'heartbeat', from: 'node1', epoch: m.epoch, complete: false, confirm: 8 });
    expect(taken()).toEqual([]);
  });

  it("a Working dispatcher that is nobody's is removed; one on a host that is not its own is ignored (E-8)", () => {
    const m = new MaintainerFixture({ nodes: 2 });
    m.run([table(1)]);
    m.report(1, [[{ handle: 77, generation: 1 }, WORKING, 5n]]);
    expect(m.schedules()).toMatchObject([
      { to: 'coordinator1', message: { create: [], remove: [{ handle: 77, generation: 1 }] } },
    ]);
    const d1 = [...m.created.values()][0];
    if (d1 === undefined) throw new Error('a dispatcher expected');
    const other = m.actor.inspect().changefeed?.tasksPerHost.node2 === 1 ? 1 : 2;
    m.report(other, [[d1, STOPPED, 170n]]);
    expect(m.actor.inspect().changefeed?.tasks.replicating).toBe(2);
  });
});

describe('checkpoint', () => {
  it('goes to the own coordinator and to the outside when it grows; committed never goes back (K-7, K-12)', () => {
    const m = new MaintainerFixture();
    m.run([table(1)]);
    m.watermark(1, 150n, 2, 160n);
    m.advance(100);
    expect(m.sent('checkpoint')).toMatchObject([{ to: 'coordinator1', message: { checkpointTs: 150n, epoch: 2 } }]);
    expect(m.events('checkpoint')).toEqual([{ type: 'checkpoint', checkpointTs: 150n, resolvedTs: 160n }]);
    m.watermark(1, 140n, 3);
    m.advance(100);
    expect(m.sent('checkpoint')).toEqual([]);
    expect(m.actor.inspect().changefeed?.committedTs).toBe(150n);
  });

  it('is not computed before the bootstrap, nor from "no constraint" (K-1, K-5)', () => {
    const m = new MaintainerFixture();
    m.start([table(1)]);
    m.watermark(1, 500n, 1);
    m.advance(300);
    expect(m.events('checkpoint')).toEqual([]);
    m.bootstrap({}, 100n);
    m.work();
    m.watermark(1, MAX_TS, 9);
    m.advance(300);
    expect(m.actor.inspect().changefeed?.committedTs).toBe(100n);
  });

  it('an add under way bounds it, and releases it with the watermark that counts the new dispatcher (K-8, K-9)', () => {
    const m = new MaintainerFixture();
    m.run([table(1)]);
    m.statuses(1, [none(m.trigger, facts(150n, undefined, { adds: [table(2)] }))]);
    m.watermark(1, 200n, 2);
    m.advance(100);
    expect(m.actor.inspect().changefeed?.committedTs).toBe(150n);
    const [config] = m.schedules()[0]?.message.create ?? [];
    if (config === undefined) throw new Error('a create expected');
    expect(config.startTs).toBe(150n);
    m.report(1, [[config, WORKING]], { watermark: { checkpointTs: 155n, resolvedTs: 155n, seq: 3, lastSyncedTs: 0n } });
    m.advance(100);
    expect(m.actor.inspect().changefeed?.committedTs).toBe(155n);
  });

  it('a finished add counts even when the watermark that came with it is refused (E-5, K-9)', () => {
    const m = new MaintainerFixture();
    m.run([table(1)]);
    m.statuses(1, [none(m.trigger, facts(150n, undefined, { adds: [table(2)] }))]);
    const [config] = m.schedules()[0]?.message.create ?? [];
    if (config === undefined) throw new Error('a create expected');
    m.watermark(1, 240n, 3);
    m.report(1, [[config, WORKING]], { watermark: { checkpointTs: 150n, resolvedTs: 150n, seq: 3, lastSyncedTs: 0n } });
    m.advance(100);
    expect(m.actor.inspect().changefeed?.committedTs).toBe(150n);
    m.watermark(1, 151n, 3);
    m.advance(100);
    expect(m.actor.inspect().changefeed?.committedTs).toBe(151n);
  });

  it('an open event with new tables bounds it at its commit ts (K-3b)', () => {
    const m = new MaintainerFixture();
    m.run([table(1)]);
    const like = facts(150n, { type: 'normal', tableIds: [1, 0] }, { adds: [table(2)] });
    m.statuses(1, [waiting(m.trigger, like)]);
    m.watermark(1, 300n, 2);
    m.advance(100);
    expect(m.actor.inspect().changefeed?.committedTs).toBe(150n);
  });

  it('waits for every host that has tasks (K-4)', () => {
    const m = new MaintainerFixture({ nodes: 2 });
    m.run([table(1), table(2)]);
    m.watermark(1, 300n, 2);
    m.advance(100);
    expect(m.actor.inspect().changefeed?.committedTs).toBe(100n);
    m.watermark(2, 250n, 2);
    m.advance(100);
    expect(m.actor.inspect().changefeed?.committedTs).toBe(250n);
  });
});

describe('epochs, stop and faults', () => {
  it('refuses every message of another epoch with its reason; nothing of it takes effect (T-B, F-6)', () => {
    const m = new MaintainerFixture();
    m.run([table(1)]);
    m.statuses(1, [waiting(m.trigger, facts(200n, { type: 'normal', tableIds: [0] }))], { epoch: 1 });
    expect(m.sent('stale-epoch')).toMatchObject([
      { to: 'coordinator1', message: { refused: 'block-statuses', refusedEpoch: 1, currentEpoch: 2 } },
    ]);
    expect([m.answers(), m.actor.inspect().changefeed?.barrier.open]).toEqual([[], []]);
    m.receive({
      type: 'heartbeat',
      from: 'node1',
      epoch: 3,
      complete: false,
      watermark: { checkpointTs: 900n, resolvedTs: 900n, seq: 9, lastSyncedTs: 0n },
    });
    m.advance(100);
    expect(m.actor.inspect().changefeed?.committedTs).toBe(100n);
  });

  it('goes when a host says that a later epoch owns it, and only then', () => {
    const m = new MaintainerFixture();
    m.run([]);
    m.receive({ type: 'stale-epoch', from: 'node1', refused: 'answers', refusedEpoch: 1, currentEpoch: 2 });
    expect(m.actor.phase).toBe('running');
    m.receive({ type: 'stale-epoch', from: 'node1', refused: 'answers', refusedEpoch: 2, currentEpoch: 3 });
    expect(m.events('fault')).toMatchObject([{ code: 'STALE_EPOCH' }]);
  });

  it('RemovingSuppressesLegacyControlPlaneActions: after a stop ticks and statuses send nothing, late reports heal nothing (E-6, E-7, F-11)', () => {
    const m = new MaintainerFixture({ nodes: 2 });
    m.run([table(1)]);
    const d1 = [...m.created.values()][0];
    if (d1 === undefined) throw new Error('a dispatcher expected');
    m.statuses(1, [waiting(m.trigger, facts(200n, { type: 'normal', tableIds: [0] }))]);
    m.context.take();
    m.receive({ type: 'stop' });
    m.statuses(1, [waiting(d1, SYNC)]);
    m.report(1, [[d1, STOPPED, 170n]]);
    m.advance(30_000);
    expect(m.context.take()).toEqual([]);
  });

  it('(c) while stopping, an add under way still bounds the checkpoint (K-3, F-11)', () => {
    const m = new MaintainerFixture();
    m.run([], 5n);
    m.statuses(1, [none(m.trigger, facts(10n, undefined, { adds: [table(2)] }))]);
    m.receive({ type: 'stop' });
    m.watermark(1, 100n, 2);
    m.advance(100);
    expect(m.events('checkpoint').at(-1)).toEqual({ type: 'checkpoint', checkpointTs: 10n, resolvedTs: 10n });
  });

  it("a host's error faults the changefeed with its code; afterwards the maintainer is quiet (E-4, T-G)", () => {
    const m = new MaintainerFixture();
    m.run([table(1)]);
    const error = { time: 1, host: 'node1', code: 'SINK_FAILED', message: 'disk full' };
    m.receive({ type: 'heartbeat', from: 'node1', epoch: 2, complete: false, error });
    m.receive({ type: 'heartbeat', from: 'node1', epoch: 2, complete: false, error });
    expect(m.events('fault')).toMatchObject([{ code: 'SINK_FAILED', message: expect.stringContaining('disk full') }]);
    m.statuses(1, [waiting(m.trigger, SYNC)]);
    m.advance(10_000);
    expect([m.context.take(), m.context.failures]).toEqual([[], []]);
  });

  it('an invariant that breaks faults this changefeed with a dump; nothing is thrown (T-G)', () => {
    const m = new MaintainerFixture();
    m.run([table(1)]);
    m.statuses(1, [waiting(m.trigger, facts(200n, { type: 'all' }, { drops: { type: 'all' } }))]);
    const [fault] = m.events('fault');
    expect(fault).toMatchObject({ code: 'BARRIER_ALL_DROPS' });
    expect(fault?.dump).toMatchObject({ key: { commitTs: 200n } });
    expect(m.context.failures).toEqual([]);
  });

  it('shows plain data in every phase', () => {
    const m = new MaintainerFixture();
    expect(m.actor.inspect()).toMatchObject({ phase: 'idle' });
    m.run([table(1)]);
    m.statuses(1, [waiting(m.trigger, SYNC)]);
    const shown = m.actor.inspect();
    expect(structuredClone(shown)).toEqual(shown);
    expect(shown.changefeed?.barrier.open[0]).toMatchObject({
      phase: 'waiting',
      missingCount: 1,
      missing: [{ tableId: 1, host: 'node1' }],
    });
  });
});
