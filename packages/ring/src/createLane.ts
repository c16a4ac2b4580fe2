import { LaneCapacityError, LaneOptionError } from './errors.js';
import {
  CELL_BYTES,
  DEFAULT_RESERVE_SHIFT,
  HEADER_BYTES,
  LAYOUT_VERSION,
  MAGIC,
  MAX_CAPACITY_BYTES,
  MIN_CAPACITY_BYTES,
  NAME_BYTES,
  NAME_OFFSET,
  WORD_CAPACITY,
  WORD_FINGERPRINT,
  WORD_HEAD,
  WORD_MAGIC,
  WORD_RESERVE,
  WORD_TAIL,
  WORD_VERSION,
} from './layout.js';

export interface LaneOptions {
  /** Bytes of cells: a power of two from 4 KiB to 1 GiB. The header comes on top. */
  readonly capacityBytes: number;
  /** What both sides must agree on to understand each other's frames, as a 32-bit number. Default 0. */
  readonly fingerprint?: number;
  /** Bytes that only control traffic may use: a multiple of 32, at most half of the capacity. Default one eighth. */
  readonly reserveBytes?: number;
  /** Named in errors. The first 64 bytes of its UTF-8 form are kept. */
  readonly name?: string;
  /** Where both cursors start, as a 32-bit number. Default 0; tests start just below the overflow. */
  readonly startCursor?: number;
}

/**
 * Makes an empty lane for one producer and one consumer.
 *
 * @throws LaneCapacityError, LaneOptionError for values out of range.
 */
export function createLane(options: LaneOptions): SharedArrayBuffer {
  const { capacityBytes, fingerprint = 0, name = '', startCursor = 0 } = options;
  if (!isPowerOfTwo(capacityBytes) || capacityBytes < MIN_CAPACITY_BYTES || capacityBytes > MAX_CAPACITY_BYTES) {
    throw new LaneCapacityError(
      `capacityBytes of lane '${name}' is ${capacityBytes}: it must be a power of two from ${MIN_CAPACITY_BYTES} to ${MAX_CAPACITY_BYTES}`,
    );
  }
  const reserveBytes = options.reserveBytes ?? capacityBytes >>> DEFAULT_RESERVE_SHIFT;
  if (reserveBytes < 0 || reserveBytes % CELL_BYTES !== 0 || reserveBytes > capacityBytes / 2) {
    throw new LaneOptionError(
      `reserveBytes of lane '${name}' is ${reserveBytes}: it must be a multiple of ${CELL_BYTES} from 0 to half of the capacity (${capacityBytes / 2})`,
    );
  }
  requireUint32('fingerprint', fingerprint, name);
  requireUint32('startCursor', startCursor, name);

  const sab = new SharedArrayBuffer(HEADER_BYTES + capacityBytes);
  const words = new Uint32Array(sab);
  words[WORD_MAGIC] = MAGIC;
  words[WORD_VERSION] = LAYOUT_VERSION;
  words[WORD_CAPACITY] = capacityBytes;
  words[WORD_RESERVE] = reserveBytes;
  words[WORD_FINGERPRINT] = fingerprint;
  words[WORD_TAIL] = startCursor;
  words[WORD_HEAD] = startCursor;
  writeName(sab, name);
  return sab;
}

function isPowerOfTwo(value: number): boolean {
  return Number.isInteger(value) && value > 0 && Number.isInteger(Math.log2(value));
}

function requireUint32(option: string, value: number, name: string): void {
  if (value >>> 0 !== value) {
    throw new LaneOptionError(`${option} of lane '${name}' is ${value}: it must be a whole number from 0 to ${0xffff_ffff}`);
  }
}

function writeName(sab: SharedArrayBuffer, name: string): void {
  // encodeInto cuts at a character; it may refuse shared memory, so by way of a copy.
  const utf8 = new Uint8Array(NAME_BYTES);
  new TextEncoder().encodeInto(name, utf8);
  new Uint8Array(sab, NAME_OFFSET, NAME_BYTES).set(utf8);
}
