import { type BlockFacts, formatEventKey, Stage } from '@tidegate/protocol';
import { expect, it } from 'vitest';
import { BarrierFixture } from '../testing/barrierFixture.js';
import { done, facts, type TestStatus, waiting } from '../testing/requests.js';
import type { BarrierMessage } from './contracts.js';

const EVENTS: readonly BlockFacts[] = [
  facts({ commitTs: 10n, isSyncPoint: true }, { type: 'all' }),
  facts(20n, { type: 'normal', tableIds: Array.from({ length: 40 }, (_, i) => i + 1) }),
  facts(30n, { type: 'normal', tableIds: [50] }),
  facts(35n, { type: 'db', schemaId: 1 }),
  facts({ commitTs: 40n, isSyncPoint: true }, { type: 'all' }),
];

const KEYS = ['', 'b', 'c', 'd', 'e', 'f', 'g', 'h', ''];

/** Forty tables, and one in eight spans, or whole like the others. */
function setUp(isDivided = true): BarrierFixture {
  const fixture = new BarrierFixture({ splitTables: true });
  for (let tableId = 1; tableId <= 40; tableId++) fixture.task(tableId);
  if (!isDivided) fixture.task(50, 1);
  for (let i = 0; isDivided && i + 1 < KEYS.length; i++)
    fixture.task(50, 1, { range: [KEYS[i] as string, KEYS[i + 1] as string] });
  return fixture;
}

/** Who was told what, whichever way the answers were grouped. */
function outcomes(messages: readonly BarrierMessage[]): string[] {
  const told = messages.flatMap(({ answers }) =>
    answers.flatMap(({ target, ack, ignored, unknown, action }) => {
      const key = ack ?? ignored ?? unknown ?? action?.key;
      const what = ack ? 'ack' : ignored ? 'ignored' : unknown ? 'unknown' : `action ${action?.action}`;
      const to = target.type === 'normal' ? [...target.handle] : [target.type];
      return to.map((handle) => `${what} ${key === undefined ? '' : formatEventKey(key)} ${handle}`);
    }),
  );
  return told.sort();
}

function stateOf({ table, barrier }: BarrierFixture): unknown {
  const places = Array.from({ length: table.end }, (_, handle) => [
    table.positions.checkpointTs(handle),
    table.positions.blockState(handle),
  ]);
  const events = EVENTS.map(({ key }) => {
    const event = barrier.find(key);
    return event && [event.selected, event.advanced, event.writer, event.coverage.covered, event.coverage.reported()];
  });
  return { places, events };
}

it('a request means what its statuses mean one by one, in whatever runs they stand (section 14)', () => {
  let seed = 11;
  const pick = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % below;
  };
  const completed = { runs: 0, atOnce: 0 };
  for (let life = 0; life < 30; life++) {
    const [whole, single] = [setUp(life % 2 === 0), setUp(life % 2 === 0)];
    for (let step = 0; step < 60; step++) {
      const statuses: TestStatus[] = [];
      for (let run = 0; run <= pick(3); run++) {
        const of = EVENTS[pick(2) === 0 ? 1 : pick(EVENTS.length)] as BlockFacts;
        const stage = pick(2) === 0 ? Stage.DONE : Stage.WAITING;
        const first = pick(3) === 0 ? 0 : 2 + pick(48);
        const last = Math.min(first + pick(pick(2) === 0 ? 50 : 12), 52);
        for (let handle = first; handle <= last; handle++) {
          const generation = pick(40) === 0 ? 0 : (whole.table.generation[handle] as number);
          statuses.push({ handle, generation, stage, facts: of });
        }
      }
      if (pick(12) === 0) {
        // One that is on its way elsewhere.
        const handle = 2 + pick(48);
        for (const { table } of [whole, single]) if (table.state[handle] === 3) table.markScheduling(handle);
      }
      const together = whole.handle(1, statuses);
      const apart = statuses.flatMap((status) => single.handle(1, [status]));
      expect(outcomes(together)).toEqual(outcomes(apart));
      if (pick(3) === 0) expect(whole.resend(500)).toEqual(single.resend(500));
      expect(stateOf(whole)).toEqual(stateOf(single));
    }
    completed.runs += whole.told.filter((event) => event.type === 'barrier' && event.phase === 'completed').length;
    completed.atOnce += single.told.filter((event) => event.type === 'barrier' && event.phase === 'completed').length;
  }
  expect(completed.runs).toBe(completed.atOnce);
  expect(completed.runs).toBeGreaterThan(5);
});

it('finds the DONE of the writer among others of its run (B-17)', () => {
  const fixture = setUp();
  const of = EVENTS[1] as BlockFacts;
  const dispatchers = Array.from({ length: 40 }, (_, i) => ({
    handle: 2 + i,
    generation: fixture.table.generation[2 + i] as number,
  }));
  fixture.handle(
    1,
    dispatchers.map((one) => waiting(one, of)),
  );
  expect([fixture.event(of)?.writer?.handle, fixture.event(of)?.advanced]).toEqual([41, false]);
  fixture.handle(
    1,
    dispatchers.slice(-3).map((one) => done(one, of)),
  );
  expect([fixture.event(of)?.advanced, fixture.reported(of)]).toEqual([true, [39, 40, 41]]);
});
