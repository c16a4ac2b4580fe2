import { Packr, RESET_BUFFER_MODE } from 'msgpackr/pack';
import { CodecError } from '../errors.js';
import { messageType } from './messageType.js';
import { hashText } from './random.js';

/** Room for shapes that one message describes by itself. */
const OWN_STRUCTURES = 32;
/** Frames up to this size are copied into memory that is used again; it grows with the largest that came. */
const SCRATCH_BYTES = 64 * 1_024;
const MAX_SCRATCH_BYTES = 1_024 * 1_024;

/**
 * Messages as bytes (MessagePack). Shapes in the fixed list of structures travel as a number and their values; any other
 * shape describes itself within its message. Nothing is learned while running: two sides that learned on their own would
 * decode each other's frames to wrong objects without an error.
 *
 * Kept exactly: bigints of any size (a bigint stays one, however small), numbers but for the sign of zero, typed arrays (in
 * memory of their own), `undefined`, Map, Set, Date. Class instances become plain objects. Functions and symbols cannot
 * travel.
 */
export class Codec {
  /** What both sides must agree on, as a 32-bit number for the lane's header. */
  readonly fingerprint: number;
  readonly #packr: Packr;
  #scratch = new Uint8Array(SCRATCH_BYTES);

  constructor(structures: readonly (readonly string[])[] = []) {
    this.fingerprint = hashText(JSON.stringify(structures));
    this.#packr = new Packr({
      // Given as `structures`, a list of more than 32 encodes to ids that do not decode; loaded this way it does.
      getStructures: () => structures.map((names) => [...names]),
      // Exactly as many as the list has: a free place would be filled with a learned structure.
      maxSharedStructures: structures.length,
      maxOwnStructures: OWN_STRUCTURES,
      useRecords: true,
      moreTypes: true,
      copyBuffers: true,
      int64AsType: 'bigint',
      // Else it would arrive as undefined.
      writeFunction: () => {
        throw new TypeError('a function cannot travel');
      },
    });
  }

  /**
   * The message as bytes, valid until the next call.
   *
   * @throws CodecError when it holds what cannot travel (a function, a symbol).
   */
  encode(message: unknown): Uint8Array {
    try {
      // The buffer is used again for the next message: who calls copies out before.
      return this.#packr.pack(message, RESET_BUFFER_MODE);
    } catch (error) {
      throw new CodecError(`message '${messageType(message)}' cannot be encoded: ${text(error)}`, { cause: error });
    }
  }

  /**
   * Decodes `length` bytes at `offset`. They are copied out first: the decoder must not see memory that others write.
   *
   * @throws CodecError when they are no message.
   */
  decode(bytes: Uint8Array, offset: number, length: number): unknown {
    const copy = length <= MAX_SCRATCH_BYTES ? this.#scratchOf(length) : new Uint8Array(length);
    copy.set(bytes.subarray(offset, offset + length));
    try {
      return this.#packr.unpack(copy, length);
    } catch (error) {
      throw new CodecError(`a frame of ${length} bytes cannot be decoded: ${text(error)}`, { cause: error });
    }
  }

  #scratchOf(length: number): Uint8Array {
    if (length > this.#scratch.length) this.#scratch = new Uint8Array(Math.min(length * 2, MAX_SCRATCH_BYTES));
    return this.#scratch;
  }
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
