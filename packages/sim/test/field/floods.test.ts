import type { SourceEvent } from '@tidegate/dispatcher';
import { expect, it } from 'vitest';
import { Field, FULL, fieldLog, figures, heapBytes, row, truncate } from './field.js';

it('4842: 60 000 dispatchers, sync points and a flood of truncates, a maintainer slower than the resends: nothing grows (T-I, T-E, I-9)', {
  timeout: 600_000,
}, async () => {
  const tables = FULL ? 60_000 : 3_000;
  const truncates = FULL ? 2_000 : 30;
  const syncPoints = 3;
  const events: SourceEvent[] = [];
  let ts = 200n;
  let next = tables + 1;
  for (let round = 0; round < syncPoints; round++) {
    events.push(row(1 + round, ++ts), { type: 'sync-point', commitTs: ++ts });
    for (let i = 0; i < truncates / syncPoints; i++) {
      const old = 100 + round * 800 + i;
      events.push(truncate(old, next, ++ts), row(next, ++ts));
      next++;
    }
  }
  events.push({ type: 'resolved', ts: ++ts });
  const firstSync = 202n;
  // 30 requests of 2 048 statuses at 400 ms each: 12 s for a round of reports, where each dispatcher repeats its own after 5 s.
  const field = await Field.create({ workload: fieldLog(tables, events), slowness: 400 });
  await field.run(() => field.checkpointTs >= firstSync, 30_000_000);
  const heap = heapBytes();
  await field.run(() => field.checkpointTs >= ts, 30_000_000);
  field.oracle.finish();
  expect(field.violations.found).toEqual([]);
  const least = 2 * (tables + 1) * syncPoints + 4 * truncates;
  const { arrived, peak } = field;
  const grown = heapBytes() - heap;
  figures('4842', { tables, truncates, least, ...arrived, peak, grown, clock: field.cluster.system.now, steps: field.steps });
  // Everything once, and little besides: what the maintainer has not come to yet is not sent again (T-I).
  expect(arrived.statuses).toBeLessThan(1.2 * least);
  expect(peak.pending).toBeLessThanOrEqual(16_384);
  expect(peak.outstanding).toBeLessThanOrEqual(tables + 1 + 2_048);
  expect(grown).toBeLessThan(64 * 1024 * 1024);
});
