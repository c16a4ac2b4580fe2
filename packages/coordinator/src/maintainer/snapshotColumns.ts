import { ComponentState, type ComponentStatuses, type WorkerSnapshot } from '@tidegate/protocol';

/** A snapshot as component statuses; what is invisible in a heartbeat is left out (H-2). */
export function snapshotColumns({ spans }: WorkerSnapshot): ComponentStatuses {
  const hidden: readonly number[] = [ComponentState.INITIALIZING, ComponentState.PREPARING, ComponentState.MERGE_READY];
  const listed = spans.filter(({ state }) => !hidden.includes(state));
  return {
    handle: Uint32Array.from(listed, ({ config }) => config.handle),
    generation: Uint32Array.from(listed, ({ config }) => config.generation),
    state: Uint8Array.from(listed, ({ state }) => state),
    mode: Uint8Array.from(listed, ({ config }) => config.mode),
    checkpointTs: BigUint64Array.from(listed, ({ checkpointTs }) => checkpointTs),
  };
}
