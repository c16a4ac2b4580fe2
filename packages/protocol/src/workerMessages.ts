import type { BlockFacts, EventKey } from './blockEvent.js';
import type { ConfigColumns } from './configColumns.js';
import type { Mode } from './ids.js';
import type { Answer } from './maintainerMessages.js';
import type { BootstrapSpan, ComponentStatuses, DispatcherConfig } from './spans.js';

// ---------------------------------------------------------------- coordinator -> dispatchers of a worker

/** Create dispatchers. They are in the map, with their place in the sequence, before anything else of them is heard (H-3). */
export interface CreateDispatchers {
  readonly type: 'create';
  readonly configs: readonly DispatcherConfig[];
}

/** {@link CreateDispatchers} of many complete tables at once. */
export interface CreateMany {
  readonly type: 'create-many';
  readonly columns: ConfigColumns;
}

export interface RemoveDispatchers {
  readonly type: 'remove';
  readonly handle: Uint32Array;
  readonly generation: Uint32Array;
  /**
   * Nobody is left who could acknowledge their reports: those, and the checkpoint blocker (D-42), do not hold the removal.
   * What is with the sink still does. The final checkpoint stays below every add that was not acknowledged (D-41).
   */
  readonly force?: boolean;
}

/**
 * F-12: the write path of this worker stops at once, undrained: no sink call begins any more, the sinks' signal is aborted,
 * and nothing is taken but removals and snapshots. There is no way back.
 */
export interface FenceWorker {
  readonly type: 'fence';
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
  /** With `columns`: a worker of which nothing has changed since its last complete listing says so and lists nothing. */
  readonly brief?: boolean;
}

/**
 * T-7: the sources of a merge stand still. From now on they take no event and no action; their streams stay as they are.
 * Each is WAITING_MERGE at once, and told as {@link FrozenDispatchers} when nothing of it is with the sink any more (D-48).
 */
export interface FreezeDispatchers {
  readonly type: 'freeze';
  readonly handle: Uint32Array;
  readonly generation: Uint32Array;
}

/** The merge was given up: its sources go on where they stand, as WORKING. Unknown ones, and those not frozen, are ignored. */
export interface ThawDispatchers {
  readonly type: 'thaw';
  readonly handle: Uint32Array;
  readonly generation: Uint32Array;
}

/** D-46: with redo on, default dispatchers of this worker may process events up to `resolvedTs`. It never goes back. */
export interface RedoGate {
  readonly type: 'redo-gate';
  readonly resolvedTs: bigint;
}

/** K-11: to one worker of the maintainer's own host: the redo sink writes this down, and {@link RedoMetaWritten} follows. */
export interface WriteRedoMeta {
  readonly type: 'write-redo-meta';
  readonly resolvedTs: bigint;
  readonly checkpointTs: bigint;
}

export interface SinkCheckpoint {
  readonly type: 'sink-checkpoint';
  readonly checkpointTs: bigint;
}

export type CoordinatorToWorker =
  | CreateDispatchers
  | CreateMany
  | RemoveDispatchers
  | FenceWorker
  | FreezeDispatchers
  | ThawDispatchers
  | WorkerAnswer
  | SnapshotRequest
  | SinkCheckpoint
  | RedoGate
  | WriteRedoMeta;

// ---------------------------------------------------------------- dispatchers of a worker -> coordinator

/** Precedes, on the same lane, the first status of each burst that refers to it (T-A). Idempotent. */
export interface FactsMessage {
  readonly type: 'facts';
  readonly mode: Mode;
  readonly facts: BlockFacts;
  /** The DDL changes routes, which only the table trigger tells (N-1): these facts are of others, and lack that. */
  readonly lacksAdmissions?: boolean;
}

/** Dispatchers whose component state changed, at once. */
export interface ComponentStatusMessage {
  readonly type: 'component-statuses';
  readonly statuses: ComponentStatuses;
  /** The {@link SnapshotRequest} that asked for it: by now every dispatcher has been listed. Absent: those that changed, or a part. */
  readonly snapshot?: number;
  /** With `snapshot`: the worker's last complete listing still holds, word for word. */
  readonly unchanged?: boolean;
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
  /** Only the checkpoint is waited for ({@link LaneEnd}): what this says should be passed on at once. */
  readonly hurry?: true;
}

export interface WorkerSnapshot {
  readonly type: 'worker-snapshot';
  readonly id: number;
  readonly spans: readonly BootstrapSpan[];
  /** Another part with the same id follows: all of them together are the answer. */
  readonly more?: boolean;
  /** Configs of `create` messages taken so far, as in {@link WorkerHeartbeat}: what a new coordinator goes on from. */
  readonly created?: number;
}

/** Frozen dispatchers of which nothing is with the sink any more: where each stands, for the start of the merge's target (T-6). */
export interface FrozenDispatchers {
  readonly type: 'frozen';
  readonly dispatchers: readonly {
    readonly handle: number;
    readonly generation: number;
    readonly checkpointTs: bigint;
    /** The event at which it is parked, if it is (D-51). */
    readonly parkedAt?: EventKey;
  }[];
}

/** The redo sink has written down {@link WriteRedoMeta}, durably. */
export interface RedoMetaWritten {
  readonly type: 'redo-meta-written';
  readonly resolvedTs: bigint;
}

/** A dispatcher or its sink failed; the changefeed cannot go on as it is (D-12, D-33). */
export interface WorkerError {
  readonly type: 'worker-error';
  readonly handle: number;
  readonly generation: number;
  readonly code: string;
  readonly message: string;
}

export type WorkerToCoordinator =
  | FactsMessage
  | ComponentStatusMessage
  | WorkerHeartbeat
  | WorkerSnapshot
  | FrozenDispatchers
  | RedoMetaWritten
  | WorkerError;
