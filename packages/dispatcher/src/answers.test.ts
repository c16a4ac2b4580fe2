import { describe, expect, test } from 'vitest';
import { configOf, ddl, normal, syncPoint } from '../test/builders.js';
import { GroupFixture } from '../test/groupFixture.js';

const both = (ts: bigint): ReturnType<typeof ddl> => ddl(ts, { blockTables: normal(0, 1) });

/** Dispatcher 10, parked at a DDL at 10, WAITING posted. */
function parked(options: ConstructorParameters<typeof GroupFixture>[0] = {}): GroupFixture {
  const f = new GroupFixture(options);
  f.sink.auto.delete('execute');
  f.add();
  f.deliver(both(10n), 10);
  expect(f.posted()).toEqual(['WAITING 10/10']);
  return f;
}

describe('after the event', () => {
  test('a repeated action is answered at once, though no mark has come since: the source may wait for that very DONE (T-C, I-12)', () => {
    const f = parked();
    f.write(10, 10n);
    f.settleCall(f.opened('execute'));
    expect(f.posted()).toEqual(['DONE 10/10']);
    f.write(10, 10n);
    expect(f.posted()).toEqual(['DONE 10/10']);
    f.deliver(syncPoint(20n), 10);
    f.pass(10, 20n, true);
    expect(f.posted()).toEqual(['WAITING 10/20s', 'DONE 10/20s']);
    f.pass(10, 10n);
    f.pass(10, 20n);
    f.pass(10, 20n, true);
    f.pass(10, 30n);
    expect([f.posted(), f.sink.count('execute')]).toEqual([['DONE 10/10', 'DONE 10/20a', 'DONE 10/20s'], 1]);
  });
});

describe('while writing', () => {
  test('22.1: a duplicate Write during a long write: one write, the first DONE only after it (D-36)', () => {
    const f = parked();
    f.write(10, 10n);
    for (let i = 0; i < 5; i++) f.write(10, 10n);
    f.advance(60_000);
    expect([f.sink.count('execute'), f.posted()]).toEqual([1, []]);
    f.resolved(10n);
    f.settleCall(f.opened('execute'));
    expect([f.sink.count('execute'), f.posted()]).toEqual([1, ['DONE 10/10']]);
  });

  test('answers that wait are merged and bounded (W-13)', () => {
    const f = parked({ maxQueuedAnswers: 2 });
    f.write(10, 10n);
    for (let i = 0; i < 5; i++) f.write(10, 10n);
    f.pass(10, 10n);
    f.ack(10, 10n);
    expect(f.context.counters.get('dispatcher.answers-merged')).toBe(4);
    expect(f.context.counters.get('dispatcher.answers-dropped')).toBe(1);
  });

  test('an answer that waited is handled in order once the path is open', () => {
    const f = parked();
    f.write(10, 10n);
    f.pass(10, 20n, true); // not there yet: too early when its turn comes
    f.write(10, 10n);
    f.deliver(syncPoint(20n), 10);
    f.settleCall(f.opened('execute'));
    // The sync point was taken on the wake, before the path was opened: the pass meets it.
    expect(f.posted()).toEqual(['DONE 10/10', 'DONE 10/10', 'DONE 10/20s']);
  });

  test('a failed write: error, no DONE, no wake, and the path stays closed (D-33)', () => {
    const f = parked();
    f.write(10, 10n);
    f.rows(10, 11);
    f.settleCall(f.opened('execute'), 'sink-failed', new Error('disk full'));
    f.write(10, 10n);
    f.resolved(50n);
    f.write(10, 10n);
    expect([f.posted(), f.errors(), f.view(10).phase, f.sink.count('write')]).toEqual([[], ['DISPATCHER_SINK'], 'failed', 0]);
    expect(f.view(10).checkpointTs).toBe(9n);
  });

  test('a failed flush: error, no WAITING, stays blocked (D-22)', () => {
    const f = new GroupFixture();
    f.sink.wakeOn = 'enqueue';
    f.sink.writeOutcome = 'enqueued';
    f.sink.auto.delete('flush');
    f.add();
    f.rows(10, 5);
    f.deliver(both(10n), 10);
    f.settleCall(f.opened('flush'), 'sink-failed');
    f.settleCall(f.opened('write'));
    expect([f.posted(), f.errors(), f.view(10).phase]).toEqual([[], ['DISPATCHER_SINK'], 'failed']);
  });
});

describe('old and early actions', () => {
  test('22.2, ours: a repeated action while resolved < ts after completion: answered, not ignored until then (against D-37)', () => {
    const f = parked();
    f.pass(10, 10n);
    expect(f.posted()).toEqual(['DONE 10/10']);
    f.pass(10, 10n);
    expect(f.posted()).toEqual(['DONE 10/10']);
    f.resolved(10n);
    f.pass(10, 10n);
    expect(f.posted()).toEqual(['DONE 10/10']);
  });

  test('22.3: a DDL and a sync point at one ts: the action meets the event it names, in order (D-38, W-1)', () => {
    const f = new GroupFixture();
    f.add();
    f.deliver(both(10n), 10);
    f.deliver(syncPoint(10n), 10);
    expect(f.posted()).toEqual(['WAITING 10/10']);
    f.pass(10, 10n, true); // c: later than the DDL in the slot
    expect([f.posted(), f.view(10).stage]).toEqual([[], 'WAITING']);
    f.pass(10, 10n);
    expect(f.posted()).toEqual(['DONE 10/10', 'WAITING 10/10s']);
    f.pass(10, 10n); // d: earlier than the sync point in the slot
    expect([f.posted(), f.view(10).stage]).toEqual([['DONE 10/10'], 'WAITING']);
    f.pass(10, 10n, true);
    expect(f.posted()).toEqual(['DONE 10/10s']);
  });

  test('22.4: a later action is ignored, an earlier one is answered (D-35c, d)', () => {
    const f = parked();
    f.pass(10, 11n);
    f.write(10, 11n);
    expect([f.posted(), f.view(10).stage]).toEqual([[], 'WAITING']);
    f.pass(10, 9n);
    expect([f.posted(), f.view(10).stage]).toEqual([['DONE 10/9a'], 'WAITING']);
  });

  test('an action for an event that has not arrived is ignored silently (D-35a)', () => {
    const f = new GroupFixture();
    f.add();
    f.resolved(9n);
    f.pass(10, 10n);
    f.write(10, 10n);
    expect(f.posted()).toEqual([]);
  });
});

describe('three answers (T-C)', () => {
  test('Write of an event without a record is UNKNOWN, never DONE', () => {
    const f = new GroupFixture();
    f.add({ startTs: 5n });
    f.resolved(20n);
    f.write(10, 10n);
    expect(f.posted()).toEqual(['UNKNOWN 10/10']);
  });

  test('Write at or below the start ts is already done; so is a Pass at or below the resolved ts', () => {
    const f = new GroupFixture();
    f.add({ startTs: 5n });
    f.resolved(20n);
    f.write(10, 5n);
    f.pass(10, 12n);
    expect(f.posted()).toEqual(['DONE 10/5a', 'DONE 10/12a']);
  });

  test('a sync point at the start ts is met again: it is not already done (T-1)', () => {
    const f = new GroupFixture();
    f.add({ startTs: 5n });
    f.pass(10, 5n, true);
    f.write(10, 5n, true);
    expect(f.posted()).toEqual([]);
    f.deliver(syncPoint(5n), 10);
    f.pass(10, 5n, true);
    expect(f.posted()).toEqual(['WAITING 10/5s', 'DONE 10/5s']);
  });

  test('an event that it wrote is remembered beyond the last one done', () => {
    const f = parked();
    f.write(10, 10n);
    f.settleCall(f.opened('execute'));
    f.deliver(syncPoint(20n), 10);
    f.pass(10, 20n, true);
    f.resolved(30n);
    f.posted();
    f.write(10, 10n);
    f.write(10, 20n, true);
    expect(f.posted()).toEqual(['DONE 10/10', 'DONE 10/20s']);
  });

  test('the memory of written events is bounded; what is forgotten is UNKNOWN', () => {
    const f = parked({ rememberWritten: 1 });
    f.write(10, 10n);
    f.settleCall(f.opened('execute'));
    f.deliver(both(20n), 10);
    f.write(10, 20n);
    f.settleCall(f.opened('execute'));
    f.resolved(30n);
    f.posted();
    f.write(10, 10n);
    f.write(10, 20n);
    expect(f.posted()).toEqual(['UNKNOWN 10/10', 'DONE 10/20']);
  });
});

describe('ignore hints (D-35.2)', () => {
  test('22.5: a match makes exactly one extra offer and leaves the timer alone (D-35.2)', () => {
    const f = parked();
    f.advance(3_000);
    f.hint(10, 10n);
    expect(f.posted()).toEqual(['WAITING 10/10']);
    f.advance(1_999);
    expect(f.posted()).toEqual([]);
    f.advance(1);
    expect(f.posted()).toEqual(['WAITING 10/10']);
  });

  test('22.5: another sync-point flag, another ts, or an acknowledged report make none (D-35.2)', () => {
    const f = parked();
    f.hint(10, 10n, true);
    f.hint(10, 11n);
    f.ack(10, 10n);
    f.hint(10, 10n);
    expect(f.posted()).toEqual([]);
  });
});

describe('who is addressed', () => {
  test('22.21: an Initializing dispatcher loses its answers, and a resend repairs it (D-2, R-3)', () => {
    const f = new GroupFixture();
    const config = configOf({ startTs: 20n });
    f.create(config);
    f.pass(10, 5n);
    expect([f.posted(), f.context.counters.get('dispatcher.early-answers')]).toEqual([[], 1]);
    f.start(config);
    f.pass(10, 5n);
    expect(f.posted()).toEqual(['DONE 10/5a']);
  });

  test('another generation or an unknown handle is counted and nothing else', () => {
    const f = parked();
    const target = { type: 'normal', handle: Uint32Array.of(10, 99), generation: Uint32Array.of(2, 1) } as const;
    const action = { action: 1, key: { commitTs: 10n, isSyncPoint: false } } as const;
    f.send({ type: 'answer', mode: 0, answer: { target, action } });
    expect([f.posted(), f.view(10).stage, f.context.counters.get('dispatcher.late-answers')]).toEqual([[], 'WAITING', 2]);
  });

  test('DB reaches the dispatchers of the schema and the trigger; All everybody of the mode (R-2)', () => {
    const f = new GroupFixture({}, { redo: true });
    f.gate(100n);
    f.add({ handle: 0 });
    f.add({ handle: 10, tableId: 1, schemaId: 1 });
    f.add({ handle: 11, tableId: 2, schemaId: 2 });
    f.add({ handle: 12, tableId: 1, schemaId: 1, mode: 1 });
    f.deliver(ddl(10n, { blockTables: { type: 'db', schemaId: 1 } }));
    expect(f.statuses()).toHaveLength(4);
    f.passAll(10n, false, { type: 'db', schemaId: 1 });
    expect(f.posted()).toEqual(['DONE 0/10', 'DONE 10/10']);
    f.resolved(20n);
    f.passAll(10n);
    expect(f.posted().sort()).toEqual(['DONE 0/10', 'DONE 10/10', 'DONE 11/10']);
    expect(f.view(12).stage).toBe('WAITING');
  });

  test('unknown dispatcher: it stops repeating and the host is told (T-D, W-8)', () => {
    const f = parked();
    f.unknown(10, 10n);
    f.advance(60_000);
    expect([f.posted(), f.view(10).stage]).toEqual([[], 'WAITING']);
    expect(f.context.events).toEqual([
      { type: 'unknown-dispatcher', handle: 10, generation: 1, key: { commitTs: 10n, isSyncPoint: false } },
    ]);
  });
});

describe('passing', () => {
  test('the sink hears once per event, before the first goes on; the writer and the trigger do not tell it', () => {
    const f = new GroupFixture();
    f.sink.wantsPass = true;
    f.sink.auto.delete('pass');
    f.add({ handle: 0 });
    for (const handle of [10, 11, 12]) f.add({ handle, tableId: handle });
    const event = ddl(10n, { blockTables: { type: 'all' } });
    f.deliver(event);
    f.posted();
    f.write(0, 10n);
    f.pass(10, 10n);
    f.pass(11, 10n);
    expect([f.posted(), f.sink.count('pass'), f.view(10).stage]).toEqual([['DONE 0/10'], 1, 'WRITING']);
    f.settleCall(f.opened('pass'));
    expect(f.posted()).toEqual(['DONE 10/10', 'DONE 11/10']);
    f.pass(12, 10n);
    expect([f.posted(), f.sink.count('pass')]).toEqual([['DONE 12/10'], 1]);
  });

  test('a failed pass stops those that wait for it (D-33)', () => {
    const f = new GroupFixture();
    f.sink.wantsPass = true;
    f.sink.auto.delete('pass');
    f.add();
    f.deliver(ddl(10n, { blockTables: { type: 'all' } }));
    f.posted();
    f.pass(10, 10n);
    f.settleCall(f.opened('pass'), 'sink-failed');
    expect([f.posted(), f.errors(), f.view(10).phase]).toEqual([[], ['DISPATCHER_SINK'], 'failed']);
  });
});

test('the slot is cleared before the stream wakes: the next event keeps its slot (D-32)', () => {
  const f = parked();
  f.deliver(both(20n), 10);
  f.pass(10, 10n);
  expect(f.view(10)).toMatchObject({ stage: 'WAITING', event: { commitTs: 20n } });
  expect(f.posted()).toEqual(['DONE 10/10', 'WAITING 10/20']);
});
