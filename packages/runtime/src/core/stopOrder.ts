import type { Address } from '../actor.js';
import { TopologyError } from '../errors.js';
import type { Topology } from '../topology.js';

/**
 * Groups of addresses in the order in which a stop takes them. A name is an address or a thread's, which stands for its
 * actors. Actors that are not named come last, one after the other.
 */
export function stopGroups(topology: Topology, override?: Topology['stopOrder']): Address[][] {
  const groups: Address[][] = [];
  const named = new Set<Address>();
  for (const entry of override ?? topology.stopOrder ?? []) {
    const group: Address[] = [];
    for (const name of typeof entry === 'string' ? [entry] : entry) {
      for (const address of addressesOf(topology, name)) {
        if (!named.has(address)) group.push(address);
        named.add(address);
      }
    }
    groups.push(group);
  }
  for (const thread of topology.threads) {
    for (const actor of thread.actors) if (!named.has(actor.address)) groups.push([actor.address]);
  }
  return groups;
}

function addressesOf(topology: Topology, name: string): Address[] {
  const thread = topology.threads.find((candidate) => candidate.name === name);
  const isAddress = topology.threads.some(({ actors }) => actors.some(({ address }) => address === name));
  if (isAddress) return [name];
  if (thread === undefined) throw new TopologyError(`the stop order names ${name}, which is neither an actor nor a thread`);
  return thread.actors.map(({ address }) => address);
}
