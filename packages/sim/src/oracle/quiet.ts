import type { SteppedSystem } from '@tidegate/runtime';
import type { Violations } from './violation.js';

/** Names of figures that must be zero, and of lists that must be empty, once everything is quiet. */
const QUIET: ReadonlySet<string> = new Set([
  ...['pending', 'queued', 'outstanding', 'keys', 'buffered', 'open', 'pendingSchedules', 'add', 'remove', 'removing', 'absent'],
  ...['scheduling', 'events', 'unacked', 'heldBytes', 'withSink', 'reports', 'blockedWorkers', 'running', 'componentStatuses'],
  ...['backlog', 'statuses'],
]);

/** Pauses in milliseconds after which everything must be quiet; the later ones only if it is not. */
const PAUSES = [3_000, 20_000, 100_000, 600_000] as const;

/**
 * Long after the last fault nothing may be left over: no retry, no reservation, no open event (I-10, I-14). `advance`
 * moves the clock, with all that is still to come: a maintainer that was handing over has its successor. Nothing is said of
 * a changefeed that has `failed` meanwhile: its sink had been told to, by the last thing that it did.
 */
export async function checkQuiet(
  system: SteppedSystem,
  advance: (milliseconds: number) => Promise<void>,
  { violations, failed }: { readonly violations: Violations; readonly failed: () => boolean },
): Promise<void> {
  let left: string[] = [];
  for (const pause of PAUSES) {
    await advance(pause);
    left = await leftOver(system);
    if (left.length === 0 || violations.any || failed()) return;
  }
  violations.report('I-14', `something is left over when all is quiet: ${left.slice(0, 8).join('; ')}`, { left });
}

async function leftOver(system: SteppedSystem): Promise<string[]> {
  const left: string[] = [];
  for (const { address, detail, outbound, asks } of await actorsOf(system)) {
    collect(address.replace(/^h\d+\//, ''), detail, left);
    if (asks > 0) left.push(`${address}: ${asks} asks`);
    for (const { to, backlog } of outbound) if (backlog > 0) left.push(`${address}: ${backlog} messages wait for room to ${to}`);
  }
  return left;
}

async function actorsOf(system: SteppedSystem) {
  const { threads } = await system.inspect();
  return threads.flatMap((thread) => (thread.state === 'running' ? thread.actors : []));
}

/** Adds to `left` what a snapshot shows that should be gone. */
function collect(path: string, value: unknown, left: string[]): void {
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
      left.push(`${here}: ${JSON.stringify(part, (_, each: unknown) => (typeof each === 'bigint' ? String(each) : each))}`);
    else collect(here, part, left);
  }
}
