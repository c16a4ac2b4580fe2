import type { Mode } from './ids.js';
import type { Stage } from './stage.js';
import {
  STATUS_FLAG_ALREADY,
  STATUS_FLAG_REDO,
  STATUS_FLAG_SYNC_POINT,
  STATUS_FLAGS_SHIFT,
  STATUS_GENERATION,
  STATUS_HANDLE,
  STATUS_HEADER,
  STATUS_STAGE_SHIFT,
  STATUS_TS_HIGH,
  STATUS_TS_LOW,
  STATUS_WORDS,
} from './statusLayout.js';

// The engine loads an imported binding anew at every use, and folds a local constant: writing a status takes half as long.
const HEADER = STATUS_HEADER;
const HANDLE = STATUS_HANDLE;
const GENERATION = STATUS_GENERATION;
const TS_LOW = STATUS_TS_LOW;
const TS_HIGH = STATUS_TS_HIGH;
const STAGE_SHIFT = STATUS_STAGE_SHIFT;
const FLAGS_SHIFT = STATUS_FLAGS_SHIFT;
const CELL_WORDS = STATUS_WORDS;

/** Flags of a status from its parts. */
export function statusFlags(isSyncPoint: boolean, mode: Mode, already: boolean): number {
  return (isSyncPoint ? STATUS_FLAG_SYNC_POINT : 0) | (mode === 0 ? 0 : STATUS_FLAG_REDO) | (already ? STATUS_FLAG_ALREADY : 0);
}

/** Writes a status into the cell that starts at `at` (an index of 32-bit words); keeps the low byte of word 0, which is the lane's. */
export function writeStatus(
  words: Uint32Array,
  at: number,
  stage: Stage,
  flags: number,
  handle: number,
  generation: number,
  tsHigh: number,
  tsLow: number,
): void {
  words[at + HEADER] = (words[at + HEADER]! & 0xff) | (stage << STAGE_SHIFT) | (flags << FLAGS_SHIFT);
  words[at + HANDLE] = handle;
  words[at + GENERATION] = generation;
  words[at + TS_LOW] = tsLow;
  words[at + TS_HIGH] = tsHigh;
  words[at + 5] = 0;
  words[at + 6] = 0;
  words[at + 7] = 0;
}

/**
 * The same for `count` cells side by side, all of one event, stage and flags: dispatchers `from` on of two columns. The low byte of word 0
 * is in all of them what it is in the first, for they were claimed together.
 */
export function writeStatuses(
  words: Uint32Array,
  at: number,
  count: number,
  stage: Stage,
  flags: number,
  handles: Uint32Array,
  generations: Uint32Array,
  from: number,
  tsHigh: number,
  tsLow: number,
): void {
  const header = (words[at + HEADER]! & 0xff) | (stage << STAGE_SHIFT) | (flags << FLAGS_SHIFT);
  const end = from + count;
  for (let row = from, cell = at; row < end; row++, cell += CELL_WORDS) {
    words[cell + HEADER] = header;
    words[cell + HANDLE] = handles[row]!;
    words[cell + GENERATION] = generations[row]!;
    words[cell + TS_LOW] = tsLow;
    words[cell + TS_HIGH] = tsHigh;
    words[cell + 5] = 0;
    words[cell + 6] = 0;
    words[cell + 7] = 0;
  }
}

/** Stage of the status whose cell starts at `at`. */
export function statusStage(words: Uint32Array, at: number): Stage {
  return (((words[at + STATUS_HEADER] as number) >>> STATUS_STAGE_SHIFT) & 0xff) as Stage;
}

/** Flag bits of the status whose cell starts at `at`. */
export function statusFlagsAt(words: Uint32Array, at: number): number {
  return ((words[at + STATUS_HEADER] as number) >>> STATUS_FLAGS_SHIFT) & 0xff;
}
