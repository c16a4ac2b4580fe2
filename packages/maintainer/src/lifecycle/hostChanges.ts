import type { HostId, HostsChanged } from '@tidegate/protocol';
import type { Changefeed } from '../changefeed.js';
import { HostsError } from '../errors.js';

/**
 * T-9, T-10: takes the set of hosts that are alive. One that is missing is lost: its tasks wait for another host, and
 * whatever it said counts no more. One that is new is asked what it has. A maintainer that is going only takes note of
 * those that are lost (F-11). Throws {@link HostsError} when the maintainer's own host is missing.
 */
export function changeHosts(
  changefeed: Changefeed,
  { hosts: alive }: HostsChanged,
  isGoing: boolean,
): { readonly lost: readonly HostId[]; readonly joined: readonly HostId[] } {
  const { hosts, bootstrapper, pipelines } = changefeed;
  const names = new Set(alive.map(({ host }) => host));
  if (!names.has(hosts.name(0))) throw new HostsError(hosts.name(0));
  const lost: HostId[] = [];
  const joined: HostId[] = [];
  for (const host of hosts.alive()) {
    const name = hosts.name(host);
    if (names.has(name)) continue;
    lost.push(name);
    hosts.lose(host);
    bootstrapper.leave(name);
    if (!isGoing) for (const pipeline of pipelines) pipeline.hostLost(host);
  }
  if (isGoing) return { lost, joined };
  for (const { host: name, coordinator } of alive) {
    if (hosts.indexOf(name) >= 0) continue;
    if (hosts.join(name, coordinator, (index) => pipelines.some(({ table }) => table.countOfHost(index) > 0)) < 0) continue;
    bootstrapper.join(name);
    joined.push(name);
  }
  return { lost, joined };
}
