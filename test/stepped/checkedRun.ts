import type { SourceEvent } from '@tidegate/dispatcher';
import { expect } from 'vitest';
import { type Stamp, violations } from '../e2e/stampLog.js';
import { SteppedHost, type SteppedHostOptions } from './steppedHost.js';

const MOST_STEPS = 2_000_000;

/** Runs a log to its end and asserts everything that must hold: order, once, durability, progress, nothing left over. */
export async function checkedRun(options: SteppedHostOptions): Promise<SteppedHost> {
  const { seed, log } = options;
  const host = await SteppedHost.create(options);
  const finished = host.runTo(log.endTs, MOST_STEPS);
  expect(host.faults, `seed ${seed}`).toEqual([]);
  expect(finished, `seed ${seed} did not finish: the checkpoint is at ${host.checkpointTs} of ${log.endTs}`).toBe(true);
  expect(violations(log.events, host.stamps.stamps), `seed ${seed}`).toEqual([]);
  expect(swapped(log.events, host.stamps.stamps), `seed ${seed}`).toEqual([]);
  expect(await host.leftovers(), `seed ${seed}`).toEqual([]);
  return host;
}

/** B-1: sync points that began before the DDL of their ts was done. */
function swapped(events: readonly SourceEvent[], stamps: readonly Stamp[]): string[] {
  const ddls = new Map(stamps.filter(({ kind }) => kind === 'ddl').map(({ ts, end }) => [String(ts), end]));
  const begun = new Map(stamps.filter(({ kind }) => kind === 'sync-point').map(({ ts, begin }) => [String(ts), begin]));
  return events.flatMap((event) => {
    if (event.type !== 'sync-point') return [];
    const ts = String(event.commitTs);
    return (begun.get(ts) ?? 0) < (ddls.get(ts) ?? 0) ? [`the sync point at ${ts} began before the DDL of that ts was done`] : [];
  });
}
