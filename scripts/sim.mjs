// `npm run sim`: install if need be, build, and run the simulator over many seeds. Arguments go to it; --help names them.

import { requireNode } from './lib/nodeVersion.mjs';

requireNode();

const { ensureBuilt } = await import('./lib/workspace.mjs');

ensureBuilt('@tidegate/sim');
const { soak } = await import('@tidegate/sim');
process.exitCode = await soak(process.argv.slice(2), { print: console.log, now: () => performance.now() });
