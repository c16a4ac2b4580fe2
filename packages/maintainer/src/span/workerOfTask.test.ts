import { ComponentState, type HeartbeatRequest } from '@tidegate/protocol';
import { describe, expect, it } from 'vitest';
import { MaintainerFixture, table } from '../testing/maintainerFixture.js';
import { obey } from '../testing/obey.js';
import { facts, type TestDispatcher, waiting } from '../testing/requests.js';

const { STOPPED, WORKING } = ComponentState;
const SYNC = facts({ commitTs: 200n, isSyncPoint: true }, { type: 'all' });

function dispatcherOf(m: MaintainerFixture, tableId: number): TestDispatcher {
  return [...m.created.values()].filter((config) => config.tableId === tableId).at(-1) as TestDispatcher;
}

/** The trigger stands at a sync point, and somebody is missing. */
function stuckAt(m: MaintainerFixture): void {
  m.statuses(1, [waiting(m.trigger, SYNC)]);
}

/** What is said of the dispatcher of table 1, which is missing: in the data, and in words, of `inspect` and of the event. */
function missing(m: MaintainerFixture): unknown[] {
  m.context.events.length = 0;
  m.advance(10_000);
  const event = m.events('barrier-stuck').at(-1);
  const open = m.actor.inspect().changefeed?.barrier.open[0];
  const said = [event, open].map((one) => one?.missing.find(({ tableId }) => tableId === 1));
  expect(said[0]?.worker).toBe(said[1]?.worker);
  expect(said[0]?.host).toBe(said[1]?.host);
  const place = /of table 1 on ([^(]*) \(/;
  expect(place.exec(event?.text ?? '')?.[1]).toBe(place.exec(open?.text ?? '')?.[1]);
  return [said[0]?.host, said[0]?.worker, place.exec(event?.text ?? '')?.[1]];
}

describe('a barrier names the worker of whoever is missing (T-F)', () => {
  it('as reported last; not where it is not known', () => {
    const m = new MaintainerFixture();
    m.run([table(1)]);
    stuckAt(m);
    expect(missing(m)).toEqual(['node1', undefined, 'host node1']);
    m.report(1, [[dispatcherOf(m, 1), WORKING, 150n, 3]]);
    expect(missing(m)).toEqual(['node1', 3, 'worker 3 of host node1']);
    // A report that does not say leaves it.
    m.report(1, [[dispatcherOf(m, 1), WORKING, 160n]]);
    expect(missing(m)).toEqual(['node1', 3, 'worker 3 of host node1']);
  });

  it('kept when reports are merged, whichever of them says it', () => {
    const m = new MaintainerFixture();
    m.run([table(1)]);
    stuckAt(m);
    const { handle, generation } = dispatcherOf(m, 1);
    const heartbeat = (worker?: number): HeartbeatRequest => ({
      type: 'heartbeat',
      from: 'node1',
      epoch: m.epoch,
      complete: false,
      statuses: {
        handle: Uint32Array.of(handle),
        generation: Uint32Array.of(generation),
        state: Uint8Array.of(WORKING),
        mode: Uint8Array.of(0),
        checkpointTs: BigUint64Array.of(150n),
        ...(worker !== undefined && { worker: Uint8Array.of(worker) }),
      },
    });
    for (const one of [heartbeat(), heartbeat(255), heartbeat()]) m.actor.receive(one, 'coordinator1');
    m.actor.turnEnd();
    expect(missing(m)).toEqual(['node1', 255, 'worker 255 of host node1']);
  });

  it('forgotten when its dispatcher is gone or moves, for the next one may be anywhere', () => {
    const m = new MaintainerFixture({ nodes: 2 });
    m.run([table(1)]);
    const first = dispatcherOf(m, 1);
    const home = (m.actor.changefeed?.pipeline.table.host[first.handle] ?? 0) + 1;
    m.report(home, [[first, WORKING, 150n, 3]]);
    stuckAt(m);
    expect(missing(m)).toEqual([`node${home}`, 3, `worker 3 of host node${home}`]);
    // It is moved to the other host, which lists it there at last.
    m.receive({ type: 'topology', change: 'move', tableId: 1, to: `node${3 - home}` });
    obey(m, [1, 2]);
    expect(missing(m)).toEqual([`node${3 - home}`, undefined, `host node${3 - home}`]);
    const moved = { ...first, generation: m.actor.changefeed?.pipeline.table.generation[first.handle] ?? 0 };
    expect(moved.generation).not.toBe(first.generation);
    m.report(3 - home, [[moved, WORKING, 150n, 7]]);
    expect(missing(m)).toEqual([`node${3 - home}`, 7, `worker 7 of host node${3 - home}`]);
    // What its former host says late is of somebody else.
    m.report(home, [[first, WORKING, 150n, 3]]);
    expect(missing(m)).toEqual([`node${3 - home}`, 7, `worker 7 of host node${3 - home}`]);
    m.report(3 - home, [[moved, STOPPED, 150n, 7]]);
    obey(m, [1, 2]);
    expect(missing(m)[1]).toBeUndefined();
  });

  it('known after a restart, from what the hosts have', () => {
    const m = new MaintainerFixture();
    m.start([table(1)]);
    const config = {
      id: '1'.repeat(32),
      handle: 2,
      generation: 1,
      mode: 0,
      tableId: 1,
      schemaId: 1,
      startTs: 90n,
      skipDmlAsStartTs: false,
    } as const;
    m.bootstrap({ 1: [{ config, state: WORKING, checkpointTs: 150n, worker: 5 }] });
    m.receive({ type: 'post-bootstrap-response', from: 'node1', epoch: m.epoch });
    stuckAt(m);
    expect(missing(m)).toEqual(['node1', 5, 'worker 5 of host node1']);
  });

  it('of the writer, too, when it does not answer', () => {
    const m = new MaintainerFixture();
    m.run([table(1)]);
    m.report(1, [[m.trigger, WORKING, 150n, 1]]);
    m.statuses(1, [waiting(m.trigger, SYNC), waiting(dispatcherOf(m, 1), SYNC)]);
    m.advance(10_000);
    expect(m.events('barrier-stuck').at(-1)?.text).toMatch(/dispatcher 0 on worker 1 of host node1 was told to write/);
  });
});
