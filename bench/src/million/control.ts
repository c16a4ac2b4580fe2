/**
 * What the benchmark, its source and its sinks share over threads: one small shared memory.
 *
 * ```
 *  word 0  commands given so far; the source waits for it to move
 *  word 1  kind of the command, word 2  its argument
 *  word 3  sync points that a sink was told   word 4  DDLs executed   word 5  DDLs told as passed
 *  word 6  streams begun
 * ```
 */
export const Word = { SEQUENCE: 0, KIND: 1, ARGUMENT: 2, SYNC_POINTS: 3, EXECUTED: 4, PASSED: 5, STREAMS: 6 } as const;
const WORDS = 8;

/** What the source is to deliver next. */
export const Command = {
  /** A sync point: everybody takes part. */
  SYNC_POINT: 1,
  /** A DDL that alters the schema of the argument. */
  ALTER_SCHEMA: 2,
  /** As many DDLs as the argument says, of two tables each and without the table trigger. */
  PAIRS: 3,
  /** One DDL that names as many tables as the argument says. */
  WIDE: 4,
  /** A DDL that drops the schema of the argument. */
  DROP_SCHEMA: 5,
} as const;
export type Command = (typeof Command)[keyof typeof Command];

export function makeControl(): SharedArrayBuffer {
  return new SharedArrayBuffer(WORDS * 4);
}

/** Has the source deliver something. One command at a time: the events of the last one must have been seen. */
export function give(control: Int32Array, command: Command, argument: number): void {
  Atomics.store(control, Word.KIND, command);
  Atomics.store(control, Word.ARGUMENT, argument);
  Atomics.add(control, Word.SEQUENCE, 1);
  Atomics.notify(control, Word.SEQUENCE);
}
