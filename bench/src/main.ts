import { writeFileSync } from 'node:fs';
import { type Arguments, parseArguments, USAGE } from './arguments.js';
import { ArgumentError } from './harness/errors.js';
import { describeMachine } from './harness/machine.js';
import { type MeasurementResult, measure } from './harness/measure.js';
import { FULL, QUICK } from './harness/measurement.js';
import { tableOf } from './harness/table.js';
import { MEASUREMENTS } from './measurements/all.js';

const args = process.argv.slice(2);
const chosen = argumentsOrExit();
if (chosen.help) help();
else await run(chosen);

async function run({ quick, only, runs, json }: Arguments): Promise<void> {
  const machine = describeMachine(['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' '));
  const { cores, cpu, memoryGiB, node, load, commit, date } = machine;
  console.log(
    `${cores} cores (${cpu}), ${memoryGiB} GiB, Node ${node}, load ${load}${commit ? `, commit ${commit}` : ''}, ${date}\n`,
  );
  const scale = quick ? QUICK : FULL;
  const results: MeasurementResult[] = [];
  for (const measurement of MEASUREMENTS) {
    if (only.length > 0 && !only.includes(measurement.name)) continue;
    const result = await measure(measurement, { ...scale, runs: runs ?? scale.runs });
    results.push(result);
    console.log(`${tableOf(result)}\n`);
  }
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ machine, results }, undefined, 2)}\n`);
}

function help(): void {
  const width = Math.max(...MEASUREMENTS.map(({ name }) => name.length));
  console.log(`${USAGE}\n\n${MEASUREMENTS.map(({ name, title }) => `  ${name.padEnd(width)}  ${title}`).join('\n')}`);
}

function argumentsOrExit(): Arguments {
  try {
    return parseArguments(
      args,
      MEASUREMENTS.map(({ name }) => name),
    );
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    console.error(`${error.message}\n\n${USAGE}`);
    process.exit(2);
  }
}
