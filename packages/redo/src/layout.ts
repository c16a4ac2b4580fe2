/*
 * What a segment looks like. All numbers are little-endian.
 *
 *   segment = batch, batch, …          batch = header, body          body = record, record, …
 *
 *   header   0 magic     4 number      8 offset (8)     16 length    20 crc of body
 *           24 session  28 crc of bytes 0 … 27 of the header
 *
 *   record   0 length of what follows  4 type  5 …
 *     row    5 commit ts (8)  13 table reference  17 rows  21 the change as the source encoded it
 *     table  5 reference  9 generation  13 JSON
 *     ddl    5 commit ts (8)  13 JSON
 *     sync   5 commit ts (8)
 *
 * A batch is what was synced together: all of it counts or nothing. Its number counts from 0 in the segment, its offset is
 * its own place, and its session is the number of the first segment of the writer's life, so that a header found by
 * chance, in a change or in a reused block, is not taken for one.
 *
 * A table record says what a reference means, in its segment alone and before its first use. Its generation is new in the
 * writer's life whenever a dispatcher of the table begins again: what follows may repeat what stands before.
 */

/** Offsets and size of a batch header. */
export const HEADER = {
  magic: 0,
  number: 4,
  offset: 8,
  length: 16,
  bodyCrc: 20,
  session: 24,
  headerCrc: 28,
  size: 32,
} as const;

/** `TGR` and the version of the format, 1. */
export const MAGIC = 0x0152_4754;

/** Types of records. */
export const RECORD = { row: 1, table: 2, ddl: 3, syncPoint: 4 } as const;

/** Bytes of a record before its type. */
export const LENGTH_SIZE = 4;
/** Bytes of a row record before the change. */
export const ROW_HEAD = 21;
/** Bytes of a table record before its JSON. */
export const TABLE_HEAD = 13;
/** Bytes of a DDL record before its JSON, and of a sync point record. */
export const EVENT_HEAD = 13;

/** The largest change, in bytes. Keeps every offset in a segment within 32 bits. */
export const LARGEST_CHANGE: number = 512 * 1024 * 1024;
