import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Arguments, parseArguments, USAGE } from './arguments.js';
import { ArgumentError } from './harness/errors.js';
import { describeMachine } from './harness/machine.js';
import { type MeasurementResult, measure } from './harness/measure.js';
import { FULL, type Measurement, QUICK } from './harness/measurement.js';
import { alignedLines, tableOf } from './harness/table.js';
import { MEASUREMENTS } from './measurements/all.js';
import { runOnNodes } from './nodes.js';
import type { Report } from './report/report.js';
import { targetsTable, targetsTitle } from './report/targets.js';
import { REPORT_FILE, readReport, writeReport } from './report/write.js';

const RESULTS = fileURLToPath(new URL('../results', import.meta.url));
const NAMES = MEASUREMENTS.map(({ name }) => name);

const args = process.argv.slice(2);
const COMMAND = ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' ');

try {
  const chosen = parseArguments(args, NAMES);
  if (chosen.help) help();
  else if (chosen.from !== undefined) write(chosen, readReport(chosen.from));
  else if (chosen.nodes.length > 0) runOnNodes(chosen, chosen.out ?? RESULTS, COMMAND);
  else await run(chosen);
} catch (error) {
  if (!(error instanceof ArgumentError)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}

async function run(chosen: Arguments): Promise<void> {
  const { quick, only, runs, tables } = chosen;
  const machine = describeMachine(COMMAND);
  const { cores, cpu, memoryGiB, node, load, commit, date } = machine;
  console.log(
    `${cores} cores (${cpu}), ${memoryGiB} GiB, Node ${node}, load ${load}${commit ? `, commit ${commit}` : ''}, ${date}\n`,
  );
  const scale = quick ? QUICK : FULL;
  const results: MeasurementResult[] = [];
  for (const measurement of MEASUREMENTS) {
    if (only.length > 0 ? !only.includes(measurement.name) : isLeftOut(measurement, quick)) continue;
    const result = await measure(measurement, { ...scale, runs: runs ?? scale.runs, ...(tables !== undefined && { tables }) });
    results.push(result);
    console.log(`${tableOf(result)}\n`);
  }
  write(chosen, { machine, results });
}

function isLeftOut({ onlyFull, onlyByName }: Measurement, quick: boolean): boolean {
  return onlyByName === true || (quick && onlyFull === true);
}

function write({ out = RESULTS, json }: Arguments, report: Report): void {
  const targets = targetsTable(report);
  if (targets.length > 1) console.log(`${targetsTitle(report)}\n${alignedLines(targets).join('\n')}\n`);
  writeReport(out, report);
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(report, undefined, 2)}\n`);
  console.log(`Tables and plots: ${join(out, REPORT_FILE)}`);
}

function help(): void {
  const width = Math.max(...NAMES.map((name) => name.length));
  console.log(`${USAGE}\n\n${MEASUREMENTS.map(({ name, title }) => `  ${name.padEnd(width)}  ${title}`).join('\n')}`);
}
