// Closes .ci/run: adds what `npm test` and `npm run check` counted to the items that it counted itself, and prints, after the tests
// that failed, the one line.
// Arguments: passed, failed, exit status of `npm test`, exit status of `npm run check`.

import { join } from 'node:path';
import { closingLine, readTotal, sum } from './lib/testCounts.mjs';
import { root } from './lib/workspace.mjs';

const [passed, failed, tests, checks] = process.argv.slice(2).map(Number);

const tested = readTotal(join(root, '.tidegate/counts.json'), tests);
for (const failure of tested.failures ?? []) console.log(`FAILED  ${failure}`);

const total = sum([{ passed, failed, skipped: 0 }, tested, readTotal(join(root, '.tidegate/checks.json'), checks)]);
console.log(closingLine(total));
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);
