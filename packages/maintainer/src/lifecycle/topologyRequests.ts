import { type DispatcherId, Mode, type TopologyReply, type TopologyRequest } from '@tidegate/protocol';
import type { Changefeed } from '../changefeed.js';
import type { Refusal } from '../topology/contracts.js';

/**
 * Begins a change of topology in the pipelines that it is asked for, the default one first, or in none of them: what one refuses
 * the other does not begin either. That one has nothing to do (its spans lie where they are to go) is no refusal for both.
 */
export function requestTopology(changefeed: Changefeed | undefined, request: TopologyRequest): TopologyReply {
  if (changefeed === undefined) {
    return { accepted: false, code: 'NOT_RUNNING', reason: 'the changefeed does not run; wait for its `bootstrapped` event' };
  }
  const mode = 'mode' in request ? request.mode : undefined;
  const meant = [...changefeed.pipelines].reverse().filter((pipeline) => mode === undefined || pipeline.mode === mode);
  if (meant.length === 0) return { accepted: false, code: 'NO_SUCH_MODE', reason: 'the changefeed has no redo pipeline' };
  const begins: (() => readonly DispatcherId[])[] = [];
  let idle: Refusal | undefined;
  for (const { topology, mode: own } of meant) {
    const plan = topology.plan(request);
    if (typeof plan === 'function') begins.push(plan);
    else if (plan.code === 'NOTHING_TO_DO') idle ??= plan;
    else return own === Mode.REDO ? { ...plan, reason: `in the redo pipeline: ${plan.reason}` } : plan;
  }
  if (begins.length === 0 && idle !== undefined) return idle;
  return { accepted: true, spans: begins.flatMap((begin) => begin()) };
}
