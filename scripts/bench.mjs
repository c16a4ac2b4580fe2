// `npm run bench`: install if need be, build, and run the benchmarks. Arguments go to them.

import { requireNode } from './lib/nodeVersion.mjs';

requireNode();

const { ensureBuilt, runNode } = await import('./lib/workspace.mjs');

ensureBuilt('@tidegate/bench');
process.exit(runNode('bench/dist/main.js', process.argv.slice(2)));
