import type { DispatcherId, TopologyReply, TopologyRequest } from '@tidegate/protocol';
import type { System } from '@tidegate/runtime';
import { HostError } from './errors.js';
import { hostError } from './hostError.js';
import { MAINTAINER, SOURCE } from './topology.js';

/** Milliseconds that an actor has to answer. */
const DEADLINE = 5_000;

/**
 * Asks the maintainer for a change of topology. Whatever starts anew may start behind the source's place, so the source must be
 * one that can be read again. Throws {@link HostError} `TOPOLOGY_…` for a refusal.
 */
export async function requestTopology(system: Pick<System, 'ask'>, request: TopologyRequest): Promise<readonly DispatcherId[]> {
  const reply = await ask(system, request);
  if (reply.accepted) return reply.spans;
  throw new HostError(`TOPOLOGY_${reply.code}`, `the ${request.change} is refused: ${reply.reason}`);
}

async function ask(system: Pick<System, 'ask'>, request: TopologyRequest): Promise<TopologyReply> {
  try {
    if ((await system.ask(SOURCE, { type: 'can-replay' }, { deadline: DEADLINE })) !== true) {
      const reason = 'the source cannot be read again (Source.replayable), and what starts anew may need that';
      return { accepted: false, code: 'NOT_REPLAYABLE', reason };
    }
    return (await system.ask(MAINTAINER, request, { deadline: DEADLINE })) as TopologyReply;
  } catch (error) {
    throw hostError(error);
  }
}
