import type { DdlEvent, RedoMeta, RouteAdmit, SyncPointEvent, TableInfo } from '@tidegate/protocol';

/** Where changes come from. A source module, given by URL, exports `createSource`. */
export type SourceFactory = (options: unknown) => Source | Promise<Source>;

/** What exists at the ts where a source opens. */
export interface SourceSnapshot {
  /** The ts it opened at: everything at or below it is not delivered. */
  readonly startTs: bigint;
  readonly tables: readonly (TableInfo & { readonly splittable: boolean })[];
  /** Which table has which target at `startTs`. Absent: names are not routed, and admissions of DDLs mean nothing. */
  readonly routes?: readonly RouteAdmit[];
}

/** One element of a source, in commit order. */
export type SourceEvent =
  | {
      readonly type: 'rows';
      readonly tableId: number;
      readonly commitTs: bigint;
      /** Row changes in `bytes`. */
      readonly count: number;
      /** The change in the source's own encoding; handed on as it is to the worker that owns the table. */
      readonly bytes: Uint8Array;
      /**
       * Where the change lies in its table's key order: bytes that compare as the keys do. Needed for tables that are
       * splittable; all rows of such a change have this key. A row that changes its key is two changes.
       */
      readonly key?: Uint8Array;
    }
  | DdlEvent
  | SyncPointEvent
  /** Nothing at or below `ts` follows. */
  | { readonly type: 'resolved'; readonly ts: bigint };

/**
 * A source of changes, pulled by the host's source thread. Timestamps never go back; table and schema ids are the
 * source's, unique and never reused, and follow renames. After an error the source is closed and read no further.
 */
export interface Source {
  /**
   * A further source made from the same options and opened at an earlier ts delivers the same events again. What starts
   * behind the stream needs that: a dispatcher that moved, the successor of a worker that died. Default: no.
   */
  readonly replayable?: boolean;
  /** Opens behind `startTs` (0: from the beginning). Called once, before the first read. */
  open(options: { readonly startTs: bigint; readonly signal: AbortSignal }): Promise<SourceSnapshot>;
  /** The next events, at least one; null at the end of a finite source. */
  read(): Promise<readonly SourceEvent[] | null>;
  close(): Promise<void>;
}

/** Where changes go. A sink module, given by URL, exports `createSink`; it runs in the dispatchers' worker thread. */
export type SinkFactory = (options: unknown, context: SinkContext) => Sink | Promise<Sink>;

export interface SinkContext {
  /** Name of the worker, `worker-0` …: several workers have a sink each. */
  readonly worker: string;
  /** Aborted when the host stops without draining, or may not write any more (F-12): give up what is under way. */
  readonly signal: AbortSignal;
}

/**
 * Changes of one table, in commit order, in the source's encoding. Valid until the promise of `write` settles, or until `write`
 * returns for a sink that `copies`; then their memory holds other rows.
 */
export interface TableRows {
  readonly table: TableInfo;
  /** Number of changes. A change is one message of the source and holds one or more rows of one transaction. */
  readonly length: number;
  commitTs(index: number): bigint;
  /** Rows in change `index`. */
  rows(index: number): number;
  /** Bytes of change `index`. A view: copy what outlives the write. */
  bytes(index: number): Uint8Array;
}

/**
 * A sink. Rows of one key come in commit order; so do all rows of a table that one dispatcher serves. Where a table is split,
 * several dispatchers of one worker may serve its parts with this one sink: their writes mix, each part in its own order.
 * `execute` is called only when every influenced table is flushed below the DDL, all its parts, and none has written above
 * it. A rejected promise stops the changefeed with that error (D-33). Rows may come again after a restart, and so may a DDL:
 * record it to apply it once.
 */
export interface Sink {
  /** When a dispatcher may take further rows: once `write` was called (`enqueue`, the default) or once its rows are durable (`flush`). */
  readonly wakeOn?: 'enqueue' | 'flush';
  /** `write` copies what it keeps before it returns: its rows are valid only until then, and their memory is used again sooner. */
  readonly copies?: boolean;
  /** Takes rows. Settles when they are durable; returning nothing means they are already. */
  write(rows: TableRows): void | Promise<void>;
  /**
   * Settles when everything written for the table before this call is durable (D-20), by whichever of its dispatchers;
   * without a table, for every table of this worker. Other parts of the table may be written meanwhile.
   */
  flush(table: TableInfo | undefined): void | Promise<void>;
  /** Executes a DDL, exactly once per event and epoch. */
  execute(ddl: DdlEvent): void | Promise<void>;
  /** Told once per sync point, everything at or below it flushed and nothing above it. */
  syncPoint?(event: SyncPointEvent): void | Promise<void>;
  /**
   * Dispatchers of this worker pass a DDL that another dispatcher executed; `tables` has the new state. Called once per
   * event and worker, before the first of them goes on, however many parts of a table pass here; also on the worker whose
   * sink executed it, if others pass there. A dispatcher that comes to this worker later and meets the event tells it again.
   */
  pass?(event: DdlEvent): void | Promise<void>;
  /**
   * The stream of a dispatcher begins at `startTs`: of the table, or of a part of it. Rows of what it serves that lie above
   * `startTs` may come again, from this sink or another. Called for every such stream, the first of a new table included
   * (nobody on a worker can know what other workers have written), and before any of its rows. Nothing is to be undone: other
   * parts of the table may have been written further already, and go on. Not called for the table trigger. A throw stops the
   * changefeed like a rejected write.
   *
   * T-12, ours: a sink is not asked where to begin and cannot move the start; what it has executed or written before it
   * recognises when it comes again.
   */
  restart?(table: TableInfo, startTs: bigint): void;
  /** Redo sinks: writes down how far the redo log and the default pipeline are (K-11). Settles when that is durable. */
  meta?(meta: RedoMeta): void | Promise<void>;
  /** The checkpoint of the whole changefeed: everything at or below it is durable everywhere. Called on one worker only. */
  checkpoint?(ts: bigint): void | Promise<void>;
  close(): void | Promise<void>;
}
