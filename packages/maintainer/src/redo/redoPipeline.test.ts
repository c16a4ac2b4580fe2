import { ComponentState, Mode } from '@tidegate/protocol';
import { describe, expect, it } from 'vitest';
import { MaintainerFixture, table } from '../testing/maintainerFixture.js';
import { done, facts, none, requestOf, waiting } from '../testing/requests.js';

const { STOPPED } = ComponentState;

/** A changefeed with redo, one table, and both its dispatchers. */
function running(nodes = 1) {
  const m = new MaintainerFixture({ redo: true, nodes });
  m.run([table(1)]);
  const of = (mode: Mode) => {
    const config = [...m.created.values()].find((created) => created.mode === mode);
    if (config === undefined) throw new Error('a dispatcher of each mode expected');
    return config;
  };
  return { m, normal: of(Mode.DEFAULT), redo: of(Mode.REDO) };
}

const committed = (m: MaintainerFixture) => m.actor.inspect().changefeed?.committedTs;

describe('two pipelines (D-45, section 1)', () => {
  it('each has its trigger and its dispatchers; handles and generations are one space (S-1)', () => {
    const m = new MaintainerFixture({ redo: true, nodes: 2 });
    m.start([table(1), table(2)]);
    const [own, other] = m.bootstraps();
    expect(own?.message).toMatchObject({ trigger: { handle: 0, mode: 0 }, redoTrigger: { handle: 1, mode: 1, startTs: 100n } });
    expect(own?.message.trigger?.id).not.toBe(own?.message.redoTrigger?.id);
    expect(other?.message).not.toHaveProperty('redoTrigger');
    m.bootstrap();
    m.work();
    const refs = [...m.created.values()].map(({ handle, generation }) => `${handle} ${generation}`);
    expect(new Set(refs).size).toBe(4);
    expect([m.tasks(Mode.DEFAULT), m.tasks(Mode.REDO)]).toEqual([
      'absent 0, scheduling 0, replicating 3, removing 0',
      'absent 0, scheduling 0, replicating 3, removing 0',
    ]);
  });

  it('is not bootstrapped while nobody names where the redo trigger starts (S-5)', () => {
    const m = new MaintainerFixture({ redo: true });
    m.start([]);
    m.answer(1, [], { redoCheckpointTs: 0n });
    expect(m.events('fault')).toMatchObject([{ code: 'BOOTSTRAP_FAILED', message: expect.stringContaining('redo pipeline') }]);
  });

  it('a barrier of one mode is nothing to the other, and schedules its own tasks (D-45)', () => {
    const { m, redo } = running();
    const create = facts(150n, undefined, { adds: [table(9)] });
    m.statuses(1, [none(m.redoTrigger, create)], { mode: 1 });
    expect(m.schedules().flatMap(({ message }) => message.create.map(({ tableId, mode }) => [tableId, mode]))).toEqual([[9, 1]]);
    m.statuses(1, [waiting(redo, facts(160n, { type: 'normal', tableIds: [1] }))], { mode: 1 });
    expect(m.sent('answers').map(({ message }) => message.mode)).toEqual([1, 1]);
    expect(m.events('barrier').map(({ mode, key }) => [mode, key.commitTs])).toEqual([
      [1, 160n],
      [1, 160n],
    ]);
  });

  it('a dispatcher of one mode is unknown in the other (T-D)', () => {
    const { m, normal } = running();
    m.receive(requestOf('node1', [done(normal, facts(160n, { type: 'all' }))], { epoch: 2, seq: 9, mode: 1 }));
    expect(m.answers()).toEqual([`coordinator1: unknown 160 → ${normal.handle}`]);
  });

  it('one heartbeat serves both: a redo dispatcher that stopped is created again, and the default one stays', () => {
    const { m, redo } = running();
    m.report(1, [[redo, STOPPED, 130n]]);
    expect(m.schedules()[0]?.message.create).toMatchObject([{ mode: 1, tableId: 1, startTs: 130n }]);
    expect([m.tasks(0), m.tasks(1)]).toEqual([
      'absent 0, scheduling 0, replicating 2, removing 0',
      'absent 0, scheduling 1, replicating 1, removing 0',
    ]);
  });

  it('at a tick redo comes before default (E-7)', () => {
    const { m, normal, redo } = running();
    const event = facts(200n, { type: 'normal', tableIds: [1] });
    m.statuses(1, [waiting(normal, event)]);
    m.statuses(1, [waiting(redo, event)], { mode: 1 });
    m.sent('answers');
    m.advance(1_000);
    expect(m.sent('answers').map(({ message }) => message.mode)).toEqual([1, 0]);
  });
});

describe('how far the redo log is (K-11)', () => {
  it('the redo checkpoint is written down by the own host, and forwarded to every host when it is', () => {
    const { m } = running(2);
    for (const node of [1, 2]) m.watermark(node, 180n, 9, 190n, Mode.REDO);
    expect(m.sent('redo-meta')).toMatchObject([
      { to: 'coordinator1', message: { epoch: 2, resolvedTs: 180n, checkpointTs: 100n } },
    ]);
    m.receive({ type: 'redo-progress', from: 'node1', epoch: 2, resolvedTs: 180n });
    expect(m.sent('redo-forward').map(({ to, message }) => [to, message.resolvedTs])).toEqual([
      ['coordinator1', 180n],
      ['coordinator2', 180n],
    ]);
    expect(m.events('redo')).toEqual([{ type: 'redo', resolvedTs: 180n }]);
    m.receive({ type: 'redo-progress', from: 'node1', epoch: 2, resolvedTs: 170n });
    expect([m.sent('redo-forward'), m.events('redo').length]).toEqual([[], 1]);
  });

  it('several progresses of one turn are one (T-H)', () => {
    const { m } = running();
    for (const resolvedTs of [120n, 150n, 140n]) {
      m.actor.receive({ type: 'redo-progress', from: 'node1', epoch: 2, resolvedTs }, 'coordinator1');
    }
    m.actor.turnEnd();
    expect(m.sent('redo-forward').map(({ message }) => message.resolvedTs)).toEqual([150n]);
  });

  it('a lost meta and a lost forward are repeated', () => {
    const { m } = running();
    m.watermark(1, 180n, 9, 180n, Mode.REDO);
    m.context.take();
    m.advance(1_100);
    expect(m.sent('redo-meta')).toHaveLength(1);
    expect(m.sent('redo-forward').every(({ message }) => message.resolvedTs === 100n)).toBe(true);
    m.receive({ type: 'redo-progress', from: 'node1', epoch: 2, resolvedTs: 180n });
    m.context.take();
    m.advance(2_000);
    expect(m.sent('redo-forward').map(({ message }) => message.resolvedTs)).toEqual([180n, 180n]);
    expect(m.sent('redo-meta')).toEqual([]);
  });

  it('an add under way in the redo world bounds it like any checkpoint (K-3, K-10)', () => {
    const { m } = running();
    m.statuses(1, [none(m.redoTrigger, facts(150n, undefined, { adds: [table(9)] }))], { mode: 1 });
    m.watermark(1, 400n, 9, 400n, Mode.REDO);
    m.advance(100);
    expect(m.sent('redo-meta').at(-1)?.message.resolvedTs).toBe(150n);
  });

  it('the checkpoint is the default one, never beyond what the redo log has', () => {
    const { m } = running();
    m.watermark(1, 300n, 9, 320n);
    m.advance(100);
    expect(committed(m)).toBe(100n);
    m.receive({ type: 'redo-progress', from: 'node1', epoch: 2, resolvedTs: 250n });
    m.advance(100);
    expect([committed(m), m.events('checkpoint').at(-1)]).toEqual([
      250n,
      { type: 'checkpoint', checkpointTs: 250n, resolvedTs: 250n },
    ]);
    m.receive({ type: 'redo-progress', from: 'node1', epoch: 2, resolvedTs: 900n });
    m.advance(100);
    expect(m.events('checkpoint').at(-1)).toEqual({ type: 'checkpoint', checkpointTs: 300n, resolvedTs: 320n });
  });

  it('of another epoch it is refused, and without a redo pipeline it says nothing (T-B)', () => {
    const { m } = running();
    m.receive({ type: 'redo-progress', from: 'node1', epoch: 1, resolvedTs: 800n });
    expect(m.sent('stale-epoch')).toMatchObject([{ message: { refused: 'redo-progress', refusedEpoch: 1 } }]);
    const plain = new MaintainerFixture();
    plain.run([]);
    plain.receive({ type: 'redo-progress', from: 'node1', epoch: 2, resolvedTs: 800n });
    expect([m.sent('redo-forward'), plain.sent('redo-forward')]).toEqual([[], []]);
    expect(plain.context.counters.get('maintainer.redo-progress-ignored')).toBe(1);
  });
});
