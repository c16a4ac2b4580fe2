import type { DdlEvent, RedoMeta, SyncPointEvent, TableInfo } from '@tidegate/protocol';
import type { TableRows } from './contracts.js';

/** Names one piece of sink work until its last completion. Given by the group, never reused. */
export type SinkToken = number;

/**
 * What became of a piece of sink work. `enqueued`: the sink has taken the rows (not durable yet). `done`: rows are
 * durable, or the flush, DDL, sync point or pass is over. `failed` ends it too.
 */
export type SinkCompletion =
  | { readonly type: 'sink-enqueued'; readonly token: SinkToken }
  | { readonly type: 'sink-done'; readonly token: SinkToken }
  | { readonly type: 'sink-failed'; readonly token: SinkToken; readonly error: unknown };

/** What a port knows of rows when {@link SinkPort.write} returns: a completion is still to come unless they are `done`. */
export type WriteOutcome = 'pending' | 'enqueued' | 'done';

/**
 * The sink as a pure group sees it: work goes out with a token, completions come back as messages posted to the group
 * itself, so the group never waits and never meets a promise.
 */
export interface SinkPort {
  /** When a dispatcher may take further events after rows (section 3 of the conformance cases, 3.2 and 3.9). */
  readonly wakeOn: 'enqueue' | 'flush';
  /** When `write` has returned, nothing of its rows is looked at any more. */
  readonly copies?: boolean;
  /** The sink wants to hear of DDLs that its dispatchers pass. */
  readonly wantsPass: boolean;
  /** Rows of one table. Valid until the completion `done` or `failed`. */
  write(token: SinkToken, rows: TableRows): WriteOutcome;
  /** Makes everything written for the table durable; without a table, everything of this worker. */
  flush(token: SinkToken, table: TableInfo | undefined): void;
  execute(token: SinkToken, ddl: DdlEvent): void;
  syncPoint(token: SinkToken, event: SyncPointEvent): void;
  /** Only where {@link wantsPass}: once per event and worker, before the first of its dispatchers goes on. */
  pass(token: SinkToken, ddl: DdlEvent): void;
  checkpoint(token: SinkToken, ts: bigint): void;
  /** The stream of a dispatcher begins (Sink.restart). Absent: the sink does not ask. Throws what the sink throws. */
  restart?(table: TableInfo, startTs: bigint): void;
  /** K-11. Absent: this is no redo sink. */
  meta?(token: SinkToken, meta: RedoMeta): void;
}
