import { describe, expect, it } from 'vitest';
import { scenarioOf } from '../profiles.js';
import { generateWorkload } from './generate.js';
import { rerouted } from './routing.js';
import { rowBytes, rowOf, snapshotAt } from './workload.js';

const SEEDS = Array.from({ length: 40 }, (_, i) => i + 1);

describe('a random log', () => {
  it.each(['calm', 'tables'])('is in commit order and names only what exists (%s)', (profile) => {
    for (const seed of SEEDS) {
      const workload = generateWorkload(scenarioOf(seed, profile).workload);
      let last = workload.startTs;
      for (const event of workload.events) {
        const ts = event.type === 'resolved' ? event.ts : event.commitTs;
        expect(ts).toBeGreaterThanOrEqual(last);
        last = ts;
      }
      for (const { tableId, commitTs } of workload.rows) {
        const tables = snapshotAt(workload, commitTs - 1n).tables.map((table) => table.tableId);
        expect(tables).toContain(tableId);
      }
    }
  });

  it('is a prefix of the longer one of its seed', () => {
    const { workload } = scenarioOf(5, 'tables');
    const [short, long] = [generateWorkload({ ...workload, length: 40 }), generateWorkload({ ...workload, length: 90 })];
    expect(long.events.slice(0, 40)).toEqual(short.events.slice(0, 40));
  });

  it('leaves out with an event everything that cannot be without it', () => {
    for (const seed of SEEDS) {
      const options = scenarioOf(seed, 'tables').workload;
      const workload = generateWorkload({ ...options, omit: [[seed % 10, (seed % 10) + 8]] });
      for (const { tableId, commitTs } of workload.rows)
        expect(snapshotAt(workload, commitTs - 1n).tables.map((table) => table.tableId)).toContain(tableId);
    }
  });

  it('has every kind of block event sooner or later', () => {
    const kinds = new Set<string>();
    for (const seed of SEEDS)
      for (const { event } of generateWorkload(scenarioOf(seed, 'tables').workload).blocks)
        kinds.add(event.type === 'ddl' ? event.kind : 'sync point');
    expect([...kinds].sort()).toEqual([
      ...['add partition', 'alter partitions', 'alter schema', 'alter table', 'create table', 'create table like'],
      ...['create tables', 'create view', 'drop schema', 'drop tables', 'exchange partition', 'rename table', 'rename tables'],
      ...['reorganize partition', 'sync point', 'truncate table'],
    ]);
  });

  it('routes each name to a target that is free, but for the one DDL that clashes (section 23)', () => {
    let clashes = 0;
    for (const seed of SEEDS) {
      const options = scenarioOf(seed, 'routes').workload;
      expect(generateWorkload({ ...options, routes: 'legal' }).routing?.refused).toBeUndefined();
      const clashing = generateWorkload({ ...options, routes: 'clash' });
      if (clashing.routing?.refused !== undefined) clashes++;
      const { tables } = snapshotAt(clashing, clashing.endTs);
      // Nobody shares a name, so the rules can be changed to ones under which nobody shares a target.
      expect(new Set(tables.map(({ schema, table }) => `${schema}.${table}`)).size).toBe(tables.length);
      expect(rerouted(clashing).routing?.refused).toBeUndefined();
    }
    expect(clashes).toBeGreaterThan(SEEDS.length / 3);
  });

  it('writes the place of a row into its bytes', () => {
    for (const row of [0, 1, 255, 65_536, 2 ** 31, 2 ** 32 - 1]) expect(rowOf(rowBytes(row))).toBe(row);
    expect(rowOf(new Uint8Array(3))).toBe(-1);
  });
});
