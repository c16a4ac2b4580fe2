import type { DispatcherId, TopologyReply, TopologyRequest } from '@tidegate/protocol';
import type { Changefeed } from '../changefeed.js';

/**
 * Begins a change of topology in the pipelines that it is asked for: the default one first, and what that refuses the
 * redo pipeline does not begin either.
 */
export function requestTopology(changefeed: Changefeed | undefined, request: TopologyRequest): TopologyReply {
  if (changefeed === undefined) {
    return { accepted: false, code: 'NOT_RUNNING', reason: 'the changefeed does not run; wait for its `bootstrapped` event' };
  }
  const mode = 'mode' in request ? request.mode : undefined;
  const meant = [...changefeed.pipelines].reverse().filter((pipeline) => mode === undefined || pipeline.mode === mode);
  if (meant.length === 0) return { accepted: false, code: 'NO_SUCH_MODE', reason: 'the changefeed has no redo pipeline' };
  const spans: DispatcherId[] = [];
  for (const { topology } of meant) {
    const reply = topology.request(request);
    if (reply.accepted) spans.push(...reply.spans);
    else if (spans.length === 0) return reply;
  }
  return { accepted: true, spans };
}
