import type { RingUnderTest } from './ringUnderTest.js';

/** What a thread of a scenario works with. */
export interface Env {
  readonly ring: RingUnderTest['ring'];
  readonly memory: readonly SharedArrayBuffer[];
  /** Keeps a number for the scenario's check. Not shared memory: no step. */
  note(value: number): void;
}

/** What a thread does, step by step. It must follow from what its operations return, and from nothing else. */
export type Course = () => Promise<void>;

export interface ThreadSpec {
  readonly name: string;
  /** Makes ready, thread by thread, before the first step is counted; the course it returns is what is explored. */
  readonly prepare: (env: Env) => Course;
  /** May die before any of its steps. */
  readonly mortal?: boolean;
  /** Mortal, and dies at its end if it has not before. */
  readonly doomed?: boolean;
  /** Starts when the thread of this name has died, and not otherwise. */
  readonly succeeds?: string;
}

/** How an execution ended. */
export interface Outcome {
  /** What the thread of that name noted; none if it never ran. */
  notes(name: string): readonly number[];
  died(name: string): boolean;
  /** Threads that sleep and that nobody will wake. */
  readonly asleep: readonly string[];
  /** The signed word of a region, by default of the first. */
  word(index: number, region?: number): number;
}

export interface Scenario {
  readonly name: string;
  readonly memory: () => readonly SharedArrayBuffer[];
  readonly threads: readonly ThreadSpec[];
  /** Throws when an execution ended as it must not. */
  readonly check: (outcome: Outcome) => void;
  /** See {@link boundOf}. */
  readonly bound?: number;
  /** How many threads may die in one execution. Default one, if any is mortal. */
  readonly deaths?: number;
  /** How often the slice of a wait passes once all are asleep and somebody has died: the net under a ringer that dies. */
  readonly slices?: number;
  /** Whether somebody may be left asleep; the check sees to it that there is nothing to wake for. Otherwise a lost wake-up. */
  readonly sleepsOn?: boolean;
}

/** Interruptions that are explored by default: what the scenario says, or three, or two where somebody may die, which multiplies them. */
export function boundOf({ bound, threads }: Scenario): number {
  return bound ?? (threads.some(isMortal) ? 2 : 3);
}

export function isMortal({ mortal, doomed }: ThreadSpec): boolean {
  return mortal === true || doomed === true;
}

/** Throws what says why an execution is wrong. */
export function must(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Error(otherwise);
}
