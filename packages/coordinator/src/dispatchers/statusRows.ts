import { ComponentState, type DispatcherConfig, NO_WORKER } from '@tidegate/protocol';
import type { ComponentStatusRow } from '../maintainer/statusWindow.js';
import type { Placement } from './placement.js';

/** That a placed dispatcher works: said again, with the least checkpoint that is certain. */
export function workingRow(placement: Placement, handle: number): ComponentStatusRow {
  return {
    handle,
    generation: placement.generation(handle),
    state: ComponentState.WORKING,
    mode: placement.mode(handle),
    checkpointTs: placement.startTs(handle),
    seq: placement.seq(handle),
    worker: placement.worker(handle),
  };
}

/** That there is none of it here, or no more. */
export function noneRow(
  { handle, generation, mode }: Pick<DispatcherConfig, 'handle' | 'generation' | 'mode'>,
  state: ComponentState,
): ComponentStatusRow {
  return { handle, generation, state, mode, checkpointTs: 0n, seq: 0, worker: NO_WORKER };
}
