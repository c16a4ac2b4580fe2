import { CELL_WORDS } from '../layout.js';

/**
 * Entries whose every word and byte follows from a generation and a sequence number, so that whoever reads one can tell
 * whether it is whole, in order, and whose it is.
 */

/** A well-mixed 32-bit number. */
function mix(value: number): number {
  let x = Math.imul(value ^ (value >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}

export function writeRecord(words: Uint32Array, at: number, generation: number, sequence: number): void {
  words[at] = (words[at]! & 0xff) | (generation << 8);
  words[at + 1] = sequence;
  for (let word = 2; word < CELL_WORDS; word++) words[at + word] = Math.imul(sequence, 0x9e3779b1) ^ word;
}

export function isRecord(words: Uint32Array, at: number, generation: number, sequence: number): boolean {
  let wrong = ((words[at]! >>> 8) ^ (generation & 0xff_ffff)) | (words[at + 1]! ^ sequence);
  for (let word = 2; word < CELL_WORDS; word++) wrong |= words[at + word]! ^ Math.imul(sequence, 0x9e3779b1) ^ word;
  return wrong === 0;
}

/** Every entry is a record or a frame as its sequence says: about one frame to three records. */
export function isFrameTurn(sequence: number): boolean {
  return (mix(sequence) & 3) === 0;
}

/** Length of the frame at this sequence: mostly short, sometimes up to `longest`. */
export function frameLength(sequence: number, longest: number): number {
  const chance = mix(sequence ^ 0x5bd1e995);
  return (chance & 7) === 0 ? (chance >>> 3) % (longest + 1) : (chance >>> 3) % Math.min(200, longest + 1);
}

export function writeFrame(bytes: Uint8Array, offset: number, length: number, generation: number, sequence: number): void {
  for (let i = 0; i < length; i++) bytes[offset + i] = generation + sequence * 31 + i * 7;
}

export function isFrame(bytes: Uint8Array, offset: number, length: number, generation: number, sequence: number): boolean {
  let wrong = 0;
  for (let i = 0; i < length; i++) wrong |= bytes[offset + i]! ^ ((generation + sequence * 31 + i * 7) & 0xff);
  return wrong === 0;
}
