// `npm test`: install if need be, build, run every package's tests, and close with one line of counts over all of them.
// Arguments go to turbo: `npm test -- --filter=@tidegate/ring`, `npm test -- --force`.

import { requireNode } from './lib/nodeVersion.mjs';

requireNode();

const { join } = await import('node:path');
const { mkdirSync, rmSync, writeFileSync } = await import('node:fs');
const { ensureInstalled, packages, root, runTurbo } = await import('./lib/workspace.mjs');
const { closingLine, readCounts, sum } = await import('./lib/testCounts.mjs');

// Where vitest.config.ts has each package write its report.
const REPORT = '.tidegate/vitest.json';

const args = process.argv.slice(2);
ensureInstalled();

const tested = packages().filter(({ manifest }) => manifest.scripts?.test !== undefined);
for (const { folder } of tested) rmSync(join(root, folder, REPORT), { force: true });

// A package that does not build, and those that stand on it, are counted as failed below; the others are still tested.
const go = ['--continue=dependencies-successful', '--log-prefix=none'];
runTurbo(['run', 'build', '--output-logs=errors-only', ...go, ...args]);

// One package at a time: vitest itself spreads a package's files over the cores, and tests of threads want theirs undisturbed.
const status = runTurbo([
  'run',
  'test',
  '--concurrency=1',
  '--continue=always',
  '--log-prefix=none',
  '--output-logs=new-only',
  ...args,
]);

const selective = args.some((arg) => arg.startsWith('--filter') || arg.startsWith('-F'));
const counted = [];
const failures = [];
console.log('');
for (const { name, folder } of tested) {
  const counts = readCounts(join(root, folder, REPORT));
  if (counts.problem === undefined) {
    counted.push(counts);
    failures.push(...counts.failures);
    console.log(`${name.padEnd(26)} ${closingLine(counts)}`);
  } else if (!(selective && counts.missing)) {
    counted.push({ passed: 0, failed: 1, skipped: 0 });
    console.log(`${name.padEnd(26)} ${counts.problem}: counted as 1 failed`);
  }
}

const total = sum(counted);
if (status !== 0 && total.failed === 0) {
  console.log('A test run ended badly although no test failed (an error outside the tests): counted as 1 failed');
  total.failed = 1;
}

for (const failure of failures) console.log(`FAILED  ${failure}`);
mkdirSync(join(root, '.tidegate'), { recursive: true });
writeFileSync(join(root, '.tidegate/counts.json'), `${JSON.stringify({ ...total, failures })}\n`);
console.log(closingLine(total));
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);
