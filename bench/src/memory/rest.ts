import { type HostActorsOptions, hostActors, startChangefeed } from '@tidegate/host';
import { createLocal, type LocalSystem, type Topology } from '@tidegate/runtime';
import { quietHost, untilReplicating } from '../quiet/quietHost.js';
import { between, type Held, held } from './held.js';
import type { MemoryAnswer } from './memoryProcess.js';

/** What a host has before it has tables: a few, so that everything is loaded and made. */
const FEW = 8;
const NAME = 'h1';

/**
 * What `tables` dispatchers at rest hold, in all actors of a host together: source router, dispatchers, coordinator, maintainer.
 * They run on this thread, so one look at one heap has all of it; they are the very actors that a host runs on several.
 */
export async function heldAtRest(tables: number): Promise<MemoryAnswer> {
  // One after the other, and each in a function of its own: what is left behind by one would count as the other's.
  const before = await heldBy(FEW);
  const { all, heap, buffers } = between(before, await heldBy(tables));
  const more = tables - FEW;
  return { 'at rest': all, 'a dispatcher': all / more, 'in the heap': heap / more, 'in typed arrays': buffers / more };
}

async function heldBy(tables: number): Promise<Held> {
  const system = await rested(tables);
  const found = await held();
  await system.terminate();
  return found;
}

async function rested(tables: number): Promise<LocalSystem> {
  const options: HostActorsOptions = {
    ...quietHost(tables, 1),
    name: NAME,
    hosts: [NAME],
    peer: () => {
      throw new Error('a single host has no peers');
    },
  };
  const system = await createLocal(alone(hostActors(options)));
  await startChangefeed(system, options);
  await untilReplicating(async () => maintainerOf(await system.inspect()), tables);
  return system;
}

/** One host alone has what it was started with asked once, and keeps it no longer. */
function alone(topology: Topology): Topology {
  const threads = topology.threads.map((thread) => ({
    ...thread,
    actors: thread.actors.map((actor) =>
      actor.address === 'source' ? { ...actor, options: { ...(actor.options as object), shared: false } } : actor,
    ),
  }));
  return { ...topology, threads };
}

type Inspected = Awaited<ReturnType<LocalSystem['inspect']>>;

function maintainerOf({ threads }: Inspected): unknown {
  const actors = threads.flatMap((thread) => (thread.state === 'running' ? thread.actors : []));
  return actors.find(({ address }) => address === 'maintainer')?.detail;
}
