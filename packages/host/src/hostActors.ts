import { inspect } from 'node:util';
import type { HostsChanged, StartChangefeed } from '@tidegate/protocol';
import type { ActorPlacement, Address, RemoteAddress, System, Topology } from '@tidegate/runtime';
import { HostError } from './errors.js';
import { type CheckedHostOptions, checkOptions, type HostOptions } from './options.js';
import { startOf } from './replacement.js';
import type { StartSnapshot } from './sourceMessages.js';
import { COORDINATOR, hostTopology, MAINTAINER, SOURCE } from './topology.js';

/** Milliseconds that the source has to answer. */
const ASK_DEADLINE = 5_000;

/** How a peer is made that stands for an actor of another host: what its placement says beside the address. */
export type PeerPlacement = Pick<ActorPlacement, 'module' | 'factory' | 'create' | 'options'>;

/** One host of a changefeed that has several. */
export interface HostActorsOptions extends HostOptions {
  /** Name of this host; the others know it by it. */
  readonly name: string;
  /**
   * Every host that takes part, now or later. The first has the maintainer and the table trigger; the others talk to it
   * only, and need to know no more than its name and their own.
   */
  readonly hosts: readonly string[];
  /** Makes the peer for an actor of another host: on one thread usually `createPeer` over the host's gate. */
  readonly peer: (remote: RemoteAddress) => PeerPlacement;
}

/**
 * The actors of one host among several, for any binding: source, workers and coordinator, the maintainer on its own host, and
 * peers for whoever of them lives elsewhere. Each host reads the same log, so the source must be one that can be
 * read again (`Source.replayable`): what is not served here is passed over, and what comes here later is read once more.
 *
 * @throws HostError `HOST_OPTION`
 */
export function hostActors(options: HostActorsOptions): Topology {
  const { name, hosts, peer } = options;
  checkNames(options);
  const topology = hostTopology(checked(options));
  const [home, ...others] = hosts as [string, ...string[]];
  const isHome = name === home;
  const peers = isHome ? others.map((host) => ({ address: coordinatorOf(host), ...peer({ host, actor: COORDINATOR }) })) : [];
  const place = (actor: ActorPlacement): readonly ActorPlacement[] => {
    if (actor.address === SOURCE) return [{ ...actor, options: { ...(actor.options as object), shared: true } }];
    if (actor.address !== MAINTAINER) return [actor];
    return isHome ? [actor, ...peers] : [{ address: MAINTAINER, ...peer({ host: home, actor: MAINTAINER }) }];
  };
  const capacityBytes = topology.links.find(({ from }) => from === MAINTAINER)?.capacityBytes;
  const ways = peers.flatMap(({ address }) => [
    { from: MAINTAINER, to: address },
    { from: address, to: MAINTAINER },
  ]);
  return {
    ...topology,
    // A peer's transport lives by its thread's event loop.
    threads: topology.threads.map((thread) => ({ ...thread, actors: thread.actors.flatMap(place), parking: 'event-loop' })),
    links: [...topology.links, ...ways.map((way) => ({ ...way, ...(capacityBytes !== undefined && { capacityBytes }) }))],
  };
}

/** The hosts that are alive, the maintainer's first, as its `hosts` message names them. */
export function hostsOf(names: readonly string[]): HostsChanged['hosts'] {
  return names.map((host, index) => ({ host, coordinator: index === 0 ? COORDINATOR : coordinatorOf(host) }));
}

/**
 * Starts the changefeed on its maintainer's host, over `alive`, of which it is the first: where that
 * host's source was opened, with the tables that exist there. Returns that ts. What becomes of it is told by the system, as `event`.
 *
 * @throws HostError `HOST_REWIND` for a source that cannot be read again; RuntimeError when the source does not answer.
 */
export async function startChangefeed(
  system: Pick<System, 'ask' | 'send'>,
  options: HostActorsOptions,
  alive: readonly string[] = options.hosts,
): Promise<bigint> {
  if ((await system.ask(SOURCE, { type: 'can-replay' }, { deadline: ASK_DEADLINE })) !== true)
    throw new HostError('HOST_REWIND', 'several hosts need a source that can be read again (Source.replayable)');
  const snapshot = (await system.ask(SOURCE, { type: 'source-snapshot' }, { deadline: ASK_DEADLINE })) as StartSnapshot;
  const own = checked(options);
  const start = { ...startOf(own, own.epoch, snapshot), hosts: hostsOf(alive) };
  await system.send(MAINTAINER, start satisfies StartChangefeed);
  return snapshot.startTs;
}

/** Whoever runs several hosts decides what a death means: unless he says otherwise, a thread that dies is a fault of its system. */
function checked({ hosts: _hosts, peer: _peer, ...own }: HostActorsOptions): CheckedHostOptions {
  return checkOptions({ restarts: 0, ...own });
}

/** Address, on the maintainer's host, of the peer for the coordinator of another one. */
function coordinatorOf(host: string): Address {
  return `${host}/${COORDINATOR}`;
}

function checkNames({ name, hosts, peer }: HostActorsOptions): void {
  const refuse = (option: string, value: unknown, expected: string): never => {
    throw new HostError('HOST_OPTION', `option '${option}' is ${inspect(value)}; it must be ${expected}`);
  };
  const isList = Array.isArray(hosts) && hosts.every((host: unknown) => typeof host === 'string' && host !== '');
  if (!isList || hosts.length === 0) refuse('hosts', hosts, "a list of names of hosts, the maintainer's first");
  if (new Set(hosts).size < hosts.length) refuse('hosts', hosts, 'a list that names each host once');
  if (!hosts.includes(name)) refuse('name', name, `one of the hosts ${hosts.join(', ')}`);
  if (typeof peer !== 'function') refuse('peer', peer, 'a function that gives the placement of a peer');
}
