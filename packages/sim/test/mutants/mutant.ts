import type { Scenario } from '../../src/index.js';

/** One change of a compiled file: `find` stands in it exactly once. `file` is `package/path/below/dist.js`. */
export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** A mistake that somebody might make, put into the real actors for one process. */
export interface Mutant {
  readonly name: string;
  /** The rule that it breaks. */
  readonly rule: string;
  /** What is wrong, in words. */
  readonly what: string;
  readonly edits: readonly Edit[];
  /** Profile of the runs that can meet it, or the name of one of the directed scenarios (scenarios.mjs). */
  readonly profile: string;
  /** What those runs have in common beyond their profile. */
  readonly override?: Partial<Scenario>;
  /** Seeds, from 1 on, within which a run must find it. */
  readonly seeds: number;
  /** The seed that finds it first: where a test begins to look. */
  readonly first: number;
}
