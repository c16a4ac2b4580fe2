import { parseArgs } from 'node:util';
import { SimError } from '../errors.js';
import { PROFILE_NAMES } from '../profiles.js';

/** What `npm run sim` was asked for. */
export interface SimArguments {
  readonly seeds: number;
  readonly from: number;
  readonly profile: string | undefined;
  /** One run, with its story. */
  readonly trace: boolean;
  /** Lines of a story. */
  readonly lines: number;
  /** A scenario as JSON instead of a seed. */
  readonly scenario: string | undefined;
  /** Milliseconds that shrinking may take; 0: no shrinking. */
  readonly shrink: number;
  readonly keepGoing: boolean;
  readonly maxSteps: number;
  readonly help: boolean;
}

export const HELP: string = `npm run sim -- [options]

  --seeds N        run N seeds (default 1000)
  --from S         the first of them (default 1)
  --profile P      all of one profile (default: they take turns)
  --seed S         one seed
  --scenario FILE  one scenario, as JSON in a file
  --trace          with --seed or --scenario: print the story of the run
  --lines K        lines of a story (default 60)
  --shrink SEC     seconds to look for a smaller scenario that fails alike (default 20, 0: none)
  --keep-going     go on after a failure
  --max-steps N    a run that takes more is stuck (default 2000000)

Exit status 1: a rule was broken. 2: the arguments cannot be used.`;

/** @throws SimError naming the argument. */
export function parseArguments(args: readonly string[]): SimArguments {
  const { values } = parse(args);
  const profile = values.profile;
  if (profile !== undefined && !PROFILE_NAMES.includes(profile))
    throw new SimError('SIM_OPTION', `--profile ${profile}: there are ${PROFILE_NAMES.join(', ')}`);
  const seed = values.seed === undefined ? undefined : whole('--seed', values.seed, 0);
  return {
    seeds: seed === undefined ? whole('--seeds', values.seeds ?? '1000', 1) : 1,
    from: seed ?? whole('--from', values.from ?? '1', 0),
    profile,
    trace: values.trace === true,
    lines: whole('--lines', values.lines ?? '60', 1),
    scenario: values.scenario,
    shrink: 1_000 * whole('--shrink', values.shrink ?? '20', 0),
    maxSteps: whole('--max-steps', values['max-steps'] ?? '2000000', 1),
    keepGoing: values['keep-going'] === true,
    help: values.help === true,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        seeds: { type: 'string' },
        from: { type: 'string' },
        profile: { type: 'string' },
        seed: { type: 'string' },
        scenario: { type: 'string' },
        trace: { type: 'boolean' },
        lines: { type: 'string' },
        shrink: { type: 'string' },
        'keep-going': { type: 'boolean' },
        'max-steps': { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new SimError('SIM_OPTION', error instanceof Error ? error.message : String(error));
  }
}

function whole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least)
    throw new SimError('SIM_OPTION', `${name} must be a whole number from ${least}, not ${text}`);
  return value;
}
