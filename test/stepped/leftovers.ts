/** Names of figures that must be zero, and of lists that must be empty, once everything is quiet. */
const QUIET = new Set([
  ...[
    'pending',
    'queued',
    'outstanding',
    'keys',
    'buffered',
    'open',
    'pendingSchedules',
    'add',
    'remove',
    'removing',
    'absent',
    'scheduling',
  ],
  ...['events', 'unacked', 'heldBytes', 'withSink', 'reports', 'blockedWorkers', 'running', 'componentStatuses'],
]);

/** Adds to `left` what a snapshot shows that should be gone. */
export function collectLeft(path: string, value: unknown, left: string[]): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, part] of Object.entries(value)) {
    const here = `${path}.${name}`;
    // Not left over: facts of events that the coordinator remembers up to a bound, and streams that are open.
    const counts =
      QUIET.has(name) &&
      here !== 'coordinator.statuses.events' &&
      !here.includes('.suppressed.') &&
      !here.endsWith('.phases.open');
    if (counts && ((typeof part === 'number' && part !== 0) || (Array.isArray(part) && part.length > 0)))
      left.push(`${here}: ${JSON.stringify(part, text)}`);
    else collectLeft(here, part, left);
  }
}

function text(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
