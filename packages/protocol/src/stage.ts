/** Where a dispatcher stands at a block event, as statuses and snapshots carry it. */
export const Stage = {
  /** Executed a non-blocking DDL; informs, does not wait. */
  NONE: 0,
  /** Flushed everything earlier and stopped. */
  WAITING: 1,
  /** Acting on write or pass. Only in bootstrap snapshots, never on the status path. */
  WRITING: 2,
  /** Wrote or passed the event. */
  DONE: 3,
  /** T-C: asked to write an event of which this dispatcher has no record. Never counts as done by the writer. */
  UNKNOWN: 4,
} as const;
export type Stage = (typeof Stage)[keyof typeof Stage];

/** A stage's name as messages and the rules spell it. */
export function stageName(stage: Stage): string {
  return ['NONE', 'WAITING', 'WRITING', 'DONE', 'UNKNOWN'][stage] ?? `stage ${stage}`;
}

/** Life of a dispatcher (D-1). The numbers are those of the wire; beware that zero means Working. */
export const ComponentState = {
  WORKING: 0,
  STOPPED: 1,
  REMOVED: 2,
  INITIALIZING: 3,
  PREPARING: 4,
  MERGE_READY: 5,
  WAITING_MERGE: 6,
} as const;
export type ComponentState = (typeof ComponentState)[keyof typeof ComponentState];
