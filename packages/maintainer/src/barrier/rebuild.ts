import { type BlockState, Stage } from '@tidegate/protocol';
import { eventWords } from '../span/eventSlots.js';
import { TaskState } from '../span/taskState.js';
import type { Addressed, BarrierCore } from './barrierCore.js';
import { isProvenOver } from './forwarding.js';

/** A dispatcher's pending block state in a bootstrap snapshot (D-51). */
export interface RebuiltState {
  readonly handle: number;
  readonly blockState: BlockState;
}

/**
 * S-7: makes the events again that the dispatchers stand at. WRITING and DONE put an event into its second phase, in
 * which only DONE counts; a WAITING counts only in the first (W-4a). One that does not replicate, for it is being merged or
 * removed, counts for nothing; where it waits is kept, for its successor (T-1), or for itself should the merge be given up
 * (T-7): it was acknowledged and does not report again.
 */
export function rebuild(core: BarrierCore, states: readonly RebuiltState[]): void {
  core.time = core.parts.now();
  const { table } = core;
  core.restored = table.count(TaskState.REPLICATING) > 1;
  const taking = states.filter(({ handle, blockState: { stage } }) => {
    if (stage === Stage.NONE || stage === Stage.UNKNOWN) return false;
    return table.state[handle] === TaskState.REPLICATING || (table.hasTask(handle) && stage === Stage.WAITING);
  });
  for (const { handle, blockState } of taking) {
    const { key } = blockState.facts;
    table.positions.report(handle, eventWords(key), blockState.stage);
    if (table.state[handle] !== TaskState.REPLICATING) {
      core.parked.set(handle, blockState.facts);
      continue;
    }
    const event = core.find(key) ?? core.open(blockState.facts, true);
    if (event === undefined) continue;
    if (handle === table.trigger) {
      event.triggerRelated = true;
      event.takeAdmissions(blockState.facts);
      if (!event.coverage.sized) event.coverage.size();
    }
    if (blockState.stage === Stage.WRITING) {
      event.rebuildSelected({ handle, generation: table.generation[handle]! }, false, core.time);
      // S-9: harmless when the writer is a trigger that did not survive, needed when it did.
      if (event.needsSchedule) core.heap.push({ facts: event.facts });
    } else if (blockState.stage === Stage.DONE) {
      event.rebuildSelected(undefined, true, core.time);
    }
  }
  for (const { handle, blockState } of taking) {
    const event = core.find(blockState.facts.key);
    if (event === undefined || table.state[handle] !== TaskState.REPLICATING) continue;
    const counts = event.selected ? blockState.stage === Stage.DONE : blockState.stage === Stage.WAITING;
    if (counts) event.coverage.mark(handle);
  }
}

/** S-7 and W-5: fully reported events are selected, and of the others those that somebody proves to be over are forwarded. */
export function settleRebuilt(core: BarrierCore): Addressed[] {
  core.time = core.parts.now();
  const writes: Addressed[] = [];
  for (const event of core.inOrder()) {
    // N-2: in commit order each takes its place in the queue.
    const ready = core.routes.ready(event);
    if (event.selected) continue;
    if (event.coverage.covered && ready) writes.push(core.select(event, event.coverage.reported().at(-1) ?? core.table.trigger));
    else if (isProvenOver(core, event)) event.forward(core.time);
  }
  return writes;
}
