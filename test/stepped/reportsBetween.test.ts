import type { SourceEvent } from '@tidegate/dispatcher';
import type { DdlEvent } from '@tidegate/protocol';
import { test } from 'vitest';
import { checkedRun } from './checkedRun.js';
import { profileOf } from './profiles.js';

const SEEDS = Number(process.env.TIDEGATE_SEEDS ?? 8);

/** A table is made between two events for all; its rows lie before the second, which therefore has to wait for its dispatcher. */
function log(): { events: SourceEvent[]; endTs: bigint } {
  const create = (tableId: number, commitTs: bigint): DdlEvent => ({
    type: 'ddl',
    commitTs,
    query: `create table t${tableId}`,
    kind: 'create table',
    schema: 's1',
    table: `t${tableId}`,
    blockTables: { type: 'normal', tableIds: [0] },
    adds: [{ tableId, schemaId: 1, splittable: false }],
    schemaChanges: [],
    admissions: [],
    tables: [{ tableId, schemaId: 1, schema: 's1', table: `t${tableId}`, version: commitTs }],
  });
  const rows = (tableId: number, commitTs: bigint): SourceEvent => ({
    type: 'rows',
    tableId,
    commitTs,
    count: 1,
    bytes: new TextEncoder().encode(`${tableId}@${commitTs}`),
  });
  const events: SourceEvent[] = [create(1, 10n), rows(1, 11n), { type: 'resolved', ts: 11n }];
  for (let round = 1n; round <= 6n; round++) {
    const at = round * 100n;
    const table = Number(round) + 1;
    events.push(create(table, at), rows(table, at + 1n), rows(1, at + 2n), { type: 'sync-point', commitTs: at + 3n });
    events.push(rows(table, at + 4n), { ...create(table, at + 5n), kind: 'create view', adds: [], blockTables: { type: 'all' } });
    events.push(rows(table, at + 6n), { type: 'resolved', ts: at + 6n });
  }
  return { events, endTs: 606n };
}

test('22.18: an event for all behind a table that was just added waits for its dispatcher, whatever is lost (D-43, B-23, I-3, I-6)', {
  timeout: 300_000,
}, async () => {
  for (let seed = 1; seed <= SEEDS; seed++) await checkedRun({ seed, log: log(), ...profileOf(seed) });
});
