import type { BlockFacts, EventKey } from './blockEvent.js';
import type { DispatcherId, HostId, Mode, SchemaId, TableId } from './ids.js';
import type { ComponentState, Stage } from './stage.js';

/** A half-open key range. Absent in a {@link DispatcherConfig}: the complete table. */
export interface KeyRange {
  readonly start: Uint8Array;
  readonly end: Uint8Array;
}

/** What a dispatcher is created from. */
export interface DispatcherConfig {
  readonly id: DispatcherId;
  readonly handle: number;
  readonly generation: number;
  readonly mode: Mode;
  readonly tableId: TableId;
  readonly schemaId: SchemaId;
  /** Absent: the dispatcher serves the complete table. */
  readonly range?: KeyRange;
  /** Everything at or below it is already downstream. */
  readonly startTs: bigint;
  /** D-10: drop rows (not DDLs) with commit ts exactly `startTs + 1`. */
  readonly skipDmlAsStartTs: boolean;
}

/** What a heartbeat says of the progress of many dispatchers (section 11). MAX_TS means "no constraint". */
export interface Watermark {
  readonly checkpointTs: bigint;
  readonly resolvedTs: bigint;
  /** Accounts for the first `seq` dispatchers that the coordinator created (H-3). */
  readonly seq: number;
  readonly lastSyncedTs: bigint;
}

/** Stands for a worker that is not known, in columns of workers. */
export const NO_WORKER = 0xffff;

/** Component statuses as columns, one row a dispatcher. */
export interface ComponentStatuses {
  readonly handle: Uint32Array;
  readonly generation: Uint32Array;
  /** {@link ComponentState} values. */
  readonly state: Uint8Array;
  readonly mode: Uint8Array;
  readonly checkpointTs: BigUint64Array;
  /** T-F: index of its worker in the host's list of workers, or {@link NO_WORKER}. Absent: known of none of them. */
  readonly worker?: Uint8Array | Uint16Array;
}

/** An error that stops the changefeed. */
export interface RunningError {
  /** Milliseconds of the actor's clock. */
  readonly time: number;
  readonly host: HostId;
  readonly code: string;
  readonly message: string;
}

/** Where a parked dispatcher stands, for bootstrap (D-51). */
export interface BlockState {
  readonly stage: Stage;
  readonly facts: BlockFacts;
}

/** One live dispatcher in a bootstrap snapshot. */
export interface BootstrapSpan {
  readonly config: DispatcherConfig;
  readonly state: ComponentState;
  readonly checkpointTs: bigint;
  readonly blockState?: BlockState;
  /**
   * The last block event that it finished, while its checkpoint does not show that: what follows has not come yet. Without it
   * a maintainer of the next epoch could not know that the event is over.
   */
  readonly passed?: EventKey;
  /** Its removal is under way on that host (S-3: an unfinished remove). */
  readonly removing?: boolean;
  /** T-F: index of its worker in the host's list of workers. Absent: not known. */
  readonly worker?: number;
}

/** A merge that a host has accepted and not finished (F-10): from its admission until every source is gone. */
export interface MergeJournalEntry {
  readonly target: DispatcherConfig;
  /** In key order; their ranges are consecutive. */
  readonly sources: readonly DispatcherConfig[];
}

/** How far the two worlds are durable, for the redo log's own file (K-11). */
export interface RedoMeta {
  /** Everything at or below it is in the redo log. */
  readonly resolvedTs: bigint;
  /** Everything at or below it is in the sink of the default pipeline. */
  readonly checkpointTs: bigint;
}
