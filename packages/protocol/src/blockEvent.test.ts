import { describe, expect, test } from 'vitest';
import {
  blockFactsOf,
  compareEventKeys,
  type DdlEvent,
  formatEventKey,
  hasScheduleChanges,
  type Influence,
  sameEventKey,
} from './blockEvent.js';

type Mutable<T> = T extends object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T;

function ddl(fields: Partial<DdlEvent> = {}): Mutable<DdlEvent> {
  const event: DdlEvent = {
    type: 'ddl',
    commitTs: 100n,
    query: 'q',
    kind: 'k',
    schema: 's',
    table: 't',
    adds: [],
    schemaChanges: [],
    admissions: [],
    tables: [],
    ...fields,
  };
  return event as Mutable<DdlEvent>;
}

describe('HasTableScheduleChanges (D-24)', () => {
  const add = { tableId: 1, schemaId: 1, splittable: false };
  const cases: [string, { adds: (typeof add)[]; drops?: Influence }, boolean][] = [
    ['nothing', { adds: [] }, false],
    ['an empty add list and no drops', { adds: [] }, false],
    ['one add', { adds: [add] }, true],
    ['a Normal drop with no ids', { adds: [], drops: { type: 'normal', tableIds: [] } }, false],
    ['a Normal drop of table 1', { adds: [], drops: { type: 'normal', tableIds: [1] } }, true],
    ['a DB drop', { adds: [], drops: { type: 'db', schemaId: 1 } }, true],
    ['an All drop', { adds: [], drops: { type: 'all' } }, true],
  ];
  test.each(cases)('%s', (_, event, expected) => {
    expect(hasScheduleChanges(event)).toBe(expected);
  });
});

describe('facts are copies: nobody can change what was reported (D-23)', () => {
  test('WaitingBlockStatusClonesMutableMetadata', () => {
    const event = ddl({
      blockTables: { type: 'normal', tableIds: [0, 1, 2] },
      drops: { type: 'normal', tableIds: [3, 4] },
      adds: [{ schemaId: 10, tableId: 11, splittable: true }],
      schemaChanges: [{ tableId: 12, oldSchemaId: 13, newSchemaId: 14 }],
    });
    const facts = blockFactsOf(event as DdlEvent, { fromTrigger: false });
    (event.blockTables as { tableIds: number[] }).tableIds[0] = 101;
    (event.drops as { tableIds: number[] }).tableIds[0] = 102;
    (event.adds[0] as { tableId: number }).tableId = 103;
    (event.schemaChanges[0] as { newSchemaId: number }).newSchemaId = 104;
    expect(facts.blockTables).toEqual({ type: 'normal', tableIds: [0, 1, 2] });
    expect(facts.drops).toEqual({ type: 'normal', tableIds: [3, 4] });
    expect(facts.adds[0]?.tableId).toBe(11);
    expect(facts.schemaChanges[0]?.newSchemaId).toBe(14);
  });

  test('NoneBlockStatusClonesMutableMetadata', () => {
    const event = ddl({
      commitTs: 200n,
      drops: { type: 'normal', tableIds: [5, 6] },
      adds: [{ schemaId: 20, tableId: 21, splittable: false }],
    });
    const facts = blockFactsOf(event as DdlEvent, { fromTrigger: false });
    (event.drops as { tableIds: number[] }).tableIds[0] = 201;
    (event.adds[0] as { tableId: number }).tableId = 202;
    expect(facts).toEqual({
      key: { commitTs: 200n, isSyncPoint: false },
      drops: { type: 'normal', tableIds: [5, 6] },
      adds: [{ schemaId: 20, tableId: 21, splittable: false }],
      schemaChanges: [],
      admissions: [],
    });
  });

  test('RouteTableAdmissionsOnlyReportedByTableTrigger (N-1)', () => {
    const event = ddl({ admissions: [{ type: 'release', schema: 'db', table: 'p' }] }) as DdlEvent;
    expect(blockFactsOf(event, { fromTrigger: true }).admissions).toEqual([{ type: 'release', schema: 'db', table: 'p' }]);
    expect(blockFactsOf(event, { fromTrigger: false }).admissions).toEqual([]);
  });

  test('a sync point influences All and never adds, drops or moves', () => {
    expect(blockFactsOf({ type: 'sync-point', commitTs: 7n }, { fromTrigger: true })).toEqual({
      key: { commitTs: 7n, isSyncPoint: true },
      blockTables: { type: 'all' },
      adds: [],
      schemaChanges: [],
      admissions: [],
    });
  });
});

test('keys order by ts, a DDL before a sync point at the same ts (B-1)', () => {
  const key = (commitTs: bigint, isSyncPoint: boolean) => ({ commitTs, isSyncPoint });
  const sorted = [key(2n, true), key(1n, true), key(2n, false), key(1n, false)].sort(compareEventKeys).map(formatEventKey);
  expect(sorted).toEqual(['1', '1/sync', '2', '2/sync']);
  expect(sameEventKey(key(1n, true), key(1n, false))).toBe(false);
  expect(sameEventKey(key(1n, true), key(1n, true))).toBe(true);
});
