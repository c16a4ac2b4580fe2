import { ComponentState, type MergeJournalEntry, Stage } from '@tidegate/protocol';
import { describe, expect, it } from 'vitest';
import { MaintainerFixture } from '../testing/maintainerFixture.js';
import { done, facts, none, waiting } from '../testing/requests.js';
import { config, range, span } from '../testing/spans.js';

const { INITIALIZING, MERGE_READY, PREPARING, REMOVED, STOPPED, WAITING_MERGE, WORKING } = ComponentState;
const t = (tableId: number) => ({ tableId, schemaId: 1, splittable: true });
const decode = new TextDecoder();

function start(tables: readonly number[], rest: ConstructorParameters<typeof MaintainerFixture>[0] = {}): MaintainerFixture {
  const m = new MaintainerFixture({ epoch: 5, splitTables: true, ...rest });
  m.start(tables.map(t));
  return m;
}

/** `table start-end@startTs` of what was to be created since the last look. */
function creates(m: MaintainerFixture): string[] {
  const made = m.schedules().flatMap(({ message }) => message.create);
  return made
    .map(({ tableId, range: keys, startTs }) => {
      return `${tableId} ${decode.decode(keys?.start)}-${decode.decode(keys?.end)}@${startTs}`;
    })
    .sort();
}

function removes(m: MaintainerFixture): number[] {
  return m.schedules().flatMap(({ message }) => message.remove.map(({ handle }) => handle));
}

describe('tasks from what hosts report (S-6)', () => {
  it('BootstrapWithTablesReported: reported tables keep their dispatchers, the others are created, the trigger is not among them (S-6)', () => {
    const m = start([1, 2, 3, 4]);
    m.bootstrap({ 1: [span(0, 0, { generation: 2 }), span(1, 9), span(3, 4)] });
    expect(m.tasks()).toBe('absent 0, scheduling 2, replicating 3, removing 0');
    const created = m.schedules().flatMap(({ message }) => message.create);
    expect(created.map(({ tableId }) => tableId)).toEqual([2, 4]);
    for (const { handle, generation } of created) {
      expect([0, 4, 9]).not.toContain(handle);
      expect(generation).toBeGreaterThan(3);
    }
  });

  it('a dispatcher of an unknown table is left alone, and removed when its heartbeat says that it works (S-6, E-8)', () => {
    const m = start([1]);
    m.bootstrap({ 1: [span(1, 2), span(7, 11)] });
    expect([m.tasks(), m.schedules()]).toEqual(['absent 0, scheduling 0, replicating 2, removing 0', []]);
    m.report(1, [[{ handle: 11, generation: 3 }, WORKING, 160n]]);
    expect(m.schedules().map(({ message }) => message.remove)).toMatchObject([[{ handle: 11, generation: 3 }]]);
  });

  it('a table that a DDL adds while a dispatcher of it lives: that one has stopped before another is created (I-5, S-6)', () => {
    const m = start([1], { operatorResend: 1_000 });
    m.bootstrap({ 1: [span(1, 2), span(7, 11), span(7, 12, { removing: true })] });
    m.receive({ type: 'post-bootstrap-response', from: 'node1', epoch: 5 });
    m.context.take();
    m.statuses(1, [none(m.trigger, facts(150n, undefined, { adds: [t(7)] }))]);
    expect([m.tasks(), m.answers()]).toEqual([
      'absent 1, scheduling 0, replicating 2, removing 1',
      ['coordinator1: ack 150 → 0'],
    ]);
    expect(removes(m)).toEqual([11, 12]);
    m.advance(2_000);
    expect(removes(m)).toContain(11);
    m.report(1, [[config(7, 12), STOPPED, 180n]]);
    expect(creates(m)).toEqual([]);
    m.report(1, [[config(7, 11), STOPPED, 180n]]);
    expect(creates(m)).toEqual(['7 -@150']);
    m.advance(3_000);
    expect(removes(m)).toEqual([]);
  });

  it('also when its host is lost (T-9)', () => {
    const m = start([1], { nodes: 2 });
    m.bootstrap({ 2: [span(7, 11)] });
    m.receive({ type: 'post-bootstrap-response', from: 'node1', epoch: 5 });
    m.work();
    m.statuses(1, [none(m.trigger, facts(150n, undefined, { adds: [t(7)] }))]);
    expect(creates(m)).toEqual([]);
    m.hosts(1);
    expect(creates(m)).toContain('7 -@150');
  });

  it('its handle is given to nobody else meanwhile', () => {
    const m = start([1, 2, 3]);
    m.bootstrap({ 1: [span(7, 2), span(8, 4)] });
    expect(m.work().filter((handle) => handle === 2 || handle === 4)).toEqual([]);
    expect(m.tasks()).toBe('absent 0, scheduling 0, replicating 4, removing 0');
  });

  it('SkipsStaleCreateOperatorForDroppedTable: also with a reported span, no task, no operator, nothing absent (S-6)', () => {
    for (const state of [WORKING, INITIALIZING]) {
      const m = start([]);
      m.bootstrap({ 1: [span(2, 5, { state })] });
      expect(m.tasks()).toBe('absent 0, scheduling 0, replicating 1, removing 0');
      expect([m.schedules(), m.actor.inspect().changefeed?.operators]).toMatchObject([[], { add: 0, remove: 0, split: 0 }]);
    }
  });

  it('DoesNotRepairDroppedTableAfterRestoredStandaloneRemove: the remove goes on, nothing takes its place (S-3, S-6)', () => {
    const m = start([]);
    m.bootstrap({ 1: [span(2, 5, { removing: true })] });
    expect([m.tasks(), removes(m)]).toEqual(['absent 0, scheduling 0, replicating 1, removing 1', [5]]);
    m.report(1, [[config(2, 5), REMOVED]]);
    expect([m.tasks(), m.schedules()]).toEqual(['absent 0, scheduling 0, replicating 1, removing 0', []]);
  });

  it('what was being removed of a table that exists is made anew once it has stopped, where it stood (S-3, S-6)', () => {
    const m = start([1]);
    m.bootstrap({ 1: [span(1, 5, { removing: true })] });
    expect([m.tasks(), removes(m)]).toEqual(['absent 0, scheduling 1, replicating 1, removing 0', [5]]);
    m.report(1, [[config(1, 5), STOPPED, 170n]]);
    expect(creates(m)).toEqual(['1 -@170']);
  });

  it('SplitTableWhenBootstrapFinished: holes of a table in parts, and a table that nobody serves cut where the options say (S-6)', () => {
    const keys = [new TextEncoder().encode('k')];
    const m = start([1, 2], { initialSplit: [{ tableId: 2, keys }] });
    m.bootstrap({ 1: [span(1, 5, { range: range('a', 'b') }), span(1, 6, { range: range('b', 'c') })] });
    expect(m.tasks()).toBe('absent 0, scheduling 4, replicating 3, removing 0');
    expect(creates(m)).toEqual(['1 -a@100', '1 c-@100', '2 -k@100', '2 k-@100']);
  });

  it('a table that may not be split, or that somebody serves, is not cut', () => {
    const keys = [new TextEncoder().encode('k')];
    const m = new MaintainerFixture({ epoch: 5, splitTables: true, initialSplit: [1, 2].map((tableId) => ({ tableId, keys })) });
    m.start([{ tableId: 1, schemaId: 1, splittable: false }, t(2)]);
    m.bootstrap({ 1: [span(2, 5)] });
    expect(creates(m)).toEqual(['1 -@100']);
  });

  it('RemovesUnexpectedOverlappingWorkingSpan: the second is removed, and what was its alone is served again after it (S-6)', () => {
    const m = start([1]);
    m.bootstrap({ 1: [span(1, 6, { range: range('a', '') }), span(1, 5, { range: range('', 'b') })] });
    expect(m.tasks()).toBe('absent 0, scheduling 1, replicating 2, removing 0');
    expect(removes(m)).toEqual([6]);
    m.report(1, [[config(1, 6), STOPPED, 180n]]);
    expect(creates(m)).toEqual(['1 b-@180']);
  });

  it('of two dispatchers for the whole table on two hosts the second goes, and leaves nothing to repair (S-6)', () => {
    const m = start([1], { nodes: 2 });
    m.bootstrap({ 1: [span(1, 5)], 2: [span(1, 6)] });
    expect(m.schedules()).toMatchObject([{ to: 'coordinator2', message: { create: [], remove: [{ handle: 6 }] } }]);
    m.report(2, [[config(1, 6), STOPPED, 180n]]);
    expect([m.tasks(), m.schedules()]).toEqual(['absent 0, scheduling 0, replicating 2, removing 0', []]);
  });

  it('until it has stopped, what is removed bounds the checkpoint (K-3)', () => {
    const m = start([1]);
    m.bootstrap({ 1: [span(1, 5, { range: range('', 'b') }), span(1, 6, { range: range('a', '') })] });
    m.watermark(1, 900n, 9);
    m.advance(100);
    expect(m.actor.inspect().changefeed?.committedTs).toBe(150n);
  });

  it('of two dispatchers with one handle the later generation is the task; the other is removed by its own (S-6)', () => {
    const m = start([1], { nodes: 2 });
    m.bootstrap({ 1: [span(1, 5, { generation: 3 })], 2: [span(1, 5, { generation: 4 })] });
    expect(m.schedules()).toMatchObject([
      { to: 'coordinator1', message: { create: [], remove: [{ handle: 5, generation: 3 }] } },
    ]);
    expect(m.actor.inspect().changefeed?.tasksPerHost).toEqual({ node1: 1, node2: 1 });
  });

  it('a checkpoint of "no constraint" is no position: the table begins at the start ts', () => {
    const m = start([1]);
    m.bootstrap({ 1: [span(1, 5, { checkpointTs: 0xffff_ffff_ffff_ffffn })] });
    m.report(1, [[config(1, 5), STOPPED, 0n]]);
    expect(creates(m)).toEqual(['1 -@100']);
  });

  it('parts of a table are refused when tables may not be split: coverage would count one for all (V-1, V-5)', () => {
    const m = start([1], { splitTables: false });
    m.bootstrap({ 1: [span(1, 5, { range: range('', 'b') })] });
    expect(m.events('fault')).toMatchObject([{ code: 'BOOTSTRAP_FAILED', message: expect.stringContaining('"splitTables"') }]);
  });
});

describe('unfinished merges (F-10, T-6 to T-8)', () => {
  const low = range('', 'a');
  const high = range('a', '');
  const source = (handle: number, keys = low, rest = {}) =>
    span(1, handle, { range: keys, state: WAITING_MERGE, checkpointTs: 110n, ...rest });
  const journal: MergeJournalEntry = {
    target: config(1, 9),
    sources: [config(1, 5, { range: low }), config(1, 6, { range: high })],
  };

  function bootstrap(spans: Parameters<MaintainerFixture['answer']>[1], tables = [1]): MaintainerFixture {
    const m = start(tables);
    m.answer(1, spans, { merges: [journal] });
    return m;
  }

  it('RestoresInFlightMergeWithoutDuplicateCoverage: three tasks, none replicating, the merge under its target (S-6)', () => {
    const m = bootstrap([source(5), source(6, high), span(1, 9, { state: PREPARING, checkpointTs: 0n })]);
    expect(m.tasks()).toBe('absent 0, scheduling 3, replicating 1, removing 0');
    expect(m.actor.inspect().changefeed?.operators).toMatchObject({ merge: 1, add: 0, remove: 0 });
    m.report(1, [[config(1, 9), WORKING, 120n]]);
    expect(m.actor.inspect().changefeed?.tasks).toMatchObject({ absent: 0, scheduling: 0, replicating: 2 });
  });

  it('HandlesMissingMergeSource: without its target the source goes on, and the hole is filled (T-8)', () => {
    const m = bootstrap([source(5)]);
    expect(m.actor.inspect().changefeed?.operators).toMatchObject({ merge: 0, remove: 0, split: 0 });
    expect(creates(m)).toEqual(['1 a-@100']);
  });

  it.each([
    ['Preparing', PREPARING],
    ['MergeReady', MERGE_READY],
  ])('HandlesMissingMergeSource: a target that is %s is removed, then the hole is filled (T-8)', (_, state) => {
    const m = bootstrap([source(5), span(1, 9, { state, checkpointTs: 0n })]);
    expect([m.tasks(), removes(m)]).toEqual(['absent 0, scheduling 1, replicating 2, removing 0', [9]]);
    m.report(1, [[config(1, 9), STOPPED, 0n]]);
    expect(creates(m)).toEqual(['1 a-@100']);
  });

  it.each([
    ['Initializing', INITIALIZING],
    ['Working', WORKING],
  ])('HandlesMissingMergeSource: a target that is %s owns the range, its source is nobody’s task (T-8)', (_, state) => {
    const m = bootstrap([source(5), span(1, 9, { state, checkpointTs: 110n })]);
    expect(m.tasks()).toBe('absent 0, scheduling 0, replicating 2, removing 0');
    expect([m.schedules(), m.actor.inspect().changefeed?.operators]).toMatchObject([[], { merge: 0, remove: 0, add: 0 }]);
    m.report(1, [[config(1, 9), WORKING, 120n]]);
    expect(m.tasks()).toBe('absent 0, scheduling 0, replicating 2, removing 0');
    m.report(1, [[config(1, 9), STOPPED, 0n]]);
    expect(creates(m)).toEqual(['1 -@120']);
  });

  it('SkipsMergeOperatorForDroppedTable: nothing of it is restored (S-6)', () => {
    const m = bootstrap([source(5), source(6, high), span(1, 9, { state: PREPARING })], []);
    expect(m.tasks()).toBe('absent 0, scheduling 0, replicating 1, removing 0');
    expect([m.schedules(), m.actor.inspect().changefeed?.operators]).toMatchObject([[], { merge: 0, remove: 0 }]);
  });

  it('SkipsMergeJournalConflictingWithWorkingOperator: a source that is being removed; the target goes, the other stays (S-6)', () => {
    const m = bootstrap([source(5, low, { removing: true }), source(6, high), span(1, 9, { state: PREPARING })]);
    expect(m.tasks()).toBe('absent 0, scheduling 2, replicating 2, removing 0');
    expect(removes(m).sort()).toEqual([5, 9]);
    m.report(1, [
      [config(1, 9), REMOVED, 0n],
      [config(1, 5), STOPPED, 115n],
    ]);
    expect(creates(m)).toEqual(['1 -a@115']);
  });
});

describe('where dispatchers stand at an event (S-7, T-1)', () => {
  it('one that is removed hands its place on: the next begins just before the DDL, without its rows', () => {
    const m = start([1]);
    const blockState = { stage: Stage.WAITING, facts: facts(200n, { type: 'normal', tableIds: [1] }) };
    m.bootstrap({ 1: [span(1, 5, { removing: true, blockState })] });
    expect([m.answers(), m.actor.inspect().changefeed?.barrier.open]).toEqual([[], []]);
    m.context.take();
    m.report(1, [[config(1, 5), STOPPED, 150n]]);
    expect(m.schedules()[0]?.message.create).toMatchObject([{ startTs: 199n, skipDmlAsStartTs: true }]);
  });

  it('both modes have their own events; each is answered in its own (S-7, D-45)', () => {
    const m = start([1], { redo: true });
    const blockState = { stage: Stage.WAITING, facts: facts(200n, { type: 'normal', tableIds: [1] }) };
    m.bootstrap({ 1: [span(1, 5, { blockState }), span(1, 6, { mode: 1, blockState })] });
    const answers = m.sent('answers').map(({ message }) => [message.mode, message.answers[0]?.target]);
    expect(answers).toMatchObject([
      [1, { handle: Uint32Array.of(6) }],
      [0, { handle: Uint32Array.of(5) }],
    ]);
    expect([m.tasks(0), m.tasks(1)]).toEqual([
      'absent 0, scheduling 0, replicating 2, removing 0',
      'absent 0, scheduling 0, replicating 2, removing 0',
    ]);
  });
});

describe('who proves that a DB or All event is over, after a restart (B-60, B-61)', () => {
  const ready = (m: MaintainerFixture): void => {
    m.receive({ type: 'post-bootstrap-response', from: 'node1', epoch: 5 });
    m.advance(3_000);
  };

  it('one that tells that it has passed the event, though its checkpoint does not show it (B-60)', () => {
    const m = start([1, 2]);
    const rename = facts(145n, { type: 'normal', tableIds: [0, 1, 2] });
    const passed = { checkpointTs: 145n, passed: { commitTs: 145n, isSyncPoint: false } };
    m.bootstrap({ 1: [span(1, 2, passed), span(2, 3, passed)] });
    ready(m);
    m.statuses(1, [waiting(m.trigger, rename)]);
    m.advance(2_500);
    const answers = m.answers();
    expect(answers.filter((line) => line.includes('write'))).toEqual([]);
    expect(answers).toContain('coordinator1: pass 145 → 0,2,3');
    m.statuses(1, [done(m.trigger, rename)]);
    m.advance(2_500);
    expect(m.actor.changefeed?.pipeline.barrier.size).toBe(0);
  });

  it('the same says nothing of a sync point at its ts, nor of a later event', () => {
    const m = start([1]);
    const sync = facts({ commitTs: 145n, isSyncPoint: true }, { type: 'all' });
    m.bootstrap({ 1: [span(1, 2, { checkpointTs: 144n, passed: { commitTs: 145n, isSyncPoint: false } })] });
    ready(m);
    m.statuses(1, [waiting(m.trigger, sync)]);
    m.advance(2_500);
    expect(m.answers().filter((line) => line.includes('pass'))).toEqual([]);
  });

  it('not one that waits at the event which moves it into the schema: it was not there before (D-29)', () => {
    const m = start([1, 2]);
    const alter = facts(145n, { type: 'db', schemaId: 1 });
    const exchange = {
      ...facts(147n, { type: 'normal', tableIds: [0, 2] }),
      schemaChanges: [{ tableId: 2, oldSchemaId: 2, newSchemaId: 1 }],
    };
    m.bootstrap({
      1: [
        span(1, 2, { checkpointTs: 140n, blockState: { facts: alter, stage: Stage.WAITING } }),
        span(2, 3, { checkpointTs: 146n, blockState: { facts: exchange, stage: Stage.WAITING } }),
      ],
    });
    ready(m);
    m.statuses(1, [waiting(m.trigger, alter)]);
    const answers = m.answers();
    expect(answers).toContain('coordinator1: write 145 → 0');
    expect(answers.filter((line) => line.includes('pass'))).toEqual([]);
  });

  it('not a dispatcher of a table that was dropped below the event, whose removal was lost: the trigger comes first', () => {
    const m = start([1, 2]);
    const sync = facts({ commitTs: 145n, isSyncPoint: true }, { type: 'all' });
    const drop = facts(120n, { type: 'normal', tableIds: [0, 2] }, { drops: { type: 'normal', tableIds: [2] } });
    m.bootstrap({ 1: [span(1, 2, { checkpointTs: 144n, blockState: { facts: sync, stage: Stage.WAITING } }), span(2, 3)] });
    ready(m);
    expect(m.answers()).toEqual([]);
    m.statuses(1, [waiting(m.trigger, drop)]);
    m.advance(500);
    expect(m.answers()).toEqual(['coordinator1: ack 120 → 0', 'coordinator1: pass 120 → 0']);
    expect(removes(m)).toEqual([3]);
    m.statuses(1, [done(m.trigger, drop), waiting(m.trigger, sync)]);
    expect(m.answers()).toContain('coordinator1: write 145/sync → 0');
  });
});
