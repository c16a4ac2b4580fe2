// `npm start`: install if need be, build, replicate the recorded sample on two worker threads, and verify what was written.
// Arguments go to `tidegate replicate`: `npm start -- --workers 4`.

import { requireNode } from './lib/nodeVersion.mjs';

requireNode();

const { mkdirSync, rmSync } = await import('node:fs');
const { join } = await import('node:path');
const { ensureBuilt, fail, root, runNode } = await import('./lib/workspace.mjs');

const CLI = 'packages/cli/bin/tidegate.js';
const LOG = 'test/data/shop.canal.jsonl.gz';
const FINAL = 'test/data/shop.final.jsonl.gz';
const OUT = 'out/shop';

const args = process.argv.slice(2);
const workers = args.some((arg) => arg.startsWith('--workers')) ? [] : ['--workers', '2'];

ensureBuilt('@tidegate/cli');
rmSync(join(root, OUT), { recursive: true, force: true });
mkdirSync(join(root, 'out'), { recursive: true });

console.log(`Replicating ${LOG} to ${OUT} …`);
if (runNode(CLI, ['replicate', LOG, '--to', OUT, ...workers, ...args]) !== 0) fail('Replication failed: see the messages above.');
console.log(`Verifying ${OUT} against ${FINAL} …`);
if (runNode(CLI, ['verify', OUT, '--against', FINAL]) !== 0) fail('Verification failed: see the messages above.');
