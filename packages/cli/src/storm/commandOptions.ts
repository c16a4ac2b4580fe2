import { availableParallelism } from 'node:os';
import { ofCommand, readArguments } from '../arguments.js';
import { UsageError } from '../errors.js';
import { choice, duration, wholeNumber } from '../values.js';
import { STORM_CAUSES, STORM_RANGES, type StormCause } from './options.js';

/** What `tidegate storm` was asked to do. Times in milliseconds. */
export interface StormCommandOptions {
  readonly dispatchers: number;
  readonly hold: number;
  readonly workers: number;
  readonly cause: StormCause;
  readonly resend: number;
  readonly json: boolean;
  readonly quiet: boolean;
}

const DEFAULT_DISPATCHERS = 10_000;
const DEFAULT_HOLD = 10_000;
const DEFAULT_RESEND = 1_000;

/** Reads the arguments after `storm`; 'help' when they ask for it. Throws {@link UsageError}. */
export function readStormOptions(args: readonly string[]): StormCommandOptions | 'help' {
  const given = readArguments('storm', args, {
    dispatchers: { type: 'string', short: 'n' },
    hold: { type: 'string' },
    workers: { type: 'string', short: 'w' },
    cause: { type: 'string' },
    resend: { type: 'string' },
    json: { type: 'boolean' },
    quiet: { type: 'boolean', short: 'q' },
  });
  if (given.flag('help')) return 'help';
  const [unwanted] = given.positionals;
  return ofCommand('storm', () => {
    if (unwanted !== undefined) throw new UsageError(`storm takes options only, not '${unwanted}'`);
    if (given.flag('json') && given.flag('quiet')) throw new UsageError('--json and --quiet exclude each other');
    const count = (name: 'dispatchers' | 'workers', otherwise: number): number =>
      wholeNumber(name, given.text(name) ?? String(otherwise), ...STORM_RANGES[name]);
    const time = (name: 'hold' | 'resend', otherwise: number): number =>
      duration(name, inSeconds(given.text(name)) ?? `${otherwise}ms`, ...STORM_RANGES[name]);
    return {
      dispatchers: count('dispatchers', DEFAULT_DISPATCHERS),
      hold: time('hold', DEFAULT_HOLD),
      workers: count('workers', Math.max(1, availableParallelism() - 1)),
      cause: choice('cause', given.text('cause') ?? 'stalled-maintainer', STORM_CAUSES),
      resend: time('resend', DEFAULT_RESEND),
      json: given.flag('json'),
      quiet: given.flag('quiet'),
    };
  });
}

/** A time without a unit is one in seconds. */
function inSeconds(text: string | undefined): string | undefined {
  return text !== undefined && /^\d+$/.test(text) ? `${text}s` : text;
}
