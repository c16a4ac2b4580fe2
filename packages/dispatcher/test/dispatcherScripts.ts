import { ComponentState } from '@tidegate/protocol';
import { expect } from 'vitest';
import { added, ddl, HALF, normal, syncPoint } from './builders.js';
import { GroupFixture } from './groupFixture.js';

/*
 * The scripts of conformance sections 3 and 4, which run with the same numbers in both pipelines. `mode` 1: as a redo
 * dispatcher, without the steps that only the default pipeline has.
 */

const T0 = 0;
const ORDINARY = 10;

function fixtureOf(mode: 0 | 1): GroupFixture {
  return new GroupFixture({}, { redo: mode === 1 });
}

function sinkOf(f: GroupFixture, mode: 0 | 1): GroupFixture['sink'] {
  return mode === 0 ? f.sink : f.redoSink;
}

/** What the steps look at: stage, checkpoint, wake-ups and retry tasks. */
function seen(f: GroupFixture): { stage: string; checkpoint: bigint; n: number; retries: number } {
  const { stage, checkpointTs, retries } = f.view(ORDINARY);
  return { stage, checkpoint: checkpointTs, n: f.wakes, retries };
}

/** Steps 1 to 8 of DispatcherHandleEvents. */
export function handleEvents(mode: 0 | 1): void {
  const f = fixtureOf(mode);
  const sink = sinkOf(f, mode);
  f.add({ mode });
  expect(f.components().at(-1)).toEqual([ORDINARY, ComponentState.WORKING, 0n]);
  // 1
  expect(f.view(ORDINARY)).toMatchObject({ checkpointTs: 0n, resolvedTs: 0n, unflushed: 0 });
  // 2
  f.rows(ORDINARY, 2);
  expect(sink.open).toHaveLength(1);
  expect([seen(f), f.view(ORDINARY).unflushed]).toEqual([{ stage: 'NONE', checkpoint: 1n, n: 0, retries: 0 }, 1]);
  f.send({ type: 'sink-done', token: sink.open[0]?.token as number });
  expect([seen(f), f.view(ORDINARY).unflushed]).toEqual([{ stage: 'NONE', checkpoint: 1n, n: 1, retries: 0 }, 0]);
  // 3, numbered as in the script: a DDL at the ts of the last row is accepted
  f.deliver(ddl(2n, { blockTables: normal(T0) }), ORDINARY);
  expect(seen(f)).toEqual({ stage: 'NONE', checkpoint: 1n, n: 2, retries: 0 });
  // 4
  f.deliver(ddl(3n, { blockTables: normal(T0), drops: normal(1) }), ORDINARY);
  expect(seen(f)).toEqual({ stage: 'NONE', checkpoint: 2n, n: 3, retries: 1 });
  f.ack(ORDINARY, 3n);
  expect(seen(f).retries).toBe(0);
  // 5
  f.deliver(ddl(4n, { blockTables: normal(T0), adds: [added(1)] }), ORDINARY);
  expect(seen(f)).toEqual({ stage: 'NONE', checkpoint: 3n, n: 4, retries: 1 });
  f.ack(ORDINARY, 2n);
  expect(seen(f).retries).toBe(1);
  f.ack(ORDINARY, 4n);
  expect(seen(f)).toEqual({ stage: 'NONE', checkpoint: 3n, n: 4, retries: 0 });
  // 6
  f.deliver(ddl(5n, { blockTables: normal(T0, 1) }), ORDINARY);
  expect(seen(f)).toEqual({ stage: 'WAITING', checkpoint: 3n, n: 4, retries: 1 });
  f.ack(ORDINARY, 5n);
  expect(seen(f)).toEqual({ stage: 'WAITING', checkpoint: 3n, n: 4, retries: 0 });
  if (mode === 0) {
    f.act(ORDINARY, 2, 5n);
    f.advance(5_000);
    expect(seen(f)).toEqual({ stage: 'WAITING', checkpoint: 3n, n: 4, retries: 0 });
  }
  expect(sink.calls.filter((call) => call.kind === 'execute' && call.ts[0] === 5n)).toEqual([]);
  f.write(ORDINARY, 5n);
  expect(seen(f)).toEqual({ stage: 'NONE', checkpoint: 4n, n: 5, retries: 0 });
  // 7
  if (mode === 0) {
    f.deliver(syncPoint(6n), ORDINARY);
    expect(seen(f)).toMatchObject({ stage: 'WAITING', checkpoint: 4n });
    f.ack(ORDINARY, 6n, true);
    expect(seen(f)).toMatchObject({ stage: 'WAITING', retries: 0 });
    f.pass(ORDINARY, 6n, true);
    expect(seen(f)).toMatchObject({ stage: 'NONE', checkpoint: 5n, n: 6 });
  }
  // 8
  const wakes = f.wakes;
  f.resolved(7n);
  expect(f.view(ORDINARY)).toMatchObject({ phase: 'open', resolvedTs: 7n, checkpointTs: 7n });
  expect(f.wakes).toBe(wakes);
  expect((mode === 0 ? f.redoSink : f.sink).calls).toEqual([]);
}

export function uncompleteTableSpan(mode: 0 | 1): void {
  const f = fixtureOf(mode);
  f.add({ mode, range: HALF });
  f.deliver(ddl(2n, { blockTables: normal(T0) }), ORDINARY);
  expect(seen(f)).toEqual({ stage: 'WAITING', checkpoint: 0n, n: 0, retries: 1 });
  f.ack(ORDINARY, 2n);
  expect(seen(f)).toMatchObject({ stage: 'WAITING', retries: 0 });
  f.write(ORDINARY, 2n);
  expect(seen(f)).toMatchObject({ stage: 'NONE', checkpoint: 1n, n: 1 });
}

export function partialFlush(mode: 0 | 1): void {
  const f = fixtureOf(mode);
  const sink = sinkOf(f, mode);
  f.add({ mode });
  f.rows(ORDINARY, 9);
  for (const ts of [10, 11, 12]) f.rows(ORDINARY, ts);
  const next = (): void => f.settleCall(sink.open[0] as (typeof sink.open)[number]);
  next();
  const before = f.wakes;
  // D-9: all three are in progress before any is flushed.
  expect(f.view(ORDINARY)).toMatchObject({ unflushed: 3, phase: 'rows', checkpointTs: 9n });
  next();
  expect([f.wakes, f.view(ORDINARY).checkpointTs]).toEqual([before, 10n]);
  next();
  expect(f.wakes).toBe(before);
  next();
  expect([f.wakes, f.view(ORDINARY).unflushed, f.view(ORDINARY).checkpointTs]).toEqual([before + 1, 0, 11n]);
}

/** DispatcherClose: with an unflushed row, then flushed; and with a sink that fails instead. */
export function close(mode: 0 | 1): void {
  for (const outcome of ['sink-done', 'sink-failed'] as const) {
    const f = fixtureOf(mode);
    const sink = sinkOf(f, mode);
    f.add({ mode });
    f.rows(ORDINARY, 2);
    f.remove(ORDINARY);
    f.advance(1_000);
    const stopped = () => f.components().filter(([, state]) => state === ComponentState.STOPPED);
    expect([stopped(), f.view(ORDINARY).removing]).toEqual([[], true]);
    const wakes = f.wakes;
    f.settleCall(sink.open[0] as (typeof sink.open)[number], outcome);
    expect([stopped(), f.group.view(ORDINARY)]).toEqual([[[ORDINARY, ComponentState.STOPPED, 1n]], undefined]);
    expect(f.wakes).toBe(wakes); // D-7: no wake any more
  }
}

/** The table trigger of either pipeline: what it executes alone, and what it reports. */
export function tableTrigger(mode: 0 | 1): void {
  const f = fixtureOf(mode);
  const trigger = mode; // handle 0 in the default pipeline, 1 in the redo one
  f.add({ handle: trigger, mode });
  f.deliver(ddl(3n, { blockTables: normal(T0), adds: [added(1)] }), trigger);
  expect(f.posted()).toEqual([`NONE ${trigger}/3`]);
  expect(sinkOf(f, mode).count('execute')).toBe(1);
  f.resolved(10n);
  expect(f.view(trigger)).toMatchObject({ checkpointTs: 2n, resolvedTs: 10n, trigger: { unacked: 1 } });
  f.ack(trigger, 3n);
  expect(f.view(trigger)).toMatchObject({ checkpointTs: 10n, trigger: { unacked: 0, blockers: [] } });
  f.deliver(ddl(11n, { blockTables: { type: 'db', schemaId: 1 }, drops: { type: 'db', schemaId: 1 } }), trigger);
  expect(f.posted()).toEqual([`WAITING ${trigger}/11`]);
  f.write(trigger, 11n);
  expect([f.posted(), f.view(trigger).stage]).toEqual([[`DONE ${trigger}/11`], 'NONE']);
}
