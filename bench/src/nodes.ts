import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Arguments } from './arguments.js';
import { ArgumentError } from './harness/errors.js';
import { describeMachine } from './harness/machine.js';
import { alignedLines } from './harness/table.js';
import { markdownTable } from './report/markdown.js';
import { type NodeReports, nodesTable } from './report/nodesTable.js';
import type { Report } from './report/report.js';
import { RESULT_FILE, readReport } from './report/write.js';

/** What stands for the whole: the lane, the parts of the status path, and all of it. */
const MAIN_FIGURES: readonly string[] = ['lane', 'pending-map', 'coordinator', 'maintainer', 'status-path'];
/** Each version once in each, another one first: what slows the machine down for a while meets all of them. */
const ROUNDS = 3;
const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));

/** The main figures on each version of Node, in processes of their own, and one table of them all. */
export function runOnNodes({ nodes, only, quick, runs }: Arguments, folder: string, command: string): void {
  for (const node of nodes) checkNode(node);
  const names = only.length > 0 ? only : MAIN_FIGURES;
  const args = [
    ...names.flatMap((name) => ['--only', name]),
    ...(quick ? ['--quick'] : []),
    ...(runs ? ['--runs', String(runs)] : []),
  ];
  const reports = new Map<string, Report[]>(nodes.map((node) => [node, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (let turn = 0; turn < nodes.length; turn++) {
      const node = nodes[(round + turn) % nodes.length]!;
      const out = join(folder, `node-${node}-round-${round + 1}`);
      runOn(node, [...args, '--out', out]);
      reports.get(node)?.push(readReport(join(out, RESULT_FILE)));
    }
  }
  write(
    folder,
    command,
    [...reports.values()].map((of) => ({ reports: of })),
  );
}

/** Before any of them is measured: npx runs whatever `node` it finds where its own is not there. @throws ArgumentError */
function checkNode(version: string): void {
  if (isOf(process.version, version)) return;
  const { stdout } = spawnSync('npx', ['-y', '-p', `node@${version}`, '--', 'node', '-v'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  const node = (stdout ?? '').trim();
  if (isOf(node, version)) return;
  const instead = node === '' ? 'has none' : `ran ${node}`;
  throw new ArgumentError(
    `Node ${version} was asked for, and npx ${instead}: see whether 'npx -y -p node@${version} node -v' can fetch it`,
  );
}

/** Whether `node`, as `v24.1.0`, is of a version, as `24`, `24.1` or `24.1.0`. */
function isOf(node: string, version: string): boolean {
  return `${node}.`.startsWith(`v${version}.`);
}

function runOn(version: string, args: readonly string[]): void {
  console.log(`Node ${version}: ${args.join(' ')}`);
  const { status } = isOf(process.version, version)
    ? spawnSync(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'ignore', 'inherit'] })
    : spawnSync('npx', ['-y', '-p', `node@${version}`, '--', 'node', MAIN, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new ArgumentError(`the benchmarks on Node ${version} ended with status ${status}; see above`);
}

function write(folder: string, command: string, nodes: readonly NodeReports[]): void {
  const { cores, cpu, memoryGiB, commit, date } = describeMachine(command);
  const table = nodesTable(nodes);
  const where = `${cores} cores (${cpu}), ${memoryGiB} GiB${commit ? `, commit ${commit}` : ''}, ${date}`;
  const file = join(folder, 'nodes.md');
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    file,
    `${['# Figures by version of Node', '', `\`${command}\``, '', where, '', ...markdownTable(table)].join('\n')}\n`,
  );
  console.log(`\n${where}\n${alignedLines(table).join('\n')}\n\nTable: ${file}`);
}
