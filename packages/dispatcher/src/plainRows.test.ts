import { Action, ComponentState, type DdlEvent, type SyncPointEvent } from '@tidegate/protocol';
import { expect, test } from 'vitest';
import { configOf, ddl, keyOf, syncPoint } from '../test/builders.js';
import { GroupFixture } from '../test/groupFixture.js';

const MANY = 60;
const TS = 100n;
const HANDLES = [0, ...Array.from({ length: MANY }, (_, i) => i + 2)];

/** Whole numbers from a seed, the same for both groups of a case. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) % below;
  };
}

/** A crowd at an event: most have nothing besides it, some have rows, later events, a way out, another schema, a closed path. */
function crowd(seed: number, event: DdlEvent | SyncPointEvent): GroupFixture {
  const next = numbers(seed);
  const f = new GroupFixture({ maxReports: 4 }, { recordCapacity: 10_000 });
  f.sink.wantsPass = event.type === 'ddl' && event.notToSync !== true;
  if (next(2) === 0) f.sink.auto.delete('flush');
  for (const handle of HANDLES)
    f.add(handle === 0 ? { handle } : { handle, tableId: handle, schemaId: 1 + (next(4) === 0 ? 1 : 0) });
  if (next(3) > 0) f.resolved(50n);
  for (const handle of HANDLES) if (handle > 0 && next(12) === 0) f.rows(handle, 60n);
  // Behind the last mark of the lane.
  if (next(2) === 0) f.add({ handle: MANY + 2, tableId: MANY + 2, startTs: 90n });
  f.deliver(event);
  if (next(2) === 0) f.settleAll('flush');
  if (next(2) === 0) f.settleAll('write');
  for (const handle of HANDLES) {
    const chance = next(24);
    if (chance === 0 && handle > 0) f.freeze(handle);
    else if (chance === 1) f.remove(handle);
    else if (chance === 2 && handle > 0) f.deliver(syncPoint(TS + 50n), handle);
    else if (chance === 3) f.write(handle, TS, event.type === 'sync-point');
    else if (chance === 4) f.pass(handle, TS, event.type === 'sync-point');
  }
  if (next(2) === 0) f.advance(5_100);
  f.posted();
  return f;
}

function of(f: GroupFixture): unknown {
  const views = [...HANDLES, MANY + 2].map((handle) => f.group.view(handle));
  return { views, group: f.group.inspect(), heartbeat: f.heartbeat(), posted: f.posted(), calls: f.sink.open.length };
}

const EVENTS: readonly (readonly [string, DdlEvent | SyncPointEvent])[] = [
  ['a sync point', syncPoint(TS)],
  ['a DDL that no sink is told of', ddl(TS, { blockTables: { type: 'all' }, notToSync: true })],
  ['a DDL that the sink is told of', ddl(TS, { blockTables: { type: 'all' } })],
  ['a DDL of a schema', ddl(TS, { blockTables: { type: 'db', schemaId: 1 }, notToSync: true })],
];

test.each(EVENTS)('%s: an answer to all comes to the same as one to each (D-30, D-31, D-35)', (_, event) => {
  let plain = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const [together, apart] = [crowd(seed, event), crowd(seed, event)];
    const sync = event.type === 'sync-point';
    const next = numbers(seed + 1_000);
    const acked = HANDLES.filter((handle) => handle > 0 && next(3) > 0);
    const sorted = next(2) === 0 ? acked : acked.reverse();
    const target = {
      type: 'normal',
      handle: Uint32Array.from(sorted),
      generation: new Uint32Array(sorted.length).fill(1),
    } as const;
    together.send({ type: 'answer', mode: 0, answer: { target, ack: keyOf(TS, sync) } });
    for (const handle of sorted) if (apart.group.view(handle) !== undefined) apart.ack(handle, TS, sync);
    expect(of(together)).toEqual(of(apart));

    plain += HANDLES.filter((handle) => together.group.view(handle)?.phase === 'parked').length;
    const schemaId = 1;
    if (event.type === 'ddl' && event.blockTables?.type === 'db') together.passAll(TS, sync, { type: 'db', schemaId });
    else together.passAll(TS, sync);
    const there = [...HANDLES, MANY + 2].filter((handle) => {
      const view = apart.group.view(handle);
      if (view === undefined || view.state === ComponentState.INITIALIZING) return false;
      return event.type === 'sync-point' || event.blockTables?.type !== 'db' || handle === 0 || view.schemaId === schemaId;
    });
    // Rows are visited in the order in which they were made.
    const each = { type: 'normal', handle: Uint32Array.from(there), generation: new Uint32Array(there.length).fill(1) } as const;
    const action = { action: Action.PASS, key: keyOf(TS, sync) };
    apart.send({ type: 'answer', mode: 0, answer: { target: each, action } });
    expect(of(together)).toEqual(of(apart));
    for (const f of [together, apart]) for (const kind of ['flush', 'write', 'pass'] as const) f.settleAll(kind as never);
    expect(of(together)).toEqual(of(apart));
  }
  expect(plain).toBeGreaterThan(1_000);
});

test('the retries of those who are acknowledged together end', () => {
  const f = new GroupFixture();
  for (const handle of [10, 11, 12]) f.create(configOf({ handle, tableId: handle }));
  for (const handle of [10, 11, 12]) f.start(configOf({ handle, tableId: handle }));
  f.deliver(syncPoint(TS));
  f.posted();
  const target = { type: 'normal', handle: Uint32Array.of(12, 10), generation: Uint32Array.of(1, 1) } as const;
  f.send({ type: 'answer', mode: 0, answer: { target, ack: keyOf(TS, true) } });
  f.advance(5_000);
  expect(f.posted()).toEqual(['WAITING 11/100s']);
});
