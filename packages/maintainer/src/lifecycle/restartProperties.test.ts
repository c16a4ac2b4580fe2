import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TaskState } from '../span/taskState.js';
import { chance, history, tablesAt } from '../testing/history.js';
import { World } from '../testing/world.js';

const RUNS = Number(process.env.MAINTAINER_RUNS ?? 60);

/** A run in which the maintainer is replaced now and then, at any moment, and all ways lose, double and delay. */
function run(seed: number): { world: World; tables: number[]; problems: string[] } {
  const pick = chance(seed);
  const initial = Array.from({ length: 2 + pick(4) }, (_, i) => i + 1);
  const events = history(pick, initial, 3 + pick(10), 10);
  const world = new World(pick, initial, events);
  const every = 5 + pick(60);
  const restarts = pick(8);
  let committed = 0n;
  const problems = new Set<string>();
  for (let step = 0; step < 6_000; step++) {
    world.step();
    for (const problem of world.violations()) problems.add(problem);
    if (world.committedTs < committed) problems.add(`committed went back from ${committed} to ${world.committedTs}`);
    committed = world.committedTs;
    if (world.restarts < restarts && pick(world.isParked ? every : 4 * every) === 0) world.restart(pick(2) === 0);
    const barrier = world.m.actor.changefeed?.pipeline.barrier;
    if (step % 20 === 0 && world.restarts >= restarts && barrier?.size === 0 && world.finished && settled(world)) break;
  }
  return { world, tables: tablesAt(events, initial, 1_000_000n), problems: [...problems] };
}

function settled(world: World): boolean {
  const table = world.m.actor.changefeed?.pipeline.table;
  return table?.count(TaskState.ABSENT) === 0 && table.count(TaskState.SCHEDULING) === 0 && table.count(TaskState.REMOVING) === 0;
}

describe('one maintainer after another, at any moment of any event (22.19, 22.20, S-1 to S-12)', () => {
  it('nothing is written twice or passed too early, what is committed is downstream, everything ends (I-1, I-2, I-3, I-7, I-12, I-14, K-10)', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const { world, tables, problems } = run(seed);
        const pipeline = world.m.actor.changefeed?.pipeline;
        expect(problems).toEqual([]);
        expect(world.m.events('fault')).toEqual([]);
        expect([...world.live.values()].filter(({ participant }) => !participant.finished).map(({ config }) => config)).toEqual(
          [],
        );
        expect([pipeline?.barrier.size, pipeline?.barrier.pendingSchedules, world.m.actor.inspect().buffered.statuses]).toEqual([
          0, 0, 0,
        ]);
        const served = [...world.live.values()].map(({ config }) => config.tableId).sort((a, b) => a - b);
        expect(served).toEqual([0, ...tables]);
      }),
      // The example: a dispatcher that writes is asked back, and its successor writes.
      { numRuns: RUNS, examples: [[979_003_329]] },
    );
  }, 120_000);
});
