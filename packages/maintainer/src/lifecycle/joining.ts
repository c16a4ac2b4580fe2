import type { CoordinatorToMaintainer } from '@tidegate/protocol';
import type { Changefeed } from '../changefeed.js';

/** S-1, T-10: asks the hosts that owe it what they have. */
export function askForBootstrap({ bootstrapper, epoch, hosts, outlet, startTs, triggers }: Changefeed, now: number): void {
  for (const host of bootstrapper.due(now)) {
    const join = bootstrapper.joinOf(hosts.name(host));
    // S-1: only the maintainer's own host is told of the triggers.
    const rest = { ...(join !== undefined && { join }), ...(host === 0 && triggers) };
    outlet.send(host, { type: 'bootstrap', epoch, startTs, ...rest }, 'control');
  }
}

/**
 * T-10: whether a message counts. Of a host that is to join only its bootstrap response does, and that it has closed: messages
 * keep their order, so anything before the response may be of a former process under this name, whose sequence numbers and
 * dispatchers are not those of the one that is there now. What is dropped comes again, or is in the response.
 */
export function isHeard({ hosts }: Changefeed, { type, from }: CoordinatorToMaintainer): boolean {
  return type === 'bootstrap-response' || type === 'close-response' || hosts.isReady(hosts.indexOf(from));
}
