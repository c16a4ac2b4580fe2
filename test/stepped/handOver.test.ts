import type { SourceEvent } from '@tidegate/dispatcher';
import { expect, test } from 'vitest';
import { type Stamp, violations } from '../e2e/stampLog.js';
import { RandomLog } from './randomLog.js';
import { SteppedHost } from './steppedHost.js';

const SEEDS = Math.ceil(Number(process.env.TIDEGATE_SEEDS ?? 24) / 2);
const MOST_STEPS = 1_000_000;

/** What each change and each event was the first time: a maintainer that starts where the last one committed may repeat what lies behind. */
function firstTimes(stamps: readonly Stamp[]): Stamp[] {
  const seen = new Set<string>();
  return stamps.flatMap((stamp) => {
    const isNew = (ts: string): boolean => {
      const name = `${stamp.kind} ${stamp.table ?? ''} ${ts}`;
      if (seen.has(name)) return false;
      seen.add(name);
      return true;
    };
    if (typeof stamp.ts === 'string') return isNew(stamp.ts) ? [stamp] : [];
    const ts = stamp.ts.filter(isNew);
    return ts.length === 0 ? [] : [{ ...stamp, ts }];
  });
}

/** Several changes of a table at one ts are one here. */
function once(events: readonly SourceEvent[]): SourceEvent[] {
  const seen = new Set<string>();
  return events.filter((event) => {
    const name = event.type === 'rows' ? `${event.tableId} ${event.commitTs}` : undefined;
    if (name === undefined) return true;
    const isNew = !seen.has(name);
    seen.add(name);
    return isNew;
  });
}

test(`one maintainer after another over real hosts, at any moment of a random log: nothing is lost, out of order, or left over (F-11, F-13, S-1 to S-12, seeds 1 to ${SEEDS})`, {
  timeout: 300_000,
}, async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const log = new RandomLog(seed, 150);
    const host = await SteppedHost.create({
      seed,
      workers: 1 + (seed % 3),
      log,
      maxDelay: [0, 3, 30, 300][seed % 4] as number,
      linkBytes: 65_536,
      ...(seed % 2 === 0 && { faults: { drop: 100, duplicate: 100, delay: 20, stall: 0, until: 20_000 } }),
    });
    for (const part of [5n, 3n, 2n]) {
      expect([host.runTo(log.endTs / part, MOST_STEPS), host.faults], `seed ${seed}`).toEqual([true, []]);
      expect([await host.handOver(MOST_STEPS), host.faults], `seed ${seed}, from ${host.checkpointTs}`).toEqual([true, []]);
    }
    expect([host.runTo(log.endTs, MOST_STEPS), host.faults], `seed ${seed}: ${host.checkpointTs}`).toEqual([true, []]);
    expect(violations(once(log.events), firstTimes(host.stamps.stamps)), `seed ${seed}`).toEqual([]);
    expect(await host.leftovers(), `seed ${seed}`).toEqual([]);
  }
});
