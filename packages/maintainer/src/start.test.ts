import { Stage } from '@tidegate/protocol';
import { describe, expect, it } from 'vitest';
import { MaintainerOptionError } from './errors.js';
import { resolveOptions } from './options.js';
import { MaintainerFixture, table } from './testing/maintainerFixture.js';
import { facts } from './testing/requests.js';
import { span } from './testing/spans.js';

describe('options', () => {
  it('names the option that cannot be used', () => {
    expect(() => resolveOptions({ tick: 0 })).toThrow(/"tick" must be a whole number from 1 to 60000, not 0/);
    expect(() => resolveOptions({ tikc: 1 } as never)).toThrow(MaintainerOptionError);
    expect(() => resolveOptions({ barrierResend: 2_000, barrierResendMax: 1_000 })).toThrow(/barrierResendMax/);
    expect(() => resolveOptions({ onBarrierDeadline: 'explode' as never })).toThrow(/onBarrierDeadline/);
    expect(resolveOptions({})).toMatchObject({ tick: 100, barrierResend: 1_000, operatorResend: 10_000 });
  });
});

describe('start and bootstrap', () => {
  it('asks every host, names the trigger only to its own, and asks again after 500 ms who has not answered (S-1, B)', () => {
    const m = new MaintainerFixture({ nodes: 2 });
    m.start([table(1)]);
    const asked = m.bootstraps();
    expect(asked.map(({ to }) => to)).toEqual(['coordinator1', 'coordinator2']);
    expect(asked[0]?.message.trigger).toMatchObject({ handle: 0, generation: 2, tableId: 0, startTs: 100n });
    expect(asked[1]?.message.trigger).toBeUndefined();
    m.receive({ type: 'bootstrap-response', from: 'node1', epoch: 2, spans: [], checkpointTs: 100n });
    m.advance(400);
    expect(m.bootstraps()).toEqual([]);
    m.advance(100);
    expect(m.bootstraps().map(({ to }) => to)).toEqual(['coordinator2']);
  });

  it('then creates a dispatcher for every table, from the start ts, spread over the hosts', () => {
    const m = new MaintainerFixture({ nodes: 2 });
    m.start([1, 2, 3, 4].map((id) => table(id)));
    m.bootstrap();
    const schedules = m.schedules();
    expect(
      schedules.flatMap(({ message }) => message.create.map(({ tableId, startTs }) => `${tableId}@${startTs}`)).sort(),
    ).toEqual(['1@100', '2@100', '3@100', '4@100']);
    expect(new Set(schedules.map(({ to }) => to)).size).toBe(2);
    expect(m.events('bootstrapped')).toEqual([{ type: 'bootstrapped', epoch: 2, tables: 4 }]);
  });

  it('PostBootstrapResponseRequiresCurrentEpoch: sent every tick until answered in this epoch (S-12, F-6)', () => {
    const m = new MaintainerFixture();
    m.start([]);
    m.bootstrap();
    m.advance(200);
    expect(m.sent('post-bootstrap')).toHaveLength(3);
    m.receive({ type: 'post-bootstrap-response', from: 'node1', epoch: 1 });
    expect(m.actor.inspect().changefeed?.postBootstrapOwed).toBe(true);
    m.receive({ type: 'post-bootstrap-response', from: 'node1', epoch: 2 });
    m.advance(200);
    expect(m.sent('post-bootstrap')).toEqual([]);
  });

  it('ReturnsErrorWhenCheckpointMissing: a typed fault that names empty checkpoints; not bootstrapped (S-5)', () => {
    const m = new MaintainerFixture();
    m.start([table(1)]);
    m.bootstrap({}, 0n);
    expect(m.events('fault')).toMatchObject([{ code: 'BOOTSTRAP_FAILED', message: expect.stringContaining('empty') }]);
    expect([m.actor.phase, m.events('bootstrapped')]).toEqual(['faulted', []]);
  });

  it('a changefeed may start at 0', () => {
    const m = new MaintainerFixture();
    m.start([table(1)], 0n);
    m.bootstrap({}, 0n);
    expect(m.actor.phase).toBe('running');
  });

  it('a host that refuses is asked again for a while; then the changefeed faults with its name and its words (S-2)', () => {
    const m = new MaintainerFixture({ bootstrapPatience: 2_000 });
    m.start([]);
    const error = { time: 0, host: 'node1', code: 'COORDINATOR_TRIGGER_MISMATCH', message: 'another trigger lives here' };
    m.answer(1, [], { error });
    m.bootstraps();
    m.advance(1_900);
    expect([m.actor.phase, m.bootstraps().length]).toEqual(['bootstrapping', 3]);
    expect(m.actor.inspect().changefeed?.bootstrapWaits).toEqual([
      { host: 'node1', refused: 'COORDINATOR_TRIGGER_MISMATCH: another trigger lives here' },
    ]);
    m.advance(100);
    expect(m.events('fault')).toMatchObject([
      { code: 'BOOTSTRAP_FAILED', message: expect.stringMatching(/host "node1" .* another trigger lives here/) },
    ]);
  });

  it('one that stops refusing in time is bootstrapped (S-2)', () => {
    const m = new MaintainerFixture();
    m.start([]);
    const error = { time: 0, host: 'node1', code: 'COORDINATOR_WORKER_SILENT', message: 'worker-0' };
    m.answer(1, [], { error });
    m.advance(5_000);
    m.answer(1);
    expect(m.actor.phase).toBe('running');
  });

  it('a host that says that this epoch is closed, or somebody else’s, is asked for a bounded time too (F-8)', () => {
    const m = new MaintainerFixture({ bootstrapPatience: 2_000 });
    m.start([]);
    m.receive({ type: 'stale-epoch', from: 'node1', refused: 'bootstrap', refusedEpoch: 2, currentEpoch: 2 });
    m.advance(2_000);
    expect(m.events('fault')).toMatchObject([
      { code: 'BOOTSTRAP_FAILED', message: expect.stringContaining('epoch 2 is closed') },
    ]);
  });

  it('makes the events again that dispatchers stand at, and selects what is covered already (S-7, W-5)', () => {
    const m = new MaintainerFixture({ epoch: 5 });
    m.start([table(1)]);
    const event = facts(200n, { type: 'normal', tableIds: [1] });
    m.bootstrap({
      1: [span(1, 2, { checkpointTs: 199n, blockState: { stage: Stage.WAITING, facts: event } })],
    });
    expect(m.answers()).toEqual(['coordinator1: write 200 → 2']);
  });

  it('refuses a start that it cannot obey with a typed fault, and a second one with a count', () => {
    const bad = new MaintainerFixture();
    bad.start([table(1), table(1)]);
    expect(bad.events('fault')).toMatchObject([{ code: 'MAINTAINER_START', message: expect.stringContaining('stands twice') }]);
    const m = new MaintainerFixture();
    m.start([]);
    m.start([]);
    expect(m.context.counters.get('maintainer.repeated-start')).toBe(1);
  });
});
