/**
 * Columns of the row table, and the values of its small ones.
 *
 * ```
 *  flags      bit set of Flag
 *  phase      Phase: why the stream of the row is closed, or OPEN
 *  stage      Stage of the slot (section 5): NONE empty, WAITING, WRITING
 *  place      Place: who accounts for the row's checkpoint
 *  entry      index of the event in hand, -1 none
 *  next/prev  links of the event's list of unacknowledged rows
 *  doneNext   link of the list of rows that owe a DONE
 * ```
 */
export const Flag = {
  /** The stream has begun. */
  STARTED: 0x1,
  /** No mark of the group applies yet: the stream began after the last one, or ahead of it. */
  FRESH: 0x2,
  REMOVING: 0x4,
  TRIGGER: 0x8,
  /** Serves a part of its table. */
  SPLIT: 0x10,
  /** D-10. */
  SKIP_DML: 0x20,
  /** There is a RowWork. */
  HAS_WORK: 0x40,
  /** Stands in the unacknowledged list of its event: has a retry task (D-34). */
  UNACKED: 0x80,
  /** Its WAITING is to be posted. */
  OWES_WAITING: 0x100,
  /** Its DONE for the last done key is to be posted. */
  OWES_DONE: 0x200,
  /** Answers queue (D-35 "await"). */
  PATH_CLOSED: 0x400,
  LAST_DONE_SYNC: 0x800,
  HAS_TABLE: 0x1000,
  /** Its stream lies behind the lane: marks of the group do not apply until a mark that names it (StreamStart). */
  BEHIND: 0x2000,
  /** Events wait in its inbox, older than the group's mark: the row takes the mark of each as its turn comes. */
  LAGGING: 0x4000,
} as const;

export const Phase = {
  OPEN: 0,
  /** Rows are with the sink; the wake condition is not met yet. */
  ROWS: 1,
  /** Flushing before WAITING (D-20). */
  FLUSHING: 2,
  /** Held, its slot empty: the trigger has unacknowledged reports (D-43), or it was frozen while it flushed (Freezing). */
  HELD: 3,
  /** In WAITING. */
  PARKED: 4,
  /** In WRITING: writes or passes. */
  ACTING: 5,
  /** Flushes and executes a non-blocking DDL. */
  EXECUTING: 6,
  /** Waits until fewer reports are unacknowledged. */
  STALLED: 7,
  /** Stuck after an error (D-11, D-22, D-33). */
  FAILED: 8,
  /** What comes next lies above the redo gate (D-46). */
  GATED: 9,
} as const;
export type Phase = (typeof Phase)[keyof typeof Phase];

export const PHASE_NAMES: readonly string[] = [
  'open',
  'rows',
  'flushing',
  'held',
  'parked',
  'acting',
  'executing',
  'stalled',
  'failed',
  'gated',
];

/** Who accounts for a row when the group's checkpoint is computed. */
export const Place = {
  /** Nobody: the row is free. */
  NOWHERE: 0,
  /** The group's resolved mark: nothing pending, nothing blocked. */
  RESTING: 1,
  /** Its event: stopped there with everything flushed, so its checkpoint stands still. */
  AT_EVENT: 2,
  /** The row itself. */
  ACTIVE: 3,
  /** All those at rest that no mark of the group has reached yet. */
  FRESH: 4,
} as const;
export type Place = (typeof Place)[keyof typeof Place];
