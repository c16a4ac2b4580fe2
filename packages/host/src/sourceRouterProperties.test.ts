import type { KeyRange, Mode, TableId } from '@tidegate/protocol';
import { describe, expect, test } from 'vitest';
import type { SourceRouterOptions } from './sourceRouter.js';
import { chance, RouterLog } from './testing/routerLog.js';
import { type Listener, RouterWorld, WORKERS } from './testing/routerWorld.js';

const RUNS = 150;

/** Random cuts of the key space into one to three ranges. */
function rangesOf(below: (bound: number) => number): (KeyRange | undefined)[] {
  const cuts = [...new Set(Array.from({ length: below(3) }, () => 1 + below(255)))].sort((a, b) => a - b);
  if (cuts.length === 0) return [undefined];
  const edges = [[], ...cuts.map((cut) => [cut]), []].map((edge) => Uint8Array.from(edge));
  return edges.slice(1).map((end, i) => ({ start: edges[i] as Uint8Array, end }));
}

/** Subscribes to a table as a maintainer may: whole or in ranges, from some ts at which the table exists. */
function subscribeSomewhere(
  world: RouterWorld,
  log: RouterLog,
  below: (bound: number) => number,
  modes: Mode[],
  floor: bigint,
): void {
  const reached = world.router.inspect().commitTs;
  const late = log.events.filter((event) => event.type !== 'resolved' && event.commitTs <= reached && event.commitTs > floor);
  const some = late[below(Math.max(1, late.length))];
  const startTs = some === undefined || some.type === 'resolved' || below(8) === 0 ? floor : some.commitTs;
  const tables: TableId[] = [0, ...log.tablesAt(startTs).keys()];
  const tableId = tables[below(tables.length)] as TableId;
  for (const range of tableId === 0 ? [undefined] : rangesOf(below))
    world.subscribe(modes[below(modes.length)] as Mode, tableId, startTs, range);
}

/** Everybody who is created at the start or by a DDL that main has passed, once. */
function subscribeAll(world: RouterWorld, log: RouterLog, below: (bound: number) => number, modes: Mode[], floor: bigint): void {
  const created = new Map<TableId, bigint>([0, ...log.tablesAt(floor).keys()].map((id) => [id, floor]));
  for (const event of log.after(floor))
    if (event.type === 'ddl') for (const { tableId } of event.adds) created.set(tableId, event.commitTs);
  const reached = world.router.inspect().commitTs;
  for (const mode of modes)
    for (const [tableId, startTs] of created) {
      const name = `${mode}/${tableId}`;
      if (startTs > reached || world.claimed.has(name)) continue;
      world.claimed.add(name);
      for (const range of tableId === 0 ? [undefined] : rangesOf(below)) world.subscribe(mode, tableId, startTs, range);
    }
}

function run(seed: number, options: Partial<SourceRouterOptions>): { world: RouterWorld; unfinished: Listener[] } {
  const below = chance(seed * 7 + 1);
  const log = new RouterLog(seed, 120);
  const modes = [...(options.modes ?? [0])] as Mode[];
  const floor = below(2) === 0 ? 0n : (log.after(20n).find((event) => event.type === 'ddl') as { commitTs: bigint }).commitTs;
  const world = new RouterWorld(log, below, floor, options);
  for (let steps = 0; steps < 200 && world.faults.length === 0; steps++) {
    const kind = below(20);
    if (kind < 2) subscribeSomewhere(world, log, below, modes, floor);
    else if (kind < 4) subscribeAll(world, log, below, modes, floor);
    else if (kind === 4) {
      const handles = [...world.listeners.keys()];
      const handle = handles[below(Math.max(1, handles.length))];
      // One that is created by the protocol stays until it has claimed its table.
      if (handle !== undefined && world.listeners.get(handle)?.started === true) world.unsubscribe(handle);
    } else if (kind === 5) world.context.full.add(WORKERS[below(WORKERS.length)] as string);
    else if (kind === 6) {
      world.context.full.clear();
      world.router.room();
      world.take();
    } else world.answer();
  }
  world.context.full.clear();
  world.router.room();
  world.take();
  for (let steps = 0; steps < 2_000 && world.faults.length === 0 && !world.ended; steps++) {
    if (steps % 8 === 0) subscribeAll(world, log, below, modes, floor);
    world.answer();
  }
  subscribeAll(world, log, below, modes, floor);
  // Somebody may come behind after the end.
  for (let late = below(3); late > 0; late--) subscribeSomewhere(world, log, below, modes, floor);
  while (world.faults.length === 0 && world.answer());
  return { world, unfinished: [...world.listeners.values()].filter((l) => l.got < l.wanted.length || !l.started || !l.caughtUp) };
}

describe('every subscriber gets exactly the events of its table and range above its start, in order and once', () => {
  test.each([
    ['one mode', {}],
    ['two modes', { modes: [0, 1] }],
    ['two modes, with marks that the router makes', { modes: [0, 1], markBytes: 10 }],
    ['several hosts: nothing is held', { shared: true, modes: [0, 1] }],
  ] as [string, Partial<SourceRouterOptions>][])('%s', (_name, options) => {
    let replays = 0;
    let marksBehind = 0;
    for (let seed = 1; seed <= RUNS; seed++) {
      const { world, unfinished } = run(seed, options);
      expect(world.faults, `seed ${seed}`).toEqual([]);
      expect(world.ended, `seed ${seed} ended`).toBe(true);
      expect(unfinished, `seed ${seed}`).toEqual([]);
      expect(world.router.inspect()).toMatchObject({ heldBytes: 0, behind: 0 });
      replays += world.opened;
      marksBehind += world.marksBehind;
    }
    if (options.markBytes === undefined) expect(marksBehind).toBe(0);
    else expect(marksBehind).toBeGreaterThan(RUNS);
    expect(replays).toBeGreaterThan(RUNS);
  });
});
