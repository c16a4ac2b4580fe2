import type { SchemaId, TableId } from './ids.js';

/** Identity of a block event: a DDL and a sync point may share a commit ts (B-1). */
export interface EventKey {
  readonly commitTs: bigint;
  readonly isSyncPoint: boolean;
}

/** Orders event keys: by ts, a DDL before a sync point at the same ts (B-1). */
export function compareEventKeys(a: EventKey, b: EventKey): number {
  if (a.commitTs !== b.commitTs) return a.commitTs < b.commitTs ? -1 : 1;
  return Number(a.isSyncPoint) - Number(b.isSyncPoint);
}

/** True when both keys name the same block event. */
export function sameEventKey(a: EventKey, b: EventKey): boolean {
  return a.commitTs === b.commitTs && a.isSyncPoint === b.isSyncPoint;
}

/** A key as a string, for maps that are not on the status path and for messages to people: `"462…433"`, `"462…433/sync"`. */
export function formatEventKey(key: EventKey): string {
  return key.isSyncPoint ? `${key.commitTs}/sync` : `${key.commitTs}`;
}

/** Which tables must all arrive before anyone proceeds, or which tables a DDL drops. */
export type Influence =
  | { readonly type: 'all' }
  | { readonly type: 'db'; readonly schemaId: SchemaId }
  | { readonly type: 'normal'; readonly tableIds: readonly TableId[] };

/** A table that a DDL adds. */
export interface AddedTable {
  readonly tableId: TableId;
  readonly schemaId: SchemaId;
  /** Whether the table may be served by several dispatchers, each with a key range. */
  readonly splittable: boolean;
}

/** A table that a DDL moves to another schema. */
export interface SchemaChange {
  readonly tableId: TableId;
  readonly oldSchemaId: SchemaId;
  readonly newSchemaId: SchemaId;
}

/** One name-level routing change, reported by the table trigger only (N-1). */
export type RouteAdmission =
  | { readonly type: 'release-schema'; readonly schema: string }
  | { readonly type: 'release'; readonly schema: string; readonly table: string }
  | {
      readonly type: 'admit';
      readonly schema: string;
      readonly table: string;
      readonly targetSchema: string;
      readonly targetTable: string;
    };

/**
 * Everything about a block event that all its participants report alike. It travels once per batch, not once per status
 * (T-A), and is immutable: whoever builds it copies every list from the event (D-23).
 */
export interface BlockFacts {
  readonly key: EventKey;
  /** Absent for a non-blocking DDL, which is reported as NONE. */
  readonly blockTables?: Influence;
  readonly drops?: Influence;
  readonly adds: readonly AddedTable[];
  readonly schemaChanges: readonly SchemaChange[];
  readonly admissions: readonly RouteAdmission[];
  /**
   * Commit ts of the DDL with admissions that the same trigger met before this one: its report may have been lost, and routes
   * change in commit order (N-2). Absent: this one has none, or is the first that the trigger met.
   */
  readonly admissionsAfter?: bigint;
}

/** What a sink needs to know of a table to place its rows. Sent when a dispatcher subscribes and with every DDL that changes it. */
export interface TableInfo {
  readonly tableId: TableId;
  readonly schemaId: SchemaId;
  readonly schema: string;
  readonly table: string;
  /** Commit ts of the last DDL that changed this table's definition or name. */
  readonly version: bigint;
  /** Whether it may be served by several dispatchers (D-11). Absent: not said, and nothing is checked. */
  readonly splittable?: boolean;
}

/** A DDL as a source delivers it. What it touches follows the table in section 3 of the protocol. */
export interface DdlEvent {
  readonly type: 'ddl';
  readonly commitTs: bigint;
  /** The statement as the source wrote it. */
  readonly query: string;
  /** Kind of statement in lower case words: `create table`, `drop table`, `rename tables`, … */
  readonly kind: string;
  /** Default schema and the table the source filed it under; either may be empty. */
  readonly schema: string;
  readonly table: string;
  /** Absent: touches no dispatcher but the one it is delivered to, and never blocks (D-18). */
  readonly blockTables?: Influence;
  readonly drops?: Influence;
  readonly adds: readonly AddedTable[];
  readonly schemaChanges: readonly SchemaChange[];
  readonly admissions: readonly RouteAdmission[];
  /** The state after this DDL of every table that it creates or changes (not of those it drops). */
  readonly tables: readonly TableInfo[];
  /** The filter keeps this DDL from the sink; it still takes part in the barrier (M-4). */
  readonly notToSync?: boolean;
  /** The source could not take this DDL: the dispatcher reports it and stays blocked (D-11). */
  readonly error?: string;
}

/** A sync point: everything at or below it is flushed and nothing above it is, once, everywhere. */
export interface SyncPointEvent {
  readonly type: 'sync-point';
  readonly commitTs: bigint;
}

/** An event at which dispatchers may have to act together. */
export type BlockEvent = DdlEvent | SyncPointEvent;

/** The identity of a block event. */
export function eventKeyOf(event: BlockEvent): EventKey {
  return { commitTs: event.commitTs, isSyncPoint: event.type === 'sync-point' };
}

/** D-24: an add list that is not empty, or drops that name something. An empty list and an empty Normal drop mean nothing. */
export function hasScheduleChanges(event: Pick<BlockFacts, 'adds' | 'drops'>): boolean {
  if (event.adds.length > 0) return true;
  const drops = event.drops;
  return drops !== undefined && (drops.type !== 'normal' || drops.tableIds.length > 0);
}

/** Builds the facts that participants report for an event, copying every list (D-23). Sync points influence All and never add or drop. */
export function blockFactsOf(event: BlockEvent, options: { readonly fromTrigger: boolean }): BlockFacts {
  if (event.type === 'sync-point') {
    return { key: eventKeyOf(event), blockTables: { type: 'all' }, adds: [], schemaChanges: [], admissions: [] };
  }
  return {
    key: eventKeyOf(event),
    ...(event.blockTables && { blockTables: copyInfluence(event.blockTables) }),
    ...(event.drops && { drops: copyInfluence(event.drops) }),
    adds: event.adds.map((add) => ({ ...add })),
    schemaChanges: event.schemaChanges.map((change) => ({ ...change })),
    // N-1: only the table trigger reports routing changes.
    admissions: options.fromTrigger ? event.admissions.map((admission) => ({ ...admission })) : [],
  };
}

function copyInfluence(influence: Influence): Influence {
  return influence.type === 'normal' ? { type: 'normal', tableIds: [...influence.tableIds] } : { ...influence };
}
