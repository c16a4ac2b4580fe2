import type { DdlEvent, SyncPointEvent, TableInfo } from '@tidegate/protocol';

/** A change in a redo log. */
export interface RedoRow {
  readonly type: 'row';
  readonly commitTs: bigint;
  readonly table: TableInfo;
  /** Rows that the change holds. */
  readonly rows: number;
  /** The change as the source encoded it. A view; copy what you change. */
  readonly bytes: Uint8Array;
}

/** One thing in a redo log. */
export type RedoEvent = RedoRow | DdlEvent | SyncPointEvent;
