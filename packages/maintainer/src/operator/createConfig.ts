import { type DispatcherConfig, maxTs, Stage } from '@tidegate/protocol';
import type { SpanTable } from '../span/spanTable.js';

/** Where a dispatcher starts. */
export interface StartPoint {
  readonly startTs: bigint;
  readonly skipDmlAsStartTs: boolean;
}

/**
 * T-1, T-2: where a task's next dispatcher starts. One that stood at a sync point starts at its ts, for everything up to
 * it is flushed; one that stood at a DDL starts just before it and skips the rows at its ts, for the DDL is still to be
 * executed or passed and the rows are downstream. The committed checkpoint is never undercut (K-7).
 */
export function startPointOf(
  checkpointTs: bigint,
  committedTs: bigint,
  blockState: { readonly blockTs: bigint; readonly isSyncPoint: boolean; readonly stage: Stage } | undefined,
): StartPoint {
  let startTs = checkpointTs;
  let skipDmlAsStartTs = false;
  const blocked = blockState?.stage === Stage.WAITING || blockState?.stage === Stage.WRITING;
  if (blockState !== undefined && blocked && blockState.blockTs > 0n) {
    startTs = maxTs(checkpointTs, blockState.isSyncPoint ? blockState.blockTs : blockState.blockTs - 1n);
    skipDmlAsStartTs = !blockState.isSyncPoint && startTs + 1n === blockState.blockTs;
  }
  if (committedTs > startTs) return { startTs: committedTs, skipDmlAsStartTs: false };
  return { startTs, skipDmlAsStartTs };
}

/** What the dispatcher of a task is created from. */
export function createConfig(table: SpanTable, handle: number, committedTs: bigint): DispatcherConfig {
  const range = table.rangeOf(handle);
  // Below where it stood the trigger may have added tables that nobody knows of.
  const isTrigger = handle === table.trigger;
  return {
    id: table.idOf(handle),
    handle,
    generation: table.generation[handle]!,
    mode: table.mode,
    tableId: table.tableIdOf(handle),
    schemaId: table.schemaIdOf(handle),
    ...(range && { range }),
    ...startPointOf(table.positions.recoveryTs(handle), committedTs, isTrigger ? undefined : table.positions.blockState(handle)),
  };
}
