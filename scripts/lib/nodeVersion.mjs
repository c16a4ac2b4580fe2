// Loaded before anything else: keep to syntax that an old Node can still parse, so that it gets a sentence and not a stack trace.

const FLOOR = [20, 19];

/** Ends the process with a clear message when this Node is older than the floor that package.json's `engines` states. */
export function requireNode() {
  const parts = process.versions.node.split('.').map(Number);
  if (parts[0] > FLOOR[0] || (parts[0] === FLOOR[0] && parts[1] >= FLOOR[1])) return;
  console.error(`Tidegate needs Node ${FLOOR.join('.')} or newer; this is ${process.version} at ${process.execPath}.`);
  console.error('Install a newer Node (https://nodejs.org) and run the same command again.');
  process.exit(1);
}
