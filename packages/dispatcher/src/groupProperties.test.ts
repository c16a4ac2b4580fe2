import { ComponentState, type DdlEvent, MAX_TS, type SyncPointEvent, type WorkerHeartbeat } from '@tidegate/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { added, configOf, ddl, normal, syncPoint } from '../test/builders.js';
import type { SinkCall } from '../test/fakeSink.js';
import { GroupFixture } from '../test/groupFixture.js';

const TRIGGER = 0;
const ORDINARY = [10, 11, 12] as const;
const HANDLES = [TRIGGER, ...ORDINARY] as const;

const OPS = [
  ...['rows', 'rows', 'rows', 'mark', 'ddl', 'sync', 'alone', 'create'],
  ...['settle', 'settle', 'settle', 'enqueue', 'fail'],
  ...['write', 'pass', 'pass', 'ack', 'ack', 'hint', 'stale'],
  ...['time', 'full', 'room', 'remove', 'force'],
  ...['freeze', 'thaw', 'thaw', 'gate', 'gate'],
] as const;
type Step = readonly [op: (typeof OPS)[number], a: number, b: number];

interface Delivered {
  readonly event: DdlEvent | SyncPointEvent;
  readonly to: readonly number[];
}

/** Runs random steps against a group, with a model of what was delivered, flushed and acknowledged beside it. */
class Run {
  readonly f: GroupFixture;
  #ts = 1n;
  #mark = 0n;
  #events: Delivered[] = [];
  #unflushed = new Map<number, Set<bigint>>(HANDLES.map((handle) => [handle, new Set<bigint>()]));
  /** Adds delivered to the trigger and not acknowledged after their NONE. */
  #adds = new Set<bigint>();
  /** Rows delivered to each dispatcher, in order. */
  readonly delivered = new Map<number, bigint[]>(ORDINARY.map((handle) => [handle, []]));
  #reported = new Set<string>();
  #gone = new Set<number>();
  /** Checkpoint of each frozen dispatcher, once it was told to stand still. */
  #frozen = new Map<number, bigint | undefined>();
  #gate: bigint;
  #calls = 0;
  #writes = new Map<string, number>();
  #tableHandle = (call: SinkCall): number => 9 + (call.table?.tableId ?? 0);
  failed = false;

  constructor(wakeOn: 'enqueue' | 'flush', redo: boolean, seed: number) {
    this.f = new GroupFixture({ executorSlots: 2, retryBackoff: 2, maxReports: 3, redo }, { seed, recordCapacity: 64 });
    this.#gate = redo ? 0n : MAX_TS;
    this.f.sink.wakeOn = wakeOn;
    this.f.sink.wantsPass = true;
    this.f.sink.auto.clear();
    this.f.add({ handle: TRIGGER });
    for (const handle of ORDINARY) this.f.add({ handle, tableId: handle - 9 });
    this.check();
  }

  #next(): bigint {
    this.#ts += 1n;
    return this.#ts;
  }

  #send(event: DdlEvent | SyncPointEvent, to: readonly number[]): void {
    const live = to.filter((handle) => !this.#gone.has(handle));
    if (live.length === 0) return;
    this.#events.push({ event, to: live });
    this.f.deliver(event, ...live);
  }

  step([op, a, b]: Step): void {
    const { f } = this;
    const handle = HANDLES[a % HANDLES.length] as number;
    const event = this.#events[this.#events.length - 1 - (b % 4)]?.event;
    const key = event && ([event.commitTs, event.type === 'sync-point'] as const);
    const open = f.sink.open[a % Math.max(1, f.sink.open.length)];
    const here = !this.#gone.has(handle);
    if (op === 'rows') this.#rows(ORDINARY[a % 3] as number, 1 + (b % 3));
    else if (op === 'mark') {
      this.#mark = this.#ts;
      f.resolved(this.#mark);
    } else if (op === 'ddl')
      this.#send(ddl(this.#next(), { blockTables: normal(0, 1 + (a % 3)) }), [TRIGGER, ORDINARY[a % 3] as number]);
    else if (op === 'sync') this.#send(syncPoint(this.#next()), HANDLES);
    else if (op === 'alone') this.#send(ddl(this.#next(), { blockTables: normal(1 + (a % 3)) }), [ORDINARY[a % 3] as number]);
    else if (op === 'create') this.#create();
    else if (op === 'settle' && open) this.#settle(open);
    else if (op === 'enqueue' && open?.kind === 'write') f.settleCall(open, 'sink-enqueued');
    else if (op === 'fail' && b === 0 && open) {
      this.failed = true;
      f.settleCall(open, 'sink-failed');
    } else if (op === 'write' && key && !this.#gone.has(TRIGGER)) f.write(TRIGGER, ...key);
    else if (op === 'pass' && key && here) f.pass(handle, ...key);
    else if (op === 'ack' && key && here) this.#ack(handle, ...key);
    else if (op === 'hint' && key && here) f.hint(handle, ...key);
    else if (op === 'stale' && here)
      f.write(handle, 1n); // before any event: no record of it
    else if (op === 'time') f.advance(a * 100);
    else if (op === 'full') f.context.full.add('coordinator');
    else if (op === 'room') this.#room();
    else if (op === 'remove' && b < 2 && handle !== TRIGGER && here) this.#remove(handle, false);
    else if (op === 'force' && b === 0) this.#remove(handle, true);
    else if (op === 'freeze') this.#freeze(ORDINARY[a % 3] as number);
    else if (op === 'thaw') this.#thaw(ORDINARY[a % 3] as number);
    else if (op === 'gate' && this.#gate < this.#ts) this.#openGate(this.#gate + 1n + BigInt(b) / 2n);
    this.check();
  }

  #rows(handle: number, count: number): void {
    if (this.#gone.has(handle)) return;
    const ts = Array.from({ length: count }, () => this.#next());
    for (const one of ts) this.#unflushed.get(handle)?.add(one);
    this.delivered.get(handle)?.push(...ts);
    this.f.rows(handle, ...ts);
  }

  #remove(handle: number, force: boolean): void {
    this.#gone.add(handle);
    this.#frozen.delete(handle);
    if (this.f.group.view(handle)) this.f.remove(handle, 1, force);
  }

  #freeze(handle: number): void {
    if (this.#gone.has(handle) || this.#frozen.has(handle) || this.f.view(handle).state !== ComponentState.WORKING) return;
    this.#frozen.set(handle, undefined);
    this.f.freeze(handle);
  }

  #thaw(handle: number): void {
    if (!this.#frozen.delete(handle)) return;
    this.f.messages('frozen');
    this.f.thaw(handle);
  }

  #openGate(ts: bigint): void {
    this.#gate = ts;
    this.f.gate(ts);
  }

  #create(): void {
    const ts = this.#next();
    this.#adds.add(ts);
    this.#send(ddl(ts, { blockTables: normal(0), adds: [added(100 + Number(ts))] }), [TRIGGER]);
  }

  #settle(call: SinkCall): void {
    // A flush may come back before the writes that it covers are confirmed.
    if (call.kind === 'write') for (const ts of call.ts) this.#unflushed.get(this.#tableHandle(call))?.delete(ts);
    this.f.settleCall(call);
  }

  #ack(handle: number, ts: bigint, sync: boolean): void {
    // What a maintainer would never do: acknowledge what it has not heard.
    if (!this.#reported.has(`${handle}/${ts}${sync}`)) return;
    if (handle === TRIGGER && this.f.view(TRIGGER).trigger?.blockers.some((key) => key.commitTs === ts)) this.#adds.delete(ts);
    this.f.ack(handle, ts, sync);
  }

  #room(): void {
    this.f.context.full.clear();
    this.f.group.room('coordinator');
  }

  check(): void {
    const { f } = this;
    for (const { handle, checkpointTs } of f.frozen()) this.#frozen.set(handle, checkpointTs);
    for (const call of f.sink.calls.slice(this.#calls)) {
      for (const ts of call.ts) expect(ts, `${call.kind} above the gate`).toBeLessThanOrEqual(this.#gate);
      if (call.kind === 'write') expect(this.#frozen.get(this.#tableHandle(call)), 'rows of a frozen one').toBe(undefined);
      if (call.kind !== 'execute' && call.kind !== 'syncPoint') continue;
      const name = `${call.kind} ${call.ts[0]}`;
      this.#writes.set(name, (this.#writes.get(name) ?? 0) + 1);
      expect(this.#writes.get(name), `one write per key (${name})`).toBe(1);
    }
    this.#calls = f.sink.calls.length;
    for (const handle of HANDLES) this.#checkOne(handle);
    for (const [handle, state, checkpoint] of f.components()) this.#checkStopped(handle, state, checkpoint);
    for (const status of f.statuses()) this.#checkStatus(status);
    const beat = f.messages<WorkerHeartbeat>('worker-heartbeat').at(-1);
    if (beat && !f.context.full.has('coordinator')) {
      const least = HANDLES.map((handle) => f.group.checkpointOf(handle)).filter((ts) => ts !== undefined);
      expect(least.every((ts) => beat.checkpointTs <= ts)).toBe(true);
    }
  }

  // Whatever way it ends: nothing that was not acknowledged lies at or below the final checkpoint (D-41).
  #checkStopped(handle: number, state: ComponentState, checkpoint: bigint): void {
    if (handle !== TRIGGER || state !== ComponentState.STOPPED || this.failed) return;
    for (const ts of this.#adds) expect(checkpoint, 'final checkpoint at or above an unacknowledged add').toBeLessThan(ts);
  }

  #checkOne(handle: number): void {
    const checkpoint = this.f.group.checkpointOf(handle);
    if (checkpoint === undefined) return;
    const frozen = this.#frozen.get(handle);
    if (frozen !== undefined && !this.failed) expect(checkpoint, `checkpoint of ${handle}, which is frozen`).toBe(frozen);
    for (const ts of this.#unflushed.get(handle) ?? [])
      expect(checkpoint, `checkpoint of ${handle} above a row`).toBeLessThan(ts);
    if (handle === TRIGGER && !this.failed) {
      for (const ts of this.#adds) expect(checkpoint, 'checkpoint at or above an unacknowledged add').toBeLessThan(ts);
    }
    expect(checkpoint, 'checkpoint above everything delivered').toBeLessThanOrEqual(this.#ts);
  }

  #checkStatus(status: { handle: number; stage: string; ts: bigint; sync: boolean; already: boolean }): void {
    this.#reported.add(`${status.handle}/${status.ts}${status.sync}`);
    const reports = status.stage === 'WAITING' || status.stage === 'NONE';
    if (reports) expect(status.ts, `${status.stage} above the gate`).toBeLessThanOrEqual(this.#gate);
    if (status.stage === 'WAITING') {
      for (const ts of this.#unflushed.get(status.handle) ?? []) {
        expect(ts, `WAITING ${status.handle}/${status.ts} before a row below it is flushed`).toBeGreaterThan(status.ts);
      }
    } else if (status.stage === 'DONE') {
      const kind = status.sync ? 'syncPoint' : 'execute';
      const writing = this.f.sink.open.some((call) => call.kind === kind && call.ts[0] === status.ts);
      const to = this.#events.find(({ event }) => event.commitTs === status.ts)?.to ?? [];
      const isWriter = status.handle === (to.includes(TRIGGER) ? TRIGGER : to[0]);
      expect(writing && isWriter, `DONE ${status.handle}/${status.ts} while writing`).toBe(false);
    }
  }

  /** Answers, room and sink completions until nothing is left to do. */
  quiesce(): void {
    this.#room();
    for (const handle of ORDINARY) this.#thaw(handle);
    if (this.#gate !== MAX_TS) this.#openGate(MAX_TS);
    for (let round = 0; round < 200; round++) {
      for (const call of [...this.f.sink.open]) if (this.f.sink.open.includes(call)) this.#settle(call);
      for (const { event, to } of this.#events) {
        for (const handle of to) {
          if (this.f.group.view(handle) === undefined) continue;
          this.#ack(handle, event.commitTs, event.type === 'sync-point');
          this.f.pass(handle, event.commitTs, event.type === 'sync-point');
        }
      }
      this.check();
      const { events, withSink, reports } = this.f.group.inspect();
      if (events.length + withSink + reports === 0) break;
    }
    this.#mark = this.#next();
    this.f.resolved(this.#mark);
  }

  /** Rows that reached the sink for a dispatcher, in order. */
  written(handle: number): bigint[] {
    return this.f.sink.calls
      .filter((call) => call.kind === 'write' && this.#tableHandle(call) === handle)
      .flatMap((call) => call.ts);
  }

  get mark(): bigint {
    return this.#mark;
  }
}

const steps = fc.array(fc.tuple(fc.constantFrom(...OPS), fc.nat(60), fc.nat(20)), { minLength: 30, maxLength: 100, size: 'max' });
const wakes = fc.constantFrom('enqueue', 'flush');

test('safety, with freezes, the redo gate and forced removals: checkpoints, flush before WAITING, no DONE while writing, one write per key, every row once; then all comes to rest', () => {
  fc.assert(
    fc.property(steps, wakes, fc.boolean(), fc.nat(), (list, wakeOn, redo, seed) => {
      const run = new Run(wakeOn, redo, seed);
      for (const step of list) run.step(step);
      if (run.failed) return;
      run.quiesce();
      const view = run.f.group.inspect();
      expect(view).toMatchObject({
        phases: view.dispatchers === 0 ? {} : { open: view.dispatchers },
        freezing: 0,
        removing: 0,
        events: [],
        reports: 0,
        heldBytes: 0,
        paused: false,
        executor: { running: 0, queued: 0 },
        withSink: 0,
      });
      for (const handle of ORDINARY) {
        // Marks run ahead of what waits in an inbox: nothing may go stale there (D-8).
        if (run.f.group.view(handle)) expect(run.written(handle), `rows of ${handle}`).toEqual(run.delivered.get(handle));
      }
      for (const handle of HANDLES) {
        if (run.f.group.view(handle)) expect(run.f.view(handle)).toMatchObject({ checkpointTs: run.mark, retries: 0, inbox: 0 });
      }
      run.f.statuses();
      run.f.advance(120_000);
      expect(run.f.posted()).toEqual([]); // I-14: no retry task is left
    }),
    { numRuns: 120 },
  );
}, 60_000);

test('a parked dispatcher allocates nothing of its own: many at one event share it', () => {
  const f = new GroupFixture();
  f.create(...Array.from({ length: 2_000 }, (_, i) => configOf({ handle: 10 + i, tableId: i + 1 })));
  for (let i = 0; i < 2_000; i++) f.start(configOf({ handle: 10 + i, tableId: i + 1 }));
  f.resolved(5n);
  f.deliver(syncPoint(10n));
  expect(f.statuses()).toHaveLength(2_000);
  expect(f.group.inspect()).toMatchObject({ phases: { parked: 2_000 }, events: [{ unacked: 2_000 }], heldBytes: 0 });
  f.advance(5_000);
  expect(f.statuses()).toHaveLength(2_000);
  f.passAll(10n, true);
  expect(f.statuses().every((status) => status.stage === 'DONE')).toBe(true);
  f.resolved(20n);
  expect(f.heartbeat()).toMatchObject({ checkpointTs: 20n });
});
