/** The operations on shared memory of which the explorer makes steps. */
export const LOAD = 0;
export const STORE = 1;
export const ADD = 2;
export const SUB = 3;
export const COMPARE_EXCHANGE = 4;
export const NOTIFY = 5;
export const WAIT = 6;
/** Not atomic: of a word, and of one byte of it. */
export const READ = 7;
export const WRITE = 8;
export const WRITE_BYTE = 9;

export const OPERATION_NAMES: readonly string[] = [
  ...['load', 'store', 'add', 'sub', 'compareExchange', 'notify', 'waitAsync', 'read', 'write', 'write byte'],
];

export function isAtomic(operation: number): boolean {
  return operation < READ;
}

/** Whether others can tell that it was done; or it is a wait, after which the next operation may never come. */
export function leavesTraces(operation: number): boolean {
  return operation !== LOAD && operation !== READ;
}

/** What a {@link WAIT} comes to. `ASLEEP` only at first: the result is there once somebody has woken the sleeper. */
export const NOT_EQUAL = 0;
export const WOKEN = 1;
export const TIMED_OUT = 2;
export const ASLEEP = -1;

/**
 * Performs one operation for the code under exploration, and returns its result. `place` is the number of a word;
 * `value` what is stored, added, expected of a wait or a compareExchange; `other` the replacement of a compareExchange,
 * or which byte.
 */
export type Operate = (operation: number, place: number, value: number, other: number) => number;

/** Thrown out of an operation to leave a course where it stands. */
export class Suspended extends Error {
  static readonly signal: Suspended = new Suspended('this course is left here');
}
