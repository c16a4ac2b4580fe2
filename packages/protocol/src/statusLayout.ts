/**
 * The block status as it lies in a lane: one 32-byte cell of eight little-endian 32-bit words, written and read in place.
 *
 * ```
 *  word  31      24 23      16 15       8 7        0
 *   0   |  unused  |  flags   |  stage   | lane's  |   the low byte belongs to the lane
 *   1   |              handle                      |
 *   2   |            generation                    |
 *   3   |         commit ts, low word              |
 *   4   |         commit ts, high word             |
 *   5   |              reserved (0)                |
 *   6   |              reserved (0)                |
 *   7   |              reserved (0)                |
 * ```
 *
 * What a status says beyond its key (blocked tables, drops, adds) travels once, in a `facts` message that precedes the
 * first status of the same event on the same lane (T-A).
 */
export const STATUS_WORDS = 8;
export const STATUS_HEADER = 0;
export const STATUS_HANDLE = 1;
export const STATUS_GENERATION = 2;
export const STATUS_TS_LOW = 3;
export const STATUS_TS_HIGH = 4;

export const STATUS_STAGE_SHIFT = 8;
export const STATUS_FLAGS_SHIFT = 16;

/** Flag bits of word 0. */
export const STATUS_FLAG_SYNC_POINT = 1;
export const STATUS_FLAG_REDO = 2;
/** T-C: a DONE for an event that lies behind this dispatcher, as against one that it has just finished. */
export const STATUS_FLAG_ALREADY = 4;
