/**
 * A lane in memory: six header lines of 128 bytes, then the cells. Numbers are 32-bit little-endian words.
 *
 * The two cursors lie on lines of their own, 128 bytes apart (a processor may fetch cache lines in pairs), so that
 * neither side's stores take the other side's line away.
 *
 * ```
 *  byte  word
 *     0     0  magic                    line 0: what this lane is. Written when it is made, closed
 *     4     1  layout version                   or taken over; otherwise only read.
 *     8     2  capacity in bytes
 *    12     3  reserve in bytes
 *    16     4  fingerprint
 *    20     5  producer's generation    0: never attached
 *    24     6  consumer's generation    0: never attached
 *    28     7  closed by producer       0 or 1
 *    32     8  closed by consumer       0 or 1
 *    64    16  name, 64 bytes of UTF-8, filled up with zeros
 *   128    32  tail                     line 1: stored by the producer only
 *   256    64  head                     line 2: stored by the consumer only
 *   384    96  room wanted, 0 or 1      line 3: stored by the producer only, when it waits
 *   388    97  wanted head
 *   512   128  doorbell of the consumer line 4: used where the thread brings none of its own
 *   640   160  doorbell of the producer line 5: likewise
 *   768   192  cells, 32 bytes each, a power of two of them
 * ```
 *
 * Cursors count cells, run freely through all 2^32 values and are compared by wrapping subtraction. The cell of cursor
 * `c` is number `c & (cells - 1)`. What lies in [head, tail) is published and not yet released.
 *
 * The low byte of the first word of an entry says what it is:
 *
 * ```
 *  record   one cell        word 0: free (24 bits) | 1    words 1 to 7: free
 *  frame    n >= 1 cells    word 0: 0 (24 bits)    | 2    word 1: payload bytes    then the payload, in one piece
 *  padding  to the edge     word 0: 0 (24 bits)    | 3    rest: undefined
 * ```
 *
 * A frame never runs over the edge: where it would, padding fills the cells up to it and the frame starts at cell 0.
 * Zero is no type, so memory that was never written is recognised.
 */
export const MAGIC = 0x4e4c4754;
export const LAYOUT_VERSION = 1;

export const WORD_BYTES = 4;

export const WORD_MAGIC = 0;
export const WORD_VERSION = 1;
export const WORD_CAPACITY = 2;
export const WORD_RESERVE = 3;
export const WORD_FINGERPRINT = 4;
export const WORD_PRODUCER_GENERATION = 5;
export const WORD_CONSUMER_GENERATION = 6;
export const WORD_PRODUCER_CLOSED = 7;
export const WORD_CONSUMER_CLOSED = 8;
export const NAME_OFFSET = 64;
export const NAME_BYTES = 64;

export const WORD_TAIL = 32;
export const WORD_HEAD = 64;
export const WORD_ROOM_WANTED = 96;
export const WORD_WANTED_HEAD = 97;
export const WORD_CONSUMER_DOORBELL = 128;
export const WORD_PRODUCER_DOORBELL = 160;

export const HEADER_BYTES = 768;
export const HEADER_WORDS = 192;

export const CELL_BYTES = 32;
export const CELL_WORDS = 8;
/** Shifts from a cell's number to its first word, and from bytes to cells. */
export const CELL_WORD_SHIFT = 3;
export const CELL_BYTE_SHIFT = 5;

export const TYPE_MASK = 0xff;
export const TYPE_RECORD = 1;
export const TYPE_FRAME = 2;
export const TYPE_PADDING = 3;

/** Within a frame: the word that holds its payload length, and where the payload starts. */
export const FRAME_LENGTH_WORD = 1;
export const FRAME_HEADER_BYTES = 8;

export const MIN_CAPACITY_BYTES = 4096;
/** So that the distance of two cursors, and every byte offset, fits a signed 32-bit number. */
export const MAX_CAPACITY_BYTES: number = 2 ** 30;
/** Without a `reserveBytes` of its own a lane keeps one eighth for control. */
export const DEFAULT_RESERVE_SHIFT = 3;

/**
 * A doorbell: four words on a line of their own.
 *
 * ```
 *  word 0  sequence   how often it woke someone
 *  word 1  sleepers   how many have announced that they sleep
 *  word 2  magic      (not in a lane's header, where the lane's own magic stands for it)
 *  word 3  knock      1: something came that only the event loop of who sleeps can see
 * ```
 */
export const BELL_SEQUENCE = 0;
export const BELL_SLEEPERS = 1;
export const BELL_MAGIC_WORD = 2;
export const BELL_KNOCK = 3;
export const BELL_MAGIC = 0x4c424754;
export const BELL_BYTES = 128;
