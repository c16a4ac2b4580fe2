/** Life of a task in the span table (K-8). */
export const TaskState = {
  /** The handle is free. */
  FREE: 0,
  /** Known, bound to no host. */
  ABSENT: 1,
  /** Bound to a host, its dispatcher not yet Working. */
  SCHEDULING: 2,
  /** Its dispatcher is Working. */
  REPLICATING: 3,
  /** No task any more; the handle is held until the host has said that the dispatcher stopped (B-34). */
  REMOVING: 4,
} as const;
export type TaskState = (typeof TaskState)[keyof typeof TaskState];

const NAMES = ['free', 'absent', 'scheduling', 'replicating', 'removing'] as const;

export function taskStateName(state: number): string {
  return NAMES[state] ?? `state ${state}`;
}
