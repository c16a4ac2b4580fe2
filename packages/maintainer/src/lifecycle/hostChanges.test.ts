import { describe, expect, it } from 'vitest';
import { MaintainerFixture, table } from '../testing/maintainerFixture.js';
import { facts, waiting } from '../testing/requests.js';
import { span } from '../testing/spans.js';

const perHost = (m: MaintainerFixture) => m.actor.inspect().changefeed?.tasksPerHost;

describe('hosts that join (T-10)', () => {
  it('one is asked what it has; until it answers it gets nothing and holds nothing up', () => {
    const m = new MaintainerFixture();
    m.run([table(1)]);
    m.hosts(1, 2);
    expect(m.events('host-joined')).toEqual([{ type: 'host-joined', host: 'node2' }]);
    expect(m.bootstraps()).toMatchObject([{ to: 'coordinator2', message: { epoch: 2, startTs: 100n } }]);
    m.watermark(1, 150n, 2);
    m.advance(500);
    expect(m.actor.inspect().changefeed).toMatchObject({ committedTs: 150n, bootstrapWaits: [{ host: 'node2' }] });
    expect([m.bootstraps().map(({ to }) => to), m.schedules()]).toEqual([['coordinator2'], []]);
  });

  it('its answer makes it one of those that take dispatchers, and changes no task; what it has besides is removed when it says so (E-8)', () => {
    const m = new MaintainerFixture({ balance: 'off' });
    m.run([table(1)]);
    const before = m.tasks();
    m.hosts(1, 2);
    m.answer(2, [span(1, 9), span(8, 10)]);
    expect([m.tasks(), m.events('bootstrapped'), m.sent('post-bootstrap')]).toEqual([before, [], []]);
    m.report(2, [[{ handle: 9, generation: 3 }, 0, 150n]]);
    expect(m.schedules()).toMatchObject([
      { to: 'coordinator2', message: { create: [], remove: [{ handle: 9, generation: 3 }] } },
    ]);
  });

  it('nothing counts that a former process under its name has said, until its own answer has come', () => {
    const m = new MaintainerFixture({ nodes: 2, balance: 'off' });
    m.run([table(1), table(2)]);
    m.hosts(1);
    m.hosts(1, 2);
    // The watermark of the dead is far on; that of the living begins anew.
    m.watermark(2, 900n, 9);
    m.receive({ type: 'bootstrap-response', from: 'node2', epoch: 2, spans: [], checkpointTs: 0n });
    expect(m.actor.inspect().changefeed?.bootstrapWaits).toEqual([{ host: 'node2' }]);
    m.answer(2);
    m.watermark(2, 120n, 1);
    expect(m.actor.inspect().changefeed).toMatchObject({ bootstrapWaits: [], watermarks: { node2: { checkpointTs: 120n } } });
    expect(m.context.counters.get('maintainer.not-yet-joined')).toBe(1);
  });

  it('one that came while the bootstrap was not done takes dispatchers when it is', () => {
    const m = new MaintainerFixture();
    m.start([table(1), table(2), table(3)]);
    m.hosts(1, 2);
    m.answer(1);
    m.answer(2);
    expect(m.schedules().map(({ to }) => to)).toContain('coordinator2');
  });

  it('one that joins before the bootstrap is done is waited for, with the answers of the others kept (S-4)', () => {
    const m = new MaintainerFixture();
    m.start([table(1)]);
    m.hosts(1, 2);
    m.answer(1);
    expect(m.actor.phase).toBe('bootstrapping');
    m.answer(2, [span(1, 9)]);
    expect([m.actor.phase, perHost(m)]).toEqual(['running', { node1: 1, node2: 1 }]);
  });

  it('one that is swapped for another before the bootstrap is done is not waited for (S-4)', () => {
    const m = new MaintainerFixture({ nodes: 2 });
    m.start([table(1)]);
    m.answer(1);
    m.answer(2, [span(1, 9)]);
    expect(m.actor.phase).toBe('running');
    const other = new MaintainerFixture({ nodes: 2 });
    other.start([table(1)]);
    other.answer(1);
    other.hosts(1, 3);
    other.answer(2, [span(1, 9)]);
    expect([other.actor.phase, other.context.counters.get('maintainer.unknown-host')]).toEqual(['bootstrapping', 1]);
    other.answer(3);
    expect([other.actor.phase, other.tasks()]).toEqual(['running', 'absent 0, scheduling 1, replicating 1, removing 0']);
  });
});

describe('hosts that are lost (T-9)', () => {
  it('the last answer that was missing need not come', () => {
    const m = new MaintainerFixture({ nodes: 2 });
    m.start([table(1)]);
    m.answer(1);
    m.hosts(1);
    expect([m.actor.phase, m.events('host-lost')]).toEqual(['running', [{ type: 'host-lost', host: 'node2' }]]);
  });

  it('its tasks go to another, what it said is forgotten, even what still lies in the buffer (K-2)', () => {
    const m = new MaintainerFixture({ nodes: 2 });
    m.run([table(1), table(2)]);
    m.watermark(1, 500n, 2);
    m.watermark(2, 500n, 2);
    m.actor.receive(
      {
        type: 'heartbeat',
        from: 'node2',
        epoch: 2,
        complete: false,
        watermark: { checkpointTs: 900n, resolvedTs: 900n, seq: 9, lastSyncedTs: 0n },
      },
      'coordinator2',
    );
    m.hosts(1);
    expect([perHost(m), m.tasks()]).toEqual([{ node1: 3 }, 'absent 0, scheduling 1, replicating 2, removing 0']);
    m.advance(100);
    // The task that waits for its new dispatcher bounds it.
    expect(m.actor.inspect().changefeed).toMatchObject({ committedTs: 100n, watermarks: { node1: { checkpointTs: 500n } } });
    expect(Object.keys(m.actor.inspect().changefeed?.watermarks ?? {})).toEqual(['node1']);
  });

  it('Pass for all goes to those that are alive', () => {
    const m = new MaintainerFixture({ nodes: 3 });
    m.run([]);
    const all = facts(200n, { type: 'all' });
    m.hosts(1, 3);
    m.statuses(1, [waiting(m.trigger, all)]);
    m.sent('answers');
    m.statuses(1, [{ ...m.trigger, stage: 3, facts: all }]);
    expect(m.answers().filter((line) => line.includes('pass'))).toEqual([]);
    expect(m.events('barrier').map(({ phase }) => phase)).toEqual(['opened', 'selected', 'written', 'completed']);
  });

  it('one whose process was replaced without a word is warned of, and nothing is guessed; the word makes it well (T-9, T-10)', () => {
    const m = new MaintainerFixture({ nodes: 2, balance: 'off' });
    m.run([table(1), table(2)]);
    const before = [m.tasks(), perHost(m)];
    const refusal = { refused: 'schedule', refusedEpoch: 2, currentEpoch: 0 } as const;
    m.receive({ type: 'stale-epoch', from: 'node2', ...refusal });
    expect([m.actor.phase, m.tasks(), perHost(m), m.bootstraps()]).toEqual(['running', ...before, []]);
    expect(m.context.counters.get('maintainer.host-without-epoch')).toBe(1);
    m.hosts(1);
    m.hosts(1, 2);
    m.receive({ type: 'stale-epoch', from: 'node2', ...refusal });
    expect(m.context.counters.get('maintainer.host-without-epoch')).toBe(1);
    expect(m.bootstraps().map(({ to }) => to)).toEqual(['coordinator2']);
  });

  it('one that comes back is a new one: asked again, and its old words are not heard (T-10)', () => {
    const m = new MaintainerFixture({ nodes: 2 });
    m.run([table(1)]);
    m.hosts(1);
    m.watermark(2, 700n, 2);
    expect(m.context.counters.get('maintainer.unknown-host')).toBe(1);
    m.hosts(1, 2);
    expect(m.bootstraps().map(({ to }) => to)).toEqual(['coordinator2']);
  });

  it('a list without the own host faults the changefeed: nobody could hold its trigger', () => {
    const m = new MaintainerFixture({ nodes: 2 });
    m.run([]);
    m.hosts(2);
    expect(m.events('fault')).toMatchObject([{ code: 'OWN_HOST_MISSING' }]);
  });
});
