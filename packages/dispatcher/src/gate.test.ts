import { ComponentState, MAX_TS } from '@tidegate/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { added, configOf, ddl, normal, syncPoint } from '../test/builders.js';
import { GroupFixture } from '../test/groupFixture.js';

const gated = (): GroupFixture => new GroupFixture({ redo: true });

describe('the redo gate (D-46)', () => {
  test('RedoGateCachesBatch: gate at 5, a batch ending at 6 waits whole, is replayed at 6, and wakes if that does not block (D-46)', () => {
    const f = gated();
    f.add();
    f.gate(5n);
    f.rows(10, 4, 6);
    expect([f.view(10).phase, f.sink.calls, f.view(10).inbox]).toEqual(['gated', [], 1]);
    f.gate(6n);
    expect([f.view(10).phase, f.opened('write').ts]).toEqual(['rows', [4n, 6n]]);
    expect(f.wakes).toBe(0); // the replay blocks: it wakes when the rows are durable
    f.settleAll('write');
    expect([f.view(10).phase, f.wakes]).toEqual(['open', 1]);

    f.sink.writeOutcome = 'done';
    f.rows(10, 7);
    expect(f.wakes).toBe(1);
    f.gate(7n);
    expect([f.view(10).phase, f.wakes]).toEqual(['open', 2]);
  });

  test('RedoGateCachesBatch: nothing is kept of a dispatcher that is being removed (D-46, D-7)', () => {
    const f = gated();
    f.add();
    f.rows(10, 6);
    f.deliver(syncPoint(7n), 10);
    f.remove(10);
    f.rows(10, 8);
    f.gate(9n);
    expect(f.group.view(10)).toBeUndefined();
    expect(f.group.inspect()).toMatchObject({ heldBytes: 0, events: [], gate: { waiting: 0 } });
    expect(f.sink.calls).toEqual([]);
  });

  test('IsRedoReadyRequiresPublication: until the gate is first told nothing passes; without redo there is none (K-11, D-46)', () => {
    const on = gated();
    on.add();
    on.rows(10, 1);
    expect([on.sink.calls.length, on.group.inspect().gate]).toEqual([0, { resolvedTs: 0n, waiting: 1 }]);
    const off = new GroupFixture();
    off.add();
    off.rows(10, 1);
    expect([off.sink.calls.length, off.group.inspect().gate]).toEqual([1, undefined]);
    const implied = new GroupFixture({}, { redo: true });
    implied.add();
    implied.rows(10, 1);
    expect(implied.sink.calls).toEqual([]);
  });

  test('a redo dispatcher knows no gate (D-47)', () => {
    const f = new GroupFixture({}, { redo: true });
    f.add({ mode: 1 });
    f.rows(10, 1);
    expect(f.redoSink.count('write')).toBe(1);
  });

  test('a block event waits in hand: no flush, no report, an empty slot, and no action is taken for it (D-21, D-35a)', () => {
    const f = gated();
    f.add();
    f.gate(5n);
    f.deliver(ddl(6n, { blockTables: normal(0, 1) }), 10);
    f.deliver(syncPoint(7n), 10);
    expect(f.view(10)).toMatchObject({ phase: 'gated', stage: 'NONE', event: { commitTs: 6n }, inbox: 1 });
    f.write(10, 6n);
    f.advance(20_000);
    expect(f.posted()).toEqual([]);
    f.gate(6n);
    expect(f.posted()).toEqual(['WAITING 10/6']);
    f.pass(10, 6n);
    expect([f.posted(), f.view(10).phase]).toEqual([['DONE 10/6'], 'gated']);
    f.gate(7n);
    expect(f.posted()).toEqual(['WAITING 10/7s']);
  });

  test('it never goes back', () => {
    const f = gated();
    f.add();
    f.gate(9n);
    f.gate(3n);
    f.rows(10, 8);
    expect([f.sink.count('write'), f.group.inspect().gate?.resolvedTs]).toEqual([1, 9n]);
  });

  test('up to its start ts it is open for a dispatcher: a sync point there is met again (T-1)', () => {
    const f = gated();
    f.add({ startTs: 20n });
    f.deliver(syncPoint(20n), 10);
    expect(f.posted()).toEqual(['WAITING 10/20s']);
  });

  test('the table trigger waits as well, and what it holds back begins only then (D-26, D-40)', () => {
    const f = gated();
    f.add({ handle: 0 });
    f.deliver(ddl(6n, { blockTables: normal(0), adds: [added(7)] }), 0);
    expect(f.view(0)).toMatchObject({ phase: 'gated', checkpointTs: 0n, trigger: { unacked: 0, blockers: [] } });
    f.gate(6n);
    expect([f.posted(), f.view(0).trigger?.unacked]).toEqual([['NONE 0/6'], 1]);
  });
});

describe('progress behind the gate (D-15, D-17)', () => {
  test('one for which nothing waits follows the lane beyond it and becomes Working there', () => {
    const f = gated();
    f.create(configOf({ startTs: 50n }));
    f.start(configOf({ startTs: 50n }), 0n);
    f.gate(10n);
    f.resolved(60n);
    expect(f.view(10)).toMatchObject({ state: ComponentState.WORKING, resolvedTs: 60n, checkpointTs: 60n });
  });

  test('one that waits stays below what it waits for, at the mark before it', () => {
    for (const event of ['rows', 'sync point'] as const) {
      const f = gated();
      f.add();
      f.gate(10n);
      f.resolved(20n);
      if (event === 'rows') f.rows(10, 25);
      else f.deliver(syncPoint(25n), 10);
      f.resolved(30n);
      expect(f.view(10)).toMatchObject({ phase: 'gated', resolvedTs: 20n, checkpointTs: 20n });
      expect(f.heartbeat()).toMatchObject({ checkpointTs: 20n, resolvedTs: 20n });
      f.gate(25n);
      if (event === 'rows') f.settleAll('write');
      else f.pass(10, 25n, true);
      expect(f.heartbeat()).toMatchObject({ checkpointTs: 30n, resolvedTs: 30n });
    }
  });

  test('rows behind the gate do not hide unflushed ones before it', () => {
    const f = gated();
    f.sink.wakeOn = 'enqueue';
    f.sink.writeOutcome = 'enqueued';
    f.add();
    f.gate(5n);
    f.rows(10, 5);
    f.rows(10, 8);
    expect(f.view(10)).toMatchObject({ phase: 'gated', unflushed: 1, checkpointTs: 4n });
    f.settleAll('write');
    expect(f.view(10)).toMatchObject({ phase: 'gated', unflushed: 0, checkpointTs: 4n });
  });

  test('many that wait for one event cost a bit each: no queue, no row of their own in the heartbeat', () => {
    const f = gated();
    for (let i = 0; i < 2_000; i++) f.add({ handle: 10 + i, tableId: 1 + i });
    f.deliver(syncPoint(5n));
    expect(f.group.inspect()).toMatchObject({ phases: { gated: 2_000 }, heldBytes: 0, gate: { waiting: 2_000 } });
    expect(f.group.view(10)).toMatchObject({ inbox: 0 });
    f.gate(5n);
    expect(f.statuses()).toHaveLength(2_000);
  });

  test('what waits is bounded: the source is paused, and goes on once the gate has moved', () => {
    const f = new GroupFixture({ redo: true, highWater: 500, lowWater: 100 });
    f.add();
    for (let ts = 1; ts < 20; ts++) f.rows(10, ts);
    expect(f.group.inspect().paused).toBe(true);
    f.gate(100n);
    f.settleAll('write');
    expect(f.group.inspect()).toMatchObject({ paused: false, heldBytes: 0 });
  });

  test('both sinks are asked to make room: what one pipeline has not flushed may be what the other waits for (D-47)', () => {
    const f = new GroupFixture({ highWater: 500, lowWater: 100 }, { redo: true });
    f.redoSink.wakeOn = 'enqueue';
    f.redoSink.writeOutcome = 'enqueued';
    f.add({ handle: 10 });
    f.add({ handle: 11, mode: 1 });
    for (let ts = 1; ts < 20; ts++) for (const handle of [10, 11]) f.rows(handle, ts);
    expect([f.sink.count('flush'), f.redoSink.count('flush')]).toEqual([1, 1]);
  });
});

test('property: above the gate nothing reaches the sink, nothing is reported; every checkpoint is earned; all goes through in order once it is open (D-46, D-47)', () => {
  const op = fc.oneof(
    fc.record({ type: fc.constant('rows' as const), handle: fc.constantFrom(10, 11, 12), count: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ type: fc.constantFrom('mark' as const, 'sync' as const, 'flush' as const) }),
    fc.record({ type: fc.constant('gate' as const), ahead: fc.integer({ min: 0, max: 6 }) }),
  );
  fc.assert(
    fc.property(fc.array(op, { minLength: 10, maxLength: 60 }), fc.constantFrom('enqueue', 'flush'), (ops, wakeOn) => {
      const f = gated();
      f.sink.wakeOn = wakeOn;
      const handles = [10, 11, 12];
      for (const handle of handles) f.add({ handle, tableId: handle });
      let ts = 0n;
      let gate = 0n;
      /** Delivered to each dispatcher and not durable or passed. */
      const open = new Map(handles.map((handle) => [handle, new Set<bigint>()]));
      const sent = new Map(handles.map((handle) => [handle, [] as bigint[]]));
      const settle = (): void => {
        for (const call of f.sink.open.filter(({ kind }) => kind === 'write')) {
          for (const one of call.ts) open.get(call.table?.tableId ?? 0)?.delete(one);
          f.settleCall(call);
        }
      };
      const check = (): void => {
        for (const call of f.sink.calls) for (const one of call.ts) expect(one).toBeLessThanOrEqual(gate);
        for (const { handle, ts: at, stage } of f.statuses()) {
          expect(at).toBeLessThanOrEqual(gate);
          if (stage !== 'WAITING') continue;
          f.pass(handle, at, true);
          open.get(handle)?.delete(at);
        }
        for (const handle of handles) {
          // D-17: stopped at T before T is executed, the resolved ts may equal T where rows and marks do; never pass it.
          for (const one of open.get(handle) ?? []) expect(f.view(handle).checkpointTs).toBeLessThan(one);
        }
      };
      for (const step of ops) {
        if (step.type === 'rows') {
          const list = Array.from({ length: step.count }, () => ++ts);
          for (const one of list) open.get(step.handle)?.add(one);
          sent.get(step.handle)?.push(...list);
          f.rows(step.handle, ...list);
        } else if (step.type === 'sync') {
          ts += 1n;
          for (const handle of handles) open.get(handle)?.add(ts);
          f.deliver(syncPoint(ts));
        } else if (step.type === 'mark') f.resolved(ts);
        else if (step.type === 'flush') settle();
        else if ('ahead' in step) {
          gate = gate + BigInt(step.ahead) > ts ? ts : gate + BigInt(step.ahead);
          f.gate(gate);
        }
        check();
      }
      gate = MAX_TS;
      f.gate(gate);
      for (let round = 0; round < ops.length * 2; round++) {
        settle();
        check();
      }
      f.resolved(++ts);
      for (const handle of handles) {
        expect(f.view(handle)).toMatchObject({ phase: 'open', checkpointTs: ts, inbox: 0 });
        const written = f.sink.calls.filter(({ kind, table }) => kind === 'write' && table?.tableId === handle);
        expect(written.flatMap((call) => call.ts)).toEqual(sent.get(handle));
      }
      expect(f.group.inspect()).toMatchObject({ heldBytes: 0, events: [], gate: { waiting: 0 } });
    }),
    { numRuns: 60 },
  );
});
