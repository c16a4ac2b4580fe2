import type { DdlEvent, RouteAdmission, RouteRule } from '@tidegate/protocol';
import { describe, expect, test } from 'vitest';
import { ddlLine, readEvents, sourceOf } from './testing/log.js';

const ROUTES: readonly RouteRule[] = [{ match: '*.*', to: 'target_db.{table}_routed' }];
const TS = 462_422_016_000_000_000n;

const release = (schema: string, table: string): RouteAdmission => ({ type: 'release', schema, table });
const admit = (schema: string, table: string): RouteAdmission => {
  return { type: 'admit', schema, table, targetSchema: 'target_db', targetTable: `${table}_routed` };
};

/** A log of these statements in database `db`, one ts apart. */
function logOf(statements: readonly string[]): string[] {
  return statements.map((sql, index) => ddlLine(TS + BigInt(index), sql, 'db'));
}

/** Admissions of the last of these statements. */
async function admissionsOf(statements: readonly string[], routes?: readonly RouteRule[]): Promise<readonly RouteAdmission[]> {
  const events = await readEvents(sourceOf(logOf(statements), routes && { routes }));
  const ddls = events.filter((event): event is DdlEvent => event.type === 'ddl');
  expect(ddls).toHaveLength(statements.length);
  return ddls.at(-1)?.admissions ?? [];
}

const BASE = ['CREATE DATABASE db', 'CREATE DATABASE db2'];
const create = (...tables: string[]): string[] => [...BASE, ...tables.map((table) => `CREATE TABLE ${table} (id INT)`)];
const PARTITIONED = 'CREATE TABLE p (id INT) PARTITION BY HASH (id) PARTITIONS 4';

describe('RouteTableAdmissionsForNameLevelDDLs, from statements (N-1)', () => {
  test.each<[string, readonly string[], readonly RouteAdmission[]]>([
    ['create', create('p'), [admit('db', 'p')]],
    ['create like', [...create('t1'), 'CREATE TABLE t2 LIKE t1'], [admit('db', 't2')]],
    ['drop', [...create('p'), 'DROP TABLE p'], [release('db', 'p')]],
    ['drop two', [...create('t1', 't2'), 'DROP TABLE t1, t2'], [release('db', 't1'), release('db', 't2')]],
    ['rename', [...create('p'), 'RENAME TABLE p TO db2.p2'], [release('db', 'p'), admit('db2', 'p2')]],
    [
      'rename two',
      [...create('t1', 't2'), 'RENAME TABLE t1 TO t1_new, t2 TO t2_new'],
      [release('db', 't1'), release('db', 't2'), admit('db', 't1_new'), admit('db', 't2_new')],
    ],
    ['drop schema', [...create('p'), 'DROP DATABASE db'], [{ type: 'release-schema', schema: 'db' }]],
    ['partition truncate', [...BASE, PARTITIONED, 'ALTER TABLE p TRUNCATE PARTITION p0'], []],
    ['drop without name change', [...BASE, PARTITIONED, 'ALTER TABLE p DROP PARTITION p0'], []],
    ['drop of what is not there', [...create('p'), 'DROP TABLE IF EXISTS q'], []],
    ['truncate: another table of the same name', [...create('p'), 'TRUNCATE TABLE p'], []],
    ['replace of a table', [...create('p'), 'CREATE OR REPLACE TABLE p (id INT)'], []],
    ['replace of a schema', [...create('p'), 'CREATE OR REPLACE DATABASE db'], [{ type: 'release-schema', schema: 'db' }]],
    ['swap: the same names', [...create('t1', 't2'), 'RENAME TABLE t1 TO x, t2 TO t1, x TO t2'], []],
    ['rename by alter', [...create('p'), 'ALTER TABLE p ADD v INT, RENAME TO q'], [release('db', 'p'), admit('db', 'q')]],
    ['alter', [...create('p'), 'ALTER TABLE p ADD v INT'], []],
    ['create schema', BASE, []],
    ['view', [...create('p'), 'CREATE VIEW v AS SELECT * FROM p'], []],
    ['a name that cannot be routed: none at all', [...create('p'), `RENAME TABLE p TO ${'x'.repeat(60)}`], []],
  ])('%s', async (_, statements, expected) => {
    expect(await admissionsOf(statements, ROUTES)).toEqual(expected);
  });
});

test('without rules no DDL has admissions, and the snapshot has no owners (section 23)', async () => {
  expect(await admissionsOf(create('p'))).toEqual([]);
  const snapshot = await sourceOf(logOf(create('p'))).open({ startTs: TS + 9n, signal: new AbortController().signal });
  expect(snapshot).not.toHaveProperty('routes');
});

test('opened amid a log, the snapshot says who has which target then, and the next DDL admits only what is new', async () => {
  const source = sourceOf(logOf([...create('a', 'db2.b'), 'RENAME TABLE a TO c', 'CREATE TABLE d (id INT)']), { routes: ROUTES });
  const snapshot = await source.open({ startTs: TS + 4n, signal: new AbortController().signal });
  expect(snapshot.routes).toEqual([admit('db', 'c'), admit('db2', 'b')]);
  const [event] = (await source.read()) ?? [];
  expect(event).toMatchObject({ type: 'ddl', admissions: [admit('db', 'd')] });
});
