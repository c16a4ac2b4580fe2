import { parseArgs } from 'node:util';
import { ArgumentError } from './harness/errors.js';

export interface Arguments {
  readonly quick: boolean;
  /** Names of measurements; empty: all. */
  readonly only: readonly string[];
  /** Runs of each case that count; absent: what the scale says. */
  readonly runs: number | undefined;
  /** File that the results go to as JSON. */
  readonly json: string | undefined;
  readonly help: boolean;
}

export const USAGE = `npm run bench -- [--quick] [--only NAME]… [--runs N] [--json FILE]

  --quick      fewer and shorter runs: under a minute
  --only NAME  this measurement only; may be given more than once
  --runs N     runs of each case that count, 1 to 1 000 (7, or 5 when quick); fewer than 5 say little
  --json FILE  write the results, and where they were taken, as JSON
  --help       this text and the names of the measurements`;

/** @throws ArgumentError, which names what cannot be used. */
export function parseArguments(args: readonly string[], known: readonly string[]): Arguments {
  const { values } = parse(args);
  const only = values.only ?? [];
  for (const name of only) {
    if (!known.includes(name)) throw new ArgumentError(`there is no measurement '${name}': choose from ${known.join(', ')}`);
  }
  const runs = values.runs === undefined ? undefined : Number(values.runs);
  if (runs !== undefined && !(Number.isInteger(runs) && runs >= 1 && runs <= 1_000)) {
    throw new ArgumentError(`--runs is ${values.runs}: it must be a whole number from 1 to 1 000`);
  }
  return { quick: values.quick ?? false, only, runs, json: values.json, help: values.help ?? false };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        quick: { type: 'boolean' },
        only: { type: 'string', multiple: true },
        runs: { type: 'string' },
        json: { type: 'string' },
        help: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new ArgumentError(error instanceof Error ? error.message : String(error));
  }
}
