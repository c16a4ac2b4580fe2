import { parseArgs } from 'node:util';
import { ArgumentError } from './harness/errors.js';

export interface Arguments {
  readonly quick: boolean;
  /** Names of measurements; empty: all. */
  readonly only: readonly string[];
  /** Runs of each case that count; absent: what the scale says. */
  readonly runs: number | undefined;
  /** Tables of the measurements whose size can be asked for. */
  readonly tables: number | undefined;
  /** File that the results go to as JSON, beside the folder. */
  readonly json: string | undefined;
  /** Folder of results, tables and plots; absent: `bench/results`. */
  readonly out: string | undefined;
  /** Major versions of Node to run the main figures on; empty: this one, everything. */
  readonly nodes: readonly string[];
  /** Results of an earlier run, to make tables and plots of instead of measuring. */
  readonly from: string | undefined;
  readonly help: boolean;
}

export const USAGE = `npm run bench -- [--quick] [--only NAME]… [--runs N] [--out DIR] [--json FILE]
npm run bench -- --nodes 20,24,26 [--quick] [--out DIR]
npm run bench -- --from FILE [--out DIR]

  --quick      fewer and shorter runs: under a minute
  --only NAME  this measurement only; may be given more than once
  --runs N     runs of each case that count, 1 to 1 000 (7, or 5 when quick); what takes long has a number of its own
  --tables N   tables of the measurement million, 1 000 to 4 000 000
  --out DIR    folder for result.json, report.md and the plots (bench/results)
  --json FILE  write the results, and where they were taken, there as well
  --nodes LIST the main figures on each of these versions of Node, in turns; npx fetches what is not there
  --from FILE  no measurement: tables and plots of the result.json of an earlier run
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
  const tables = values.tables === undefined ? undefined : Number(values.tables);
  if (tables !== undefined && !(Number.isInteger(tables) && tables >= 1_000 && tables <= 4_000_000)) {
    throw new ArgumentError(`--tables is ${values.tables}: it must be a whole number from 1 000 to 4 000 000`);
  }
  const { quick = false, json, out, from, help = false } = values;
  return { quick, only, runs, tables, json, out, nodes: nodesOf(values.nodes), from, help };
}

function nodesOf(list: string | undefined): readonly string[] {
  const nodes = list?.split(',') ?? [];
  for (const node of nodes) {
    if (!/^\d+(\.\d+){0,2}$/.test(node)) {
      throw new ArgumentError(`--nodes names '${node}': it must be versions of Node with commas between them, such as 20,24,26`);
    }
  }
  return nodes;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        quick: { type: 'boolean' },
        only: { type: 'string', multiple: true },
        runs: { type: 'string' },
        tables: { type: 'string' },
        json: { type: 'string' },
        out: { type: 'string' },
        nodes: { type: 'string' },
        from: { type: 'string' },
        help: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new ArgumentError(error instanceof Error ? error.message : String(error));
  }
}
