/**
 * Names of things.
 *
 * A dispatcher has two names. Its *id* is 128 random bits and is unique for ever. Its *handle* is a dense index that the
 * maintainer gives out when it creates the task; together with a generation it names the same dispatcher on lanes and
 * in flat tables, where 16 bytes and a hash per status would be the whole cost. A handle is reused only under the next
 * generation, so a late status of a former owner is recognised instead of being taken for the new one's.
 */

/** 128 random bits as 32 lower-case hexadecimal digits. */
export type DispatcherId = string;

/** Physical table id; 0 is the table trigger's reserved table. A safe non-negative integer. */
export type TableId = number;

/** Schema (database) id; 0 is the table trigger's reserved schema. A safe non-negative integer. */
export type SchemaId = number;

/** Name of one host (the parent's "node"). */
export type HostId = string;

/** The reserved table of the table trigger ("T0" in the rules). */
export const TRIGGER_TABLE_ID: TableId = 0;

/** The reserved schema of the table trigger. */
export const TRIGGER_SCHEMA_ID: SchemaId = 0;

/** The default pipeline (0) and the redo pipeline (1): two parallel worlds that share hosts, queues and messages. */
export const Mode = { DEFAULT: 0, REDO: 1 } as const;
export type Mode = (typeof Mode)[keyof typeof Mode];

/** Handle of the table trigger of each mode. Ordinary dispatchers start at {@link FIRST_HANDLE}. */
export const TRIGGER_HANDLE: Readonly<Record<Mode, number>> = { 0: 0, 1: 1 };

/** The first handle that an ordinary dispatcher may have. */
export const FIRST_HANDLE = 2;

/** Largest handle: 2^24 - 1, some sixteen million dispatchers a changefeed. */
export const MAX_HANDLE: number = 0xff_ffff;

/** A dispatcher as flat tables and lanes know it. `generation` is an unsigned 32-bit number. */
export interface DispatcherRef {
  readonly handle: number;
  readonly generation: number;
}

/** Makes a dispatcher id from a source of 32-bit random words; actors pass the seeded source of their context. */
export function makeDispatcherId(nextUint32: () => number): DispatcherId {
  let id = '';
  for (let word = 0; word < 4; word++) id += (nextUint32() >>> 0).toString(16).padStart(8, '0');
  return id;
}

/** True when `handle` is that of a table trigger, of either mode. */
export function isTrigger(handle: number): boolean {
  return handle < FIRST_HANDLE;
}
