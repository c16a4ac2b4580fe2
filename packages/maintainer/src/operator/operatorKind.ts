/** What is being done to a task (section 16). */
export const OperatorKind = {
  NONE: 0,
  /** Its dispatcher is created on a host. */
  ADD: 1,
  /** Its dispatcher is removed, and the task is gone from the table already (B-34). */
  REMOVE: 2,
  /** Its dispatcher is removed at one host, then created at another. */
  MOVE: 3,
  /** Its dispatcher is removed, then others take its place. */
  SPLIT: 4,
  /** It is made of several others. */
  MERGE: 5,
  /** It is one of those that are being merged, or is held for that. */
  OCCUPY: 6,
} as const;
export type OperatorKind = (typeof OperatorKind)[keyof typeof OperatorKind];

const NAMES = ['none', 'add', 'remove', 'move', 'split', 'merge', 'occupy'] as const;

export function operatorKindName(kind: number): string {
  return NAMES[kind] ?? `kind ${kind}`;
}
