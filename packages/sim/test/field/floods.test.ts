import type { SourceEvent } from '@tidegate/dispatcher';
import { expect, it } from 'vitest';
import { type Cost, Field, FULL, fieldLog, figures, heapBytes, row, truncate } from './field.js';

/** One second of stream time: the upper part of a commit ts counts milliseconds. */
const SECOND = 1_000n << 18n;
const SYNC_POINTS = 12;

/** A maintainer at its full speed handles 50 000 statuses a second, and 5 000 messages without any. This one makes a tenth of it. */
const FULL_SPEED: Cost = { message: 0.2, status: 0.02 };
const A_TENTH: Cost = { message: 10 * FULL_SPEED.message, status: 10 * FULL_SPEED.status };

interface CoordinatorCounts {
  readonly mostOutstanding: number;
  readonly sent: number;
  readonly resent: number;
  readonly suppressed: { readonly pending: number; readonly reserved: number; readonly outstanding: number };
}

/** A sync point each second of stream time, and the truncates one after the other in all the seconds between them. */
function flood(tables: number, truncates: number): { readonly events: SourceEvent[]; readonly syncPoints: bigint[] } {
  const events: SourceEvent[] = [];
  const syncPoints: bigint[] = [];
  const each = Math.floor(truncates / SYNC_POINTS);
  for (let second = 1; second <= SYNC_POINTS; second++) {
    const from = BigInt(second) * SECOND;
    syncPoints.push(from);
    events.push(row(second, from - 1n), { type: 'sync-point', commitTs: from });
    const count = second === SYNC_POINTS ? truncates - each * (SYNC_POINTS - 1) : each;
    for (let i = 0; i < count; i++) {
      const next = tables + 1 + (second - 1) * each + i;
      const at = from + (SECOND * BigInt(i + 1)) / BigInt(count + 1);
      events.push(truncate(100 + (second - 1) * each + i, next, at), row(next, at + 1n));
    }
  }
  events.push({ type: 'resolved', ts: BigInt(SYNC_POINTS + 1) * SECOND });
  return { events, syncPoints };
}

it('4842: a sync point each second, a flood of truncates behind, a maintainer at a tenth of its speed: nothing grows (T-I, T-E, I-9)', {
  timeout: 1_800_000,
}, async () => {
  const tables = FULL ? 60_000 : 3_000;
  const truncates = FULL ? 2_000 : 60;
  const { events, syncPoints } = flood(tables, truncates);
  const field = await Field.create({ workload: fieldLog(tables, events), cost: A_TENTH, linkBytes: 1024 * 1024 });
  const heaps: number[] = [];
  for (const ts of syncPoints) {
    await field.run(() => field.checkpointTs >= ts, 60_000_000);
    heaps.push(heapBytes());
  }
  await field.run(() => field.checkpointTs > BigInt(SYNC_POINTS) * SECOND + SECOND / 2n, 60_000_000);
  const end = BigInt(SYNC_POINTS + 1) * SECOND;
  await field.run(() => field.checkpointTs >= end, 60_000_000);
  field.oracle.finish();
  expect(field.violations.found).toEqual([]);

  const { arrived, peak, busy, steps } = field;
  const { now: clock } = field.cluster.system;
  const { mostOutstanding, sent, resent, suppressed } = (
    (await field.detail('h1/coordinator')) as { statuses: CoordinatorCounts }
  ).statuses;
  // By the protocol: WAITING and DONE of all tables and of the table trigger for a sync point; of a table and the trigger for a truncate.
  const least = 2 * (tables + 1) * SYNC_POINTS + 4 * truncates;
  const offered = sent + suppressed.pending + suppressed.reserved + suppressed.outstanding;
  const half = heaps.length / 2;
  const grown = Math.max(...heaps.slice(half)) - Math.max(...heaps.slice(0, half));
  figures('4842', {
    tables,
    truncates,
    least,
    ...arrived,
    offered,
    sent,
    resent,
    suppressed,
    peak,
    mostOutstanding,
    clock,
    busy,
    steps,
  });
  figures('heap at each sync point, MiB', { heaps: heaps.map((bytes) => Math.round(bytes / 2 ** 20)), grown });

  // It was the maintainer that all waited for, and dispatchers repeated themselves meanwhile.
  expect(busy / clock).toBeGreaterThan(0.5);
  if (FULL) expect(suppressed.outstanding).toBeGreaterThan(tables);
  // Everything once, and little besides: what the maintainer has not come to yet is not sent again (T-I).
  expect(arrived.statuses).toBeGreaterThanOrEqual(least);
  expect(arrived.statuses).toBeLessThan(1.2 * least);
  expect(peak.pending).toBeLessThanOrEqual(16_384);
  expect(mostOutstanding).toBeLessThanOrEqual(tables + 1 + 2_048);
  expect(grown).toBeLessThan(16 * 1024 * 1024);
});
