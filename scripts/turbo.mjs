// Calls the workspace's turbo with this repository's settings: `node scripts/turbo.mjs run build`.

import { requireNode } from './lib/nodeVersion.mjs';

requireNode();

const { ensureInstalled, runTurbo } = await import('./lib/workspace.mjs');

ensureInstalled();
process.exit(runTurbo(process.argv.slice(2)));
