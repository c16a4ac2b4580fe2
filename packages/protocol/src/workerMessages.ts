import type { BlockFacts } from './blockEvent.js';
import type { Mode } from './ids.js';
import type { Answer } from './maintainerMessages.js';
import type { BootstrapSpan, ComponentStatuses, DispatcherConfig } from './spans.js';

// ---------------------------------------------------------------- coordinator -> dispatchers of a worker

/** Create dispatchers. They are in the map, with their place in the sequence, before anything else of them is heard (H-3). */
export interface CreateDispatchers {
  readonly type: 'create';
  readonly configs: readonly DispatcherConfig[];
}

export interface RemoveDispatchers {
  readonly type: 'remove';
  readonly handle: Uint32Array;
  readonly generation: Uint32Array;
}

/** An answer, its `normal` targets cut down to those that live on this worker. */
export interface WorkerAnswer {
  readonly type: 'answer';
  readonly mode: Mode;
  readonly answer: Answer;
}

/** Report everything: component state, checkpoint and block state of every dispatcher (bootstrap, complete heartbeat). */
export interface SnapshotRequest {
  readonly type: 'snapshot';
  readonly id: number;
  /**
   * Component states and checkpoints are enough, as columns (complete heartbeats): the answer is one or more
   * {@link ComponentStatusMessage}, of which the last has this request's id. A {@link WorkerSnapshot} is taken as well.
   */
  readonly columns?: boolean;
}

export interface SinkCheckpoint {
  readonly type: 'sink-checkpoint';
  readonly checkpointTs: bigint;
}

export type CoordinatorToWorker = CreateDispatchers | RemoveDispatchers | WorkerAnswer | SnapshotRequest | SinkCheckpoint;

// ---------------------------------------------------------------- dispatchers of a worker -> coordinator

/** Precedes, on the same lane, the first status of each burst that refers to it (T-A). Idempotent. */
export interface FactsMessage {
  readonly type: 'facts';
  readonly mode: Mode;
  readonly facts: BlockFacts;
}

/** Dispatchers whose component state changed, at once. */
export interface ComponentStatusMessage {
  readonly type: 'component-statuses';
  readonly statuses: ComponentStatuses;
  /** The {@link SnapshotRequest} that asked for it: by now every dispatcher has been listed. Absent: those that changed, or a part. */
  readonly snapshot?: number;
}

/**
 * Progress of all dispatchers of one worker. `created` counts the configs of `create` messages taken so far, so the
 * coordinator knows which of its creations this watermark accounts for (H-3). Coalescing: the latest replaces.
 */
export interface WorkerHeartbeat {
  readonly type: 'worker-heartbeat';
  readonly created: number;
  /** MAX_TS when the worker has no dispatcher of that mode. */
  readonly checkpointTs: bigint;
  readonly resolvedTs: bigint;
  readonly lastSyncedTs: bigint;
  readonly redoCheckpointTs: bigint;
  readonly redoResolvedTs: bigint;
}

export interface WorkerSnapshot {
  readonly type: 'worker-snapshot';
  readonly id: number;
  readonly spans: readonly BootstrapSpan[];
  /** Another part with the same id follows: all of them together are the answer. */
  readonly more?: boolean;
}

/** A dispatcher or its sink failed; the changefeed cannot go on as it is (D-12, D-33). */
export interface WorkerError {
  readonly type: 'worker-error';
  readonly handle: number;
  readonly generation: number;
  readonly code: string;
  readonly message: string;
}

export type WorkerToCoordinator = FactsMessage | ComponentStatusMessage | WorkerHeartbeat | WorkerSnapshot | WorkerError;
