// `npm run check`: everything about the repository that is not a test. Every step runs, whatever became of the ones before it;
// the closing lines say which failed.

import { requireNode } from './lib/nodeVersion.mjs';

requireNode();

const { mkdirSync, writeFileSync } = await import('node:fs');
const { join } = await import('node:path');
const { closingLine } = await import('./lib/testCounts.mjs');
const { ensureInstalled, root, runNode, runNpm, runTurbo } = await import('./lib/workspace.mjs');

ensureInstalled();

const quiet = ['--output-logs=errors-only', '--log-prefix=none', '--continue=dependencies-successful'];

const steps = [
  ['lock file agrees with every package.json', () => runNpm(['ci', '--dry-run', '--no-audit', '--no-fund'])],
  ['build', () => runTurbo(['run', 'build', ...quiet])],
  ['format and lint', () => runTurbo(['run', 'lint', '//#lint:root', ...quiet])],
  ['types of tests and benchmarks', () => runNode('node_modules/typescript/bin/tsc', ['-p', 'tsconfig.tests.json'])],
  ['packed packages (contents, publint, attw)', () => runTurbo(['run', 'check', ...quiet])],
  ['nothing unused (knip)', () => runNode('node_modules/knip/bin/knip.js', ['--no-progress', '--treat-config-hints-as-errors'])],
];

const outcomes = steps.map(([name, step]) => {
  console.log(`\n== ${name}`);
  return { name, ok: step() === 0 };
});

console.log('');
for (const { name, ok } of outcomes) console.log(`${ok ? 'ok    ' : 'FAILED'}  ${name}`);

const passed = outcomes.filter(({ ok }) => ok).length;
const total = { passed, failed: outcomes.length - passed, skipped: 0 };
mkdirSync(join(root, '.tidegate'), { recursive: true });
writeFileSync(join(root, '.tidegate/checks.json'), `${JSON.stringify(total)}\n`);
console.log(closingLine(total));
process.exit(total.failed === 0 ? 0 : 1);
