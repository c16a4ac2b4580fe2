/*
 * Words of the memory that a storm's source and sinks share with the main thread, and the few timestamps of its log.
 */

/** How far the source may go: it waits in front of the block event, and in front of its end. */
export const GO = 0;
export const TO_EVENT = 1;
export const TO_END = 2;
/** Sync points that sinks were told. */
export const SYNC_POINTS = 1;
export const WORDS = 2;

/** Everything at or below it is replicated while everybody rests. */
export const REST_TS = 1n;
/** A row of the slow table. */
export const ROW_TS = 2n;
export const EVENT_TS = 3n;

export const SLOW_TABLE = 1;

/** Options of the storm's source. */
export interface StormSourceOptions {
  readonly words: SharedArrayBuffer;
  readonly tables: number;
  /** One table has a row below the event. */
  readonly withRow: boolean;
}

/** Options of the storm's sink. */
export interface StormSinkOptions {
  readonly words: SharedArrayBuffer;
  /** Milliseconds that a flush takes; 0: at once. */
  readonly flushTime: number;
}
