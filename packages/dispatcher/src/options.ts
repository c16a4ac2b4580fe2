import { DEFAULTS } from '@tidegate/protocol';
import { OptionError } from './errors.js';

/** Settings of one group. Times in milliseconds, sizes in bytes. */
export interface GroupOptions {
  /** Address of the coordinator. */
  readonly coordinator: string;
  /** Address of the source. */
  readonly source: string;
  /** Time from a WAITING or NONE to its first repetition (D-34). At least 1. */
  readonly retryInterval: number;
  /** Longest time between two repetitions (T-E). At least `retryInterval`. */
  readonly retryIntervalMax: number;
  /** Factor from one repetition to the next (T-E). 1: always `retryInterval`. From 1 to 16. */
  readonly retryBackoff: number;
  /** Share of what back-off added that is taken off at random, so that groups spread (T-E). From 0 to 1. */
  readonly retryJitter: number;
  /** Flushes and writes at block events that run at a time (D-44). From 1 to 1024. */
  readonly executorSlots: number;
  /** Bytes of undelivered and unflushed rows above which the source is paused. */
  readonly highWater: number;
  /** Bytes below which it goes on. Below `highWater`. */
  readonly lowWater: number;
  /** How long a pause may go unrelieved before the high mark is raised a step (ByteBudget). At least 1. */
  readonly pauseCheck: number;
  /** Unacknowledged NONE reports above which a further DDL that needs one waits in its stream. At least 1. */
  readonly maxReports: number;
  /** Answers that wait for one dispatcher that is writing (W-13). At least 1. */
  readonly maxQueuedAnswers: number;
  /** Answers to old actions that wait for room on the lane. At least 1. */
  readonly maxOldAnswers: number;
  /** Keys that were written here and are remembered for T-C. At least 1. */
  readonly rememberWritten: number;
  readonly heartbeatInterval: number;
  /** Time to the first heartbeat (H-1). */
  readonly heartbeatFirst: number;
  /**
   * Ask the sink for a flush before a block event even where no row of the dispatcher waits for one. Off: nothing
   * pending means flushed, so a million idle dispatchers stop at a sync point without a call each.
   */
  readonly flushIdle: boolean;
  /** Redo is on: default dispatchers take nothing above the redo gate (D-46). Implied where the group has a redo sink. */
  readonly redo: boolean;
  /** A dispatcher of a part of a table fails at a DDL after which the table is said not to be splittable (D-11). */
  readonly checkSplittable: boolean;
}

export const DEFAULT_GROUP_OPTIONS: GroupOptions = {
  coordinator: 'coordinator',
  source: 'source',
  retryInterval: DEFAULTS.retryInterval,
  retryIntervalMax: DEFAULTS.retryIntervalMax,
  retryBackoff: 2,
  retryJitter: 0.2,
  executorSlots: DEFAULTS.executorSlots,
  highWater: 64 * 1024 * 1024,
  lowWater: 32 * 1024 * 1024,
  pauseCheck: 1_000,
  maxReports: 4_096,
  maxQueuedAnswers: 16,
  maxOldAnswers: 65_536,
  rememberWritten: 1_024,
  heartbeatInterval: DEFAULTS.heartbeatInterval,
  heartbeatFirst: DEFAULTS.heartbeatFirst,
  flushIdle: false,
  redo: false,
  checkSplittable: true,
};

/** Completes options with the defaults. Throws {@link OptionError} that names the first option out of range. */
export function resolveGroupOptions(given: Partial<GroupOptions> = {}): GroupOptions {
  const unknown = Object.keys(given).find((name) => !(name in DEFAULT_GROUP_OPTIONS));
  if (unknown !== undefined) {
    throw new OptionError(unknown, `is not known; known are ${Object.keys(DEFAULT_GROUP_OPTIONS).join(', ')}`);
  }
  const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const options: GroupOptions = { ...DEFAULT_GROUP_OPTIONS, ...present };
  name('coordinator', options.coordinator);
  name('source', options.source);
  whole('retryInterval', options.retryInterval, 1);
  whole('retryIntervalMax', options.retryIntervalMax, options.retryInterval);
  range('retryBackoff', options.retryBackoff, 1, 16);
  range('retryJitter', options.retryJitter, 0, 1);
  whole('executorSlots', options.executorSlots, 1, 1_024);
  whole('highWater', options.highWater, 1);
  whole('lowWater', options.lowWater, 0, options.highWater - 1);
  whole('pauseCheck', options.pauseCheck, 1);
  whole('maxReports', options.maxReports, 1);
  whole('maxQueuedAnswers', options.maxQueuedAnswers, 1);
  whole('maxOldAnswers', options.maxOldAnswers, 1);
  whole('rememberWritten', options.rememberWritten, 1);
  whole('heartbeatInterval', options.heartbeatInterval, 1);
  whole('heartbeatFirst', options.heartbeatFirst, 0);
  for (const flag of ['flushIdle', 'redo', 'checkSplittable'] as const) {
    if (typeof options[flag] !== 'boolean') throw new OptionError(flag, 'must be true or false');
  }
  return options;
}

function name(option: string, value: unknown): void {
  if (typeof value !== 'string' || value === '')
    throw new OptionError(option, `must be the address of an actor, not ${show(value)}`);
}

function whole(option: string, value: unknown, least: number, most: number = 2 ** 31 - 1): void {
  if (!Number.isSafeInteger(value)) throw new OptionError(option, `must be a whole number, not ${show(value)}`);
  range(option, value, least, most);
}

function range(option: string, value: unknown, least: number, most: number): void {
  if (typeof value !== 'number' || !(value >= least && value <= most)) {
    throw new OptionError(option, `must be a number from ${least} to ${most}, not ${show(value)}`);
  }
}

function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
