import type { BlockFacts, EventKey } from './blockEvent.js';
import type { DispatcherId, HostId, Mode, SchemaId } from './ids.js';
import type { BootstrapSpan, ComponentStatuses, DispatcherConfig, MergeJournalEntry, RunningError, Watermark } from './spans.js';

/*
 * Messages are immutable once sent and belong to their receiver. Block statuses from a worker to the coordinator are no
 * messages: they are fixed records (statusLayout.ts).
 */

// ---------------------------------------------------------------- answers

/** Which dispatchers an answer is for. */
export type AnswerTarget =
  | { readonly type: 'all' }
  | { readonly type: 'db'; readonly schemaId: SchemaId }
  | {
      readonly type: 'normal';
      readonly handle: Uint32Array;
      readonly generation: Uint32Array;
      /** Where stretches of neighbours end in `handle` ({@link stretchesOf}). Absent: not said. Stays within a process. */
      readonly stretches?: Uint32Array;
    };

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
  /** All rows are of one event and one stage, and stretches of neighbours end at these rows of `handle` ({@link stretchesOf}). Absent: not said. */
  readonly stretches?: Uint32Array;
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
  /**
   * K-9: among `statuses` are dispatchers that stopped unasked, of which nobody else would tell. The heartbeat is repeated,
   * and their bound on the watermark stays, until a {@link HeartbeatTaken} of this epoch names the number.
   */
  readonly confirm?: number;
  /** Only the checkpoint is waited for: it is to be computed at once. */
  readonly hurry?: true;
}

export interface BootstrapResponse {
  readonly type: 'bootstrap-response';
  readonly from: HostId;
  readonly epoch: number;
  /** Of the request: what a former process under this name was asked must not answer for the next one. */
  readonly join?: number;
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
  /** The same of the redo pipeline's trigger. Absent: 0. */
  readonly redoCheckpointTs?: bigint;
  /** Unfinished merges (F-10); in the first part of a response in parts. */
  readonly merges?: readonly MergeJournalEntry[];
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

/** K-11: the redo log says that everything at or below `resolvedTs` is durable everywhere. Coalesced: the largest counts. */
export interface RedoProgress {
  readonly type: 'redo-progress';
  readonly from: HostId;
  readonly epoch: number;
  readonly resolvedTs: bigint;
}

export type CoordinatorToMaintainer =
  | BlockStatusRequest
  | RedoProgress
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
  /** T-10: for the maintainer this is the so manieth coming of a host. Absent: the host was there from the start. */
  readonly join?: number;
  /** Only to the maintainer's own host: the table trigger to create (S-1). */
  readonly trigger?: DispatcherConfig;
  /** The trigger of the redo pipeline, where there is one. */
  readonly redoTrigger?: DispatcherConfig;
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

/**
 * Put several dispatchers of one table together on the host where they all live (T-6 to T-8). Where the target starts is
 * decided there, once every source stands still; the `startTs` of `target` says nothing.
 */
export interface MergeRequest {
  readonly type: 'merge';
  readonly epoch: number;
  readonly target: DispatcherConfig;
  /** At least two, in key order. */
  readonly sources: readonly { readonly id: DispatcherId; readonly handle: number; readonly generation: number }[];
}

/** K-11: what the redo log is to write down of itself; to the maintainer's own host. */
export interface RedoMetaRequest {
  readonly type: 'redo-meta';
  readonly epoch: number;
  readonly resolvedTs: bigint;
  readonly checkpointTs: bigint;
}

/** K-11: the global redo ts has moved; default dispatchers may go up to it (D-46). To every host. */
export interface RedoForward {
  readonly type: 'redo-forward';
  readonly epoch: number;
  readonly resolvedTs: bigint;
}

/** The committed checkpoint, for sinks that persist it (K-12). */
export interface CheckpointMessage {
  readonly type: 'checkpoint';
  readonly epoch: number;
  readonly checkpointTs: bigint;
}

/** A heartbeat that asked for it (`confirm`) was handled, with all its component statuses. */
export interface HeartbeatTaken {
  readonly type: 'heartbeat-taken';
  readonly epoch: number;
  readonly confirm: number;
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
  | MergeRequest
  | RedoMetaRequest
  | RedoForward
  | CheckpointMessage
  | HeartbeatTaken
  | CloseRequest
  | StaleEpochNotice;
