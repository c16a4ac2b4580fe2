import type { AddedTable, BlockFacts, DdlEvent, EventKey, Influence, SyncPointEvent, TableInfo } from './blockEvent.js';
import type { DispatcherId, DispatcherRef, HostId, Mode, SchemaId, TableId } from './ids.js';
import type { RouteAdmit } from './routing.js';
import type { ComponentState, Stage } from './stage.js';

/*
 * Every message between actors, by the pair that exchanges it. A message is immutable once sent and belongs to its
 * receiver. Block statuses from a worker to the coordinator are not here: they are fixed records (statusLayout.ts).
 */

// ---------------------------------------------------------------- spans and dispatchers

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

/** Component statuses as columns, one row a dispatcher. */
export interface ComponentStatuses {
  readonly handle: Uint32Array;
  readonly generation: Uint32Array;
  /** {@link ComponentState} values. */
  readonly state: Uint8Array;
  readonly mode: Uint8Array;
  readonly checkpointTs: BigUint64Array;
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
}

// ---------------------------------------------------------------- answers

/** Which dispatchers an answer is for. */
export type AnswerTarget =
  | { readonly type: 'all' }
  | { readonly type: 'db'; readonly schemaId: SchemaId }
  | { readonly type: 'normal'; readonly handle: Uint32Array; readonly generation: Uint32Array };

export const Action = { WRITE: 0, PASS: 1 } as const;
export type Action = (typeof Action)[keyof typeof Action];

/** One answer to block statuses: exactly one of its optional parts is present. */
export interface Answer {
  readonly target: AnswerTarget;
  /** Stop re-sending the report of this event. */
  readonly ack?: EventKey;
  /** Not admitted right now, offer again soon. */
  readonly ignored?: EventKey;
  readonly action?: { readonly action: Action; readonly key: EventKey };
  /** T-D: the maintainer has no task for these dispatchers; stop re-sending and tell the host. */
  readonly unknown?: EventKey;
}

// ---------------------------------------------------------------- coordinator -> maintainer

/**
 * A batch of block statuses of one mode, in columns, in the order in which they were offered. Row `i` is the status of
 * dispatcher (`handle[i]`, `generation[i]`) at `events[event[i]]` in stage `stage[i]`.
 */
export interface BlockStatusRequest {
  readonly type: 'block-statuses';
  readonly from: HostId;
  readonly mode: Mode;
  /** Epoch of the maintainer it answers to (T-B). */
  readonly epoch: number;
  /** Grows by one with each request of this coordinator; the reply names it (T-I). */
  readonly seq: number;
  /** One entry an event; `facts` is present when a WAITING or NONE of the batch refers to it. */
  readonly events: readonly { readonly key: EventKey; readonly facts?: BlockFacts }[];
  readonly handle: Uint32Array;
  readonly generation: Uint32Array;
  readonly event: Uint32Array;
  /** {@link Stage} values, plus {@link STATUS_ALREADY_BIT} on a DONE for an event that lies behind the dispatcher. */
  readonly stage: Uint8Array;
}

/** Bit of a `stage` column that marks a DONE as "already done" (T-C). */
export const STATUS_ALREADY_BIT = 0x80;

export interface HeartbeatRequest {
  readonly type: 'heartbeat';
  readonly from: HostId;
  readonly epoch: number;
  readonly watermark?: Watermark;
  readonly redoWatermark?: Watermark;
  readonly statuses?: ComponentStatuses;
  /** `statuses` lists every dispatcher (H-1). */
  readonly complete: boolean;
  readonly error?: RunningError;
}

export interface BootstrapResponse {
  readonly type: 'bootstrap-response';
  readonly from: HostId;
  readonly epoch: number;
  readonly spans: readonly BootstrapSpan[];
  /**
   * A response that would not fit a lane comes in parts: which response this is a part of, and its place there from 0.
   * Absent: the whole. A part that does not continue what came before it is worthless, and so is what came before.
   */
  readonly part?: { readonly of: number; readonly index: number };
  /** Another part follows. */
  readonly more?: boolean;
  /** The trigger's start ts; 0 on hosts without the trigger (S-3). */
  readonly checkpointTs: bigint;
  readonly error?: RunningError;
}

export interface PostBootstrapResponse {
  readonly type: 'post-bootstrap-response';
  readonly from: HostId;
  readonly epoch: number;
  readonly error?: RunningError;
}

/** A request of an epoch that is not the current one was refused (T-B). */
export interface StaleEpochNotice {
  readonly type: 'stale-epoch';
  readonly from: HostId;
  /** `type` of the message that was refused. */
  readonly refused: string;
  readonly refusedEpoch: number;
  readonly currentEpoch: number;
}

/** Answer to a close request. A request of an epoch that is not the current one is answered with success and changes nothing (F-4). */
export interface CloseResponse {
  readonly type: 'close-response';
  readonly from: HostId;
  readonly epoch: number;
  /** Nothing of the changefeed is left on this host. False: it is being taken down; another response follows when it is. */
  readonly success: boolean;
}

export type CoordinatorToMaintainer =
  | BlockStatusRequest
  | HeartbeatRequest
  | BootstrapResponse
  | PostBootstrapResponse
  | CloseResponse
  | StaleEpochNotice;

// ---------------------------------------------------------------- maintainer -> coordinator

export interface AnswerRequest {
  readonly type: 'answers';
  readonly epoch: number;
  readonly mode: Mode;
  /**
   * The `seq` of the request that this is the reply to; absent on resends and on messages to other hosts. A reply says
   * that the request was handled in this epoch, which settles its DONE statuses even where B-7 gives no ack (T-I).
   */
  readonly inReplyTo?: number;
  /** In order; hints before acks before actions (B-14). May be empty (B-10). */
  readonly answers: readonly Answer[];
}

export interface BootstrapRequest {
  readonly type: 'bootstrap';
  readonly epoch: number;
  readonly startTs: bigint;
  /** Only to the maintainer's own host: the table trigger to create (S-1). */
  readonly trigger?: DispatcherConfig;
}

/** S-12: the maintainer has built its tasks; the trigger may start consuming. */
export interface PostBootstrapRequest {
  readonly type: 'post-bootstrap';
  readonly epoch: number;
}

export interface ScheduleRequest {
  readonly type: 'schedule';
  readonly epoch: number;
  readonly create: readonly DispatcherConfig[];
  /** Named by id as well, so that a host that reports Stopped for an unknown one names the right task (D-49). */
  readonly remove: readonly { readonly id: DispatcherId; readonly handle: number; readonly generation: number }[];
}

/** The committed checkpoint, for sinks that persist it (K-12). */
export interface CheckpointMessage {
  readonly type: 'checkpoint';
  readonly epoch: number;
  readonly checkpointTs: bigint;
}

export interface CloseRequest {
  readonly type: 'close';
  readonly epoch: number;
  readonly removed: boolean;
}

export type MaintainerToCoordinator =
  | AnswerRequest
  | BootstrapRequest
  | PostBootstrapRequest
  | ScheduleRequest
  | CheckpointMessage
  | CloseRequest
  | StaleEpochNotice;

// ---------------------------------------------------------------- host <-> maintainer

/** Starts the changefeed. Sent once, by the host facade. */
export interface StartChangefeed {
  readonly type: 'start';
  /** Strictly larger than that of any earlier maintainer (F-1); 1 … 2^32 - 1. */
  readonly epoch: number;
  readonly startTs: bigint;
  /** Every table that exists at `startTs`. */
  readonly tables: readonly AddedTable[];
  /** The hosts that take dispatchers; the first is the maintainer's own and gets the table trigger. */
  readonly hosts: readonly { readonly host: HostId; readonly coordinator: string }[];
  /** Who owns which target at `startTs`, an entry a table. Absent: names are not routed, and nothing is admitted (section 23). */
  readonly routes?: readonly RouteAdmit[];
}

/** Stops the changefeed: nothing is scheduled or resent any more (F-11). */
export interface StopChangefeed {
  readonly type: 'stop';
}

export type HostToMaintainer = StartChangefeed | StopChangefeed;

/** What a maintainer tells the outside. */
export type MaintainerEvent =
  | { readonly type: 'bootstrapped'; readonly epoch: number; readonly tables: number }
  | { readonly type: 'checkpoint'; readonly checkpointTs: bigint; readonly resolvedTs: bigint }
  | {
      readonly type: 'barrier';
      readonly phase: 'opened' | 'selected' | 'written' | 'completed';
      readonly key: EventKey;
      readonly mode: Mode;
      readonly influence: Influence['type'];
      /** Milliseconds of the maintainer's clock. */
      readonly at: number;
      /** Milliseconds since it was opened. */
      readonly age: number;
    }
  | {
      /** T-F: an event that stays open explains itself. */
      readonly type: 'barrier-stuck';
      readonly key: EventKey;
      readonly mode: Mode;
      readonly age: number;
      /** Some of those that are missing, with their number. */
      readonly missing: readonly {
        readonly handle: number;
        readonly tableId: TableId;
        readonly host: HostId;
        readonly state: string;
      }[];
      readonly missingCount: number;
      readonly text: string;
    }
  | {
      /**
       * N-2: a DDL would route two tables to one target. Told once for each DDL; it waits until the target is free, which
       * only an earlier DDL can bring about.
       */
      readonly type: 'route-conflict';
      readonly key: EventKey;
      readonly mode: Mode;
      /** The table that is refused, the one that has the target, and the target, as `` `schema`.`table` ``. */
      readonly source: string;
      readonly owner: string;
      readonly target: string;
      readonly text: string;
    }
  | { readonly type: 'fault'; readonly code: string; readonly message: string; readonly dump?: unknown };

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

// ---------------------------------------------------------------- coordinator <-> source

/** Start the stream of one dispatcher: everything of its table (the trigger: every DDL with T0 and every sync point) above `startTs`. */
export interface Subscribe {
  readonly type: 'subscribe';
  readonly handle: number;
  readonly generation: number;
  readonly mode: Mode;
  readonly tableId: TableId;
  readonly startTs: bigint;
  /** Address of the worker that hosts the dispatcher. */
  readonly worker: string;
}

export interface Unsubscribe {
  readonly type: 'unsubscribe';
  readonly handle: number;
  readonly generation: number;
}

export type CoordinatorToSource = Subscribe | Unsubscribe;

// ---------------------------------------------------------------- source -> dispatchers of a worker

/**
 * First event of a stream: where it starts and what the table is called. Acts as a resolved mark at `resolvedTs`.
 *
 * A stream may begin behind the lane: the source held back the table's events until its dispatcher existed. Then
 * `caughtUp` is false, lane-wide marks do not apply to this dispatcher (its own resolved ts stays where its stream is: a
 * mark would jump over rows still to come), and a {@link ResolvedMessage} that names it says when they do.
 */
export interface StreamStart {
  readonly type: 'stream';
  readonly handle: number;
  readonly generation: number;
  readonly resolvedTs: bigint;
  readonly caughtUp: boolean;
  /** Absent for the table trigger. */
  readonly table?: TableInfo;
}

/**
 * Row changes for dispatchers of one worker, in commit order, in the source's encoding: change `i` is
 * `bytes[offset[i] … offset[i + 1])`, belongs to (`handle[i]`, `generation[i]`), and holds `rows[i]` rows. All changes of
 * one transaction that belong to one dispatcher stand in one message, unless they exceed the largest message.
 */
export interface RowsMessage {
  readonly type: 'rows';
  readonly handle: Uint32Array;
  readonly generation: Uint32Array;
  readonly commitTs: BigUint64Array;
  readonly rows: Uint32Array;
  readonly offset: Uint32Array;
  readonly bytes: Uint8Array;
}

/** Delivers one block event: to every subscribed dispatcher of the worker, or to those listed. */
export interface BlockEventMessage {
  readonly type: 'block-event';
  readonly event: DdlEvent | SyncPointEvent;
  readonly target:
    | { readonly type: 'all' }
    | { readonly type: 'normal'; readonly handle: Uint32Array; readonly generation: Uint32Array };
}

/**
 * Nothing at or below `ts` follows on this lane, for any dispatcher whose stream has caught up. With `only`: a mark for
 * that one dispatcher, which has caught up with the lane by it.
 */
export interface ResolvedMessage {
  readonly type: 'resolved';
  readonly ts: bigint;
  readonly only?: DispatcherRef;
}

export type SourceToWorker = StreamStart | RowsMessage | BlockEventMessage | ResolvedMessage;
