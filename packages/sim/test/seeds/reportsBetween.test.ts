import type { SourceEvent } from '@tidegate/dispatcher';
import type { DdlEvent } from '@tidegate/protocol';
import { runScenario, scenarioOf, type Workload, workloadOf } from '@tidegate/sim';
import { expect, test } from 'vitest';

const SEEDS = Math.min(100, Number(process.env.TIDEGATE_SEEDS ?? 12));

/** A table is made between two events for all; its rows lie before the second, which therefore has to wait for its dispatcher. */
function log(): Workload {
  const ddl = (tableId: number, commitTs: bigint, fields: Partial<DdlEvent>): DdlEvent => ({
    ...{ type: 'ddl', commitTs, query: `create table t${tableId}`, kind: 'create table', schema: 's1', table: `t${tableId}` },
    ...{ blockTables: { type: 'normal', tableIds: [0] }, adds: [{ tableId, schemaId: 1, splittable: false }] },
    ...{ schemaChanges: [], admissions: [] },
    tables: [{ tableId, schemaId: 1, schema: 's1', table: `t${tableId}`, version: commitTs }],
    ...fields,
  });
  const rows = (tableId: number, commitTs: bigint): SourceEvent => {
    return { type: 'rows', tableId, commitTs, count: 1, bytes: new Uint8Array(0), key: Uint8Array.of(0, 0) };
  };
  const events: SourceEvent[] = [ddl(1, 10n, {}), rows(1, 11n), { type: 'resolved', ts: 11n }];
  for (let round = 1n; round <= 6n; round++) {
    const at = round * 100n;
    const table = Number(round) + 1;
    events.push(ddl(table, at, {}), rows(table, at + 1n), rows(1, at + 2n), { type: 'sync-point', commitTs: at + 3n });
    const view = { query: 'create view v', kind: 'create view', adds: [], blockTables: { type: 'all' } } as const;
    events.push(rows(table, at + 4n), ddl(table, at + 5n, view), rows(table, at + 6n), { type: 'resolved', ts: at + 6n });
  }
  return workloadOf([], 1n, [...events, { type: 'resolved', ts: 700n }]);
}

test('22.18: an event for all behind a table that was just added waits for its dispatcher, whatever is lost (D-43, B-23, I-3, I-6)', {
  timeout: 300_000,
}, async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { violations } = await runScenario(scenarioOf(seed, 'network'), { workload: log() });
    expect(violations, `seed ${seed}`).toEqual([]);
  }
});
