import { availableParallelism } from 'node:os';
import { CliError } from '../errors.js';
import type { StormSample } from './sample.js';

/** What makes everybody wait: the maintainer reads nothing, or one table does not get flushed. */
export const STORM_CAUSES = ['stalled-maintainer', 'slow-table'] as const;
export type StormCause = (typeof STORM_CAUSES)[number];

/** What {@link runStorm} is asked to do. Times in milliseconds. */
export interface StormOptions {
  /** Dispatchers, one a table, 1 … 10 000 000; the table trigger comes on top. */
  readonly dispatchers: number;
  /** How long nobody can go on, 0 … 3 600 000. */
  readonly hold: number;
  /** Worker threads, 1 … 256. Default: the available cores less one, at least 1. */
  readonly workers?: number;
  /** Default `stalled-maintainer`. */
  readonly cause?: StormCause;
  /** A dispatcher that hears nothing reports again this often, always, 10 … 3 600 000. Default 1 000. */
  readonly resend?: number;
  /** Whether coordinator and maintainer share a thread. Default `shared`, as with any host. */
  readonly control?: 'shared' | 'separate';
  /** How long everybody rests before the event: what is measured then is what the storm is compared with, 0 … 600 000. Default 2 000. */
  readonly rest?: number;
  /** Time between two looks at the host, 10 … 60 000. Default 500. */
  readonly lookInterval?: number;
  /** Ends the storm early; its report says so. */
  readonly signal?: AbortSignal;
  /** Hears of every look. */
  readonly onSample?: (sample: StormSample) => void;
}

/** {@link StormOptions} with every default. */
export type CheckedStormOptions = Required<Omit<StormOptions, 'signal' | 'onSample'>> & Pick<StormOptions, 'signal' | 'onSample'>;

/** Ranges of the numbers: least and most. */
export const STORM_RANGES: Readonly<
  Record<'dispatchers' | 'hold' | 'workers' | 'resend' | 'rest' | 'lookInterval', readonly [number, number]>
> = {
  dispatchers: [1, 10_000_000],
  hold: [0, 3_600_000],
  workers: [1, 256],
  resend: [10, 3_600_000],
  rest: [0, 600_000],
  lookInterval: [10, 60_000],
};

/** Fills in defaults. Throws {@link CliError} `CLI_STORM_OPTION` that names the option. */
export function checkStormOptions(options: StormOptions): CheckedStormOptions {
  const checked: CheckedStormOptions = {
    dispatchers: options.dispatchers,
    hold: options.hold,
    workers: options.workers ?? Math.max(1, availableParallelism() - 1),
    cause: options.cause ?? 'stalled-maintainer',
    resend: options.resend ?? 1_000,
    control: options.control ?? 'shared',
    rest: options.rest ?? 2_000,
    lookInterval: options.lookInterval ?? 500,
    ...(options.signal && { signal: options.signal }),
    ...(options.onSample && { onSample: options.onSample }),
  };
  for (const [name, [least, most]] of Object.entries(STORM_RANGES)) {
    const value: unknown = checked[name as keyof typeof STORM_RANGES];
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) continue;
    throw refuse(name, value, `a whole number from ${least} to ${most}`);
  }
  if (!STORM_CAUSES.includes(checked.cause)) throw refuse('cause', checked.cause, STORM_CAUSES.join(' or '));
  if (checked.control !== 'shared' && checked.control !== 'separate')
    throw refuse('control', checked.control, 'shared or separate');
  return checked;
}

function refuse(name: string, value: unknown, expected: string): CliError {
  return new CliError('CLI_STORM_OPTION', `option '${name}' of a storm is ${String(value)}; it must be ${expected}`);
}
