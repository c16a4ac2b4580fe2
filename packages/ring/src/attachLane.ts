import { types } from 'node:util';
import { LaneCapacityError, LaneFingerprintError, LaneGenerationError, LaneMagicError, LaneVersionError } from './errors.js';
import {
  HEADER_BYTES,
  LAYOUT_VERSION,
  MAGIC,
  NAME_BYTES,
  NAME_OFFSET,
  WORD_CAPACITY,
  WORD_CONSUMER_CLOSED,
  WORD_CONSUMER_GENERATION,
  WORD_FINGERPRINT,
  WORD_MAGIC,
  WORD_PRODUCER_CLOSED,
  WORD_PRODUCER_GENERATION,
  WORD_VERSION,
} from './layout.js';

export type LaneSide = 'producer' | 'consumer';

/** What an attaching side expects of a lane; what is left out is not checked. */
export interface AttachOptions {
  readonly fingerprint?: number;
  readonly capacityBytes?: number;
  /** The generation that this attachment is to have: 1 for the first, one more for each successor. */
  readonly generation?: number;
  /**
   * Take the side over from a predecessor whose thread is gone. Allowed only after that thread's exit event: from then on no
   * store of the predecessor can come.
   */
  readonly takeOver?: boolean;
}

/** Checks the header. Throws; takes nothing. */
export function checkLane(sab: SharedArrayBuffer, expected: AttachOptions): void {
  if (!types.isSharedArrayBuffer(sab)) {
    throw new LaneMagicError('a lane is a SharedArrayBuffer made by createLane, got something else');
  }
  if (sab.byteLength < HEADER_BYTES) {
    throw new LaneCapacityError(`memory of ${sab.byteLength} bytes is no lane: the header alone takes ${HEADER_BYTES}`);
  }
  const words = new Uint32Array(sab, 0, HEADER_BYTES / Uint32Array.BYTES_PER_ELEMENT);
  const magic = words[WORD_MAGIC]!;
  if (magic !== MAGIC) {
    throw new LaneMagicError(`memory starts with ${hex(magic)}, not with a lane's ${hex(MAGIC)}: pass what createLane returned`);
  }
  const name = laneName(sab);
  const version = words[WORD_VERSION]!;
  if (version !== LAYOUT_VERSION) {
    throw new LaneVersionError(
      `lane '${name}' has layout version ${version}, this build reads ${LAYOUT_VERSION}: use one version of @tidegate/ring on all threads`,
    );
  }
  const capacityBytes = words[WORD_CAPACITY]!;
  if (sab.byteLength !== HEADER_BYTES + capacityBytes) {
    throw new LaneCapacityError(
      `lane '${name}' says ${capacityBytes} bytes of cells, its memory holds ${sab.byteLength - HEADER_BYTES}: pass the whole buffer`,
    );
  }
  if (expected.capacityBytes !== undefined && expected.capacityBytes !== capacityBytes) {
    throw new LaneCapacityError(`lane '${name}' has ${capacityBytes} bytes of cells, expected ${expected.capacityBytes}`);
  }
  const fingerprint = words[WORD_FINGERPRINT]!;
  if (expected.fingerprint !== undefined && expected.fingerprint !== fingerprint) {
    throw new LaneFingerprintError(
      `lane '${name}' has fingerprint ${hex(fingerprint)}, expected ${hex(expected.fingerprint)}: both sides must run the same build`,
    );
  }
}

/** Takes one side of a checked lane. Returns the generation of this attachment. */
export function takeSide(sab: SharedArrayBuffer, side: LaneSide, expected: AttachOptions): number {
  const words = new Int32Array(sab, 0, HEADER_BYTES / Int32Array.BYTES_PER_ELEMENT);
  const at = side === 'producer' ? WORD_PRODUCER_GENERATION : WORD_CONSUMER_GENERATION;
  const current = Atomics.load(words, at);
  const next = current + 1;
  if (current !== 0 && !expected.takeOver) {
    throw new LaneGenerationError(
      `the ${side} of lane '${laneName(sab)}' is attached already, as generation ${current}: once its thread has exited, attach with takeOver`,
    );
  }
  if (expected.generation !== undefined && expected.generation !== next) {
    throw new LaneGenerationError(
      `the next ${side} of lane '${laneName(sab)}' is generation ${next}, expected ${expected.generation}: somebody else took it over, or a predecessor never attached`,
    );
  }
  // Off the hot path, and against misuse only: of two that attach at the same moment one is refused.
  if (Atomics.compareExchange(words, at, current, next) !== current) {
    throw new LaneGenerationError(`the ${side} of lane '${laneName(sab)}' was attached by another thread at the same moment`);
  }
  if (expected.takeOver) Atomics.store(words, side === 'producer' ? WORD_PRODUCER_CLOSED : WORD_CONSUMER_CLOSED, 0);
  return next;
}

export function laneName(sab: SharedArrayBuffer): string {
  // A slice is a copy into memory of this thread's own: TextDecoder refuses shared memory.
  const utf8 = new Uint8Array(sab, NAME_OFFSET, NAME_BYTES).slice();
  const end = utf8.indexOf(0);
  return new TextDecoder().decode(utf8.subarray(0, end === -1 ? NAME_BYTES : end));
}

function hex(value: number): string {
  return `0x${(value >>> 0).toString(16).padStart(8, '0')}`;
}
