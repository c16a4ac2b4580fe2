import type { DdlEvent, SyncPointEvent, TableInfo } from './blockEvent.js';
import type { DispatcherRef, Mode, TableId } from './ids.js';
import type { KeyRange } from './spans.js';

// ---------------------------------------------------------------- coordinator <-> source

/** Start the stream of one dispatcher: everything of its table (the trigger: every DDL with T0 and every sync point) above `startTs`. */
export interface Subscribe {
  readonly type: 'subscribe';
  readonly handle: number;
  readonly generation: number;
  readonly mode: Mode;
  readonly tableId: TableId;
  readonly startTs: bigint;
  /** Absent: the complete table. With it, only the rows whose key lies in it. */
  readonly range?: KeyRange;
  /** Address of the worker that hosts the dispatcher. */
  readonly worker: string;
}

/** Many {@link Subscribe}s of complete tables at once, in order, one row a dispatcher. */
export interface SubscribeMany {
  readonly type: 'subscribe-many';
  readonly workers: readonly string[];
  /** Place in `workers`. */
  readonly worker: Uint8Array;
  readonly handle: Uint32Array;
  readonly generation: Uint32Array;
  readonly mode: Uint8Array;
  readonly tableId: Float64Array;
  readonly startTs: BigUint64Array;
}

export interface Unsubscribe {
  readonly type: 'unsubscribe';
  readonly handle: number;
  readonly generation: number;
}

export type CoordinatorToSource = Subscribe | SubscribeMany | Unsubscribe;

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

/** Many {@link StreamStart}s at once, in order, all `caughtUp`: one row a dispatcher. */
export interface StreamStarts {
  readonly type: 'streams';
  readonly handle: Uint32Array;
  readonly generation: Uint32Array;
  readonly resolvedTs: BigUint64Array;
  /** Names of schemas; `schema` is a place in it. */
  readonly schemas: readonly string[];
  readonly schema: Uint32Array;
  readonly schemaId: Float64Array;
  readonly version: BigUint64Array;
  /** The name of row `i` is `names[nameEnd[i - 1] … nameEnd[i])`, in UTF-8; of the first one from 0. */
  readonly nameEnd: Uint32Array;
  readonly names: Uint8Array;
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
  /** Where the message came over a lane: nobody looks at its bytes any more, so their memory may be used again. */
  readonly release?: () => void;
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
 * that one dispatcher, which has caught up with the lane by it; or, if `behind`, has got so far and has not caught up.
 */
export interface ResolvedMessage {
  readonly type: 'resolved';
  readonly ts: bigint;
  readonly only?: DispatcherRef;
  readonly behind?: true;
}

/**
 * The source has ended or is read no further, and its host waits for the checkpoint: what sinks keep back to gather more should
 * become durable now. Streams of dispatchers that catch up may still follow.
 */
export interface LaneEnd {
  readonly type: 'lane-end';
}

export type SourceToWorker = StreamStart | StreamStarts | RowsMessage | BlockEventMessage | ResolvedMessage | LaneEnd;
