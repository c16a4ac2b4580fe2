import { describe, expect, test } from 'vitest';
import { CatalogueError } from '../errors.js';
import { applyStatement } from './applyStatement.js';
import { Catalogue } from './catalogue.js';
import type { DdlEffect } from './effect.js';
import { parseStatement } from './parse.js';

/** A catalogue after some statements, with `d` as the database of names without one. */
class Log {
  readonly catalogue = new Catalogue();
  #ts = 0n;

  run(sql: string, database = 'd'): DdlEffect {
    this.#ts++;
    return applyStatement(this.catalogue, parseStatement(sql), { sql, database, commitTs: this.#ts });
  }

  /** `database.table` to `tableId/schemaId@version`. */
  tables(): Record<string, string> {
    return Object.fromEntries(
      this.catalogue
        .tables()
        .map(({ schema, table, tableId, schemaId, version }) => [`${schema}.${table}`, `${tableId}/${schemaId}@${version}`]),
    );
  }
}

/** Databases d (schema 1) and e (2), tables d.a (1), d.b (2), e.c (3), view d.v; the next statement has ts 7. */
function base(): Log {
  const log = new Log();
  for (const sql of [
    'CREATE DATABASE d',
    'CREATE DATABASE e',
    'CREATE TABLE a (id INT)',
    'CREATE TABLE b (id INT)',
    'CREATE TABLE e.c (id INT)',
  ])
    log.run(sql);
  log.run('CREATE VIEW v AS SELECT 1');
  return log;
}

const T0 = { type: 'normal', tableIds: [0] };
const ALL = { type: 'all' };
const normal = (...tableIds: number[]): object => ({ type: 'normal', tableIds });
const db = (schemaId: number): object => ({ type: 'db', schemaId });
const added = (tableId: number, schemaId: number): object => ({ tableId, schemaId, splittable: false });

interface Touches {
  blockTables: object;
  drops?: object;
  adds?: object[];
  schemaChanges?: object[];
  /** Names after the statement of the tables that it creates or changes. */
  tables?: string[];
}

const TABLE: readonly [string, Touches][] = [
  ['CREATE DATABASE f', { blockTables: T0 }],
  ['CREATE DATABASE IF NOT EXISTS d', { blockTables: T0 }],
  ['CREATE OR REPLACE DATABASE d', { blockTables: db(1), drops: db(1) }],
  ['ALTER DATABASE e CHARACTER SET utf8', { blockTables: db(2) }],
  ['ALTER DATABASE CHARACTER SET utf8', { blockTables: db(1) }],
  ['DROP DATABASE d', { blockTables: db(1), drops: db(1) }],
  ['DROP DATABASE IF EXISTS f', { blockTables: T0 }],
  ['CREATE TABLE f (id INT)', { blockTables: T0, adds: [added(4, 1)], tables: ['d.f'] }],
  ['CREATE TABLE e.f LIKE a', { blockTables: normal(1, 0), adds: [added(4, 2)], tables: ['e.f'] }],
  ['CREATE TABLE IF NOT EXISTS a (id INT)', { blockTables: T0 }],
  ['CREATE TABLE IF NOT EXISTS a LIKE b', { blockTables: T0 }],
  ['CREATE TABLE IF NOT EXISTS v (id INT)', { blockTables: T0 }],
  ['CREATE OR REPLACE TABLE a (id INT)', { blockTables: normal(1, 0), drops: normal(1), adds: [added(4, 1)], tables: ['d.a'] }],
  ['CREATE OR REPLACE TABLE a LIKE b', { blockTables: normal(1, 2, 0), drops: normal(1), adds: [added(4, 1)], tables: ['d.a'] }],
  ['CREATE OR REPLACE TABLE f (id INT)', { blockTables: T0, adds: [added(4, 1)], tables: ['d.f'] }],
  ['CREATE TEMPORARY TABLE a (id INT)', { blockTables: T0 }],
  ['DROP TABLE a', { blockTables: normal(1, 0), drops: normal(1) }],
  ['DROP TABLE e.c, a', { blockTables: normal(3, 1, 0), drops: normal(3, 1) }],
  ['DROP TABLE IF EXISTS x, b', { blockTables: normal(2, 0), drops: normal(2) }],
  ['DROP TABLE IF EXISTS x, v', { blockTables: T0 }],
  ['DROP TEMPORARY TABLE a', { blockTables: T0 }],
  ['TRUNCATE TABLE e.c', { blockTables: normal(3, 0), drops: normal(3), adds: [added(4, 2)], tables: ['e.c'] }],
  ['RENAME TABLE a TO f', { blockTables: normal(1, 0), tables: ['d.f'] }],
  [
    'RENAME TABLE a TO e.a',
    { blockTables: normal(1, 0), schemaChanges: [{ tableId: 1, oldSchemaId: 1, newSchemaId: 2 }], tables: ['e.a'] },
  ],
  ['RENAME TABLE a TO x, b TO a, x TO b', { blockTables: normal(1, 2, 0), tables: ['d.b', 'd.a'] }],
  [
    'RENAME TABLE a TO d.x, e.c TO d.a, d.x TO e.c',
    {
      blockTables: normal(1, 3, 0),
      schemaChanges: [
        { tableId: 1, oldSchemaId: 1, newSchemaId: 2 },
        { tableId: 3, oldSchemaId: 2, newSchemaId: 1 },
      ],
      tables: ['e.c', 'd.a'],
    },
  ],
  ['RENAME TABLE a TO e.x, e.x TO f', { blockTables: normal(1, 0), tables: ['d.f'] }],
  ['RENAME TABLE IF EXISTS x TO y', { blockTables: T0 }],
  ['RENAME TABLE v TO w', { blockTables: T0 }],
  ['ALTER TABLE a ADD COLUMN x INT', { blockTables: normal(1), tables: ['d.a'] }],
  ['ALTER TABLE IF EXISTS x ADD COLUMN x INT', { blockTables: T0 }],
  [
    'ALTER TABLE a RENAME TO e.z, ADD COLUMN x INT',
    { blockTables: normal(1, 0), schemaChanges: [{ tableId: 1, oldSchemaId: 1, newSchemaId: 2 }], tables: ['e.z'] },
  ],
  ['ALTER TABLE a RENAME TO a', { blockTables: normal(1), tables: ['d.a'] }],
  ['ALTER TABLE a DROP PARTITION p', { blockTables: normal(1), tables: ['d.a'] }],
  ['ALTER TABLE a EXCHANGE PARTITION p WITH TABLE e.c', { blockTables: normal(1, 3, 0), tables: ['d.a', 'e.c'] }],
  ['ALTER TABLE a CONVERT PARTITION p TO TABLE f', { blockTables: normal(1, 0), adds: [added(4, 1)], tables: ['d.a', 'd.f'] }],
  ['ALTER TABLE a CONVERT TABLE b TO PARTITION p', { blockTables: normal(1, 2, 0), drops: normal(2), tables: ['d.a'] }],
  ['CREATE INDEX i ON e.c (id)', { blockTables: normal(3), tables: ['e.c'] }],
  ['DROP INDEX i ON a', { blockTables: normal(1), tables: ['d.a'] }],
  ['CREATE VIEW w AS SELECT 1', { blockTables: ALL }],
  ['CREATE OR REPLACE VIEW v AS SELECT 1', { blockTables: ALL }],
  ['CREATE VIEW IF NOT EXISTS v AS SELECT 1', { blockTables: T0 }],
  ['ALTER VIEW v AS SELECT 2', { blockTables: ALL }],
  ['DROP VIEW v', { blockTables: T0 }],
  ['DROP VIEW IF EXISTS w', { blockTables: T0 }],
  ['CREATE TRIGGER g AFTER INSERT ON a FOR EACH ROW SET @x = 1', { blockTables: ALL }],
  ['GRANT ALL ON *.* TO u', { blockTables: T0 }],
];

describe('what a DDL touches (protocol, section 3)', () => {
  test.each(TABLE)('%s', (sql, { blockTables, drops, adds = [], schemaChanges = [], tables = [] }) => {
    const log = base();
    const effect = log.run(sql);
    expect(effect.blockTables).toEqual(blockTables);
    expect(effect.drops).toEqual(drops);
    expect(effect.adds).toEqual(adds);
    expect(effect.schemaChanges).toEqual(schemaChanges);
    expect(effect.tables.map(({ schema, table }) => `${schema}.${table}`)).toEqual(tables);
    for (const table of effect.tables) {
      expect(table.version).toBe(7n);
      expect(log.catalogue.table(table.schema, table.table)).toEqual(table);
    }
  });

  test('M-1: everything that adds, drops or moves a table includes T0, or a whole database', () => {
    for (const [sql] of TABLE) {
      const { blockTables, drops, adds, schemaChanges } = base().run(sql);
      if (drops === undefined && adds.length === 0 && schemaChanges.length === 0) continue;
      expect(blockTables.type === 'normal' ? blockTables.tableIds : [0], sql).toContain(0);
    }
  });

  test('M-2: All never carries drops', () => {
    for (const [sql] of TABLE) {
      const { blockTables, drops } = base().run(sql);
      if (blockTables.type === 'all') expect(drops, sql).toBeUndefined();
    }
  });
});

describe('the catalogue', () => {
  test('ids count from 1 in the order of the log and are never reused', () => {
    const log = base();
    expect(log.tables()).toEqual({ 'd.a': '1/1@3', 'd.b': '2/1@4', 'e.c': '3/2@5' });
    log.run('DROP TABLE e.c');
    log.run('DROP DATABASE e');
    log.run('CREATE DATABASE e');
    log.run('CREATE TABLE e.c (id INT)');
    expect(log.tables()['e.c']).toBe('4/3@10');
  });

  test('a rename keeps the id, a truncate gives a new one', () => {
    const log = base();
    log.run('RENAME TABLE a TO x, b TO a, x TO b');
    expect(log.tables()).toMatchObject({ 'd.b': '1/1@7', 'd.a': '2/1@7' });
    log.run('TRUNCATE a');
    expect(log.tables()).toMatchObject({ 'd.b': '1/1@7', 'd.a': '4/1@8' });
  });

  test('dropping a database drops its tables and views', () => {
    const log = base();
    log.run('DROP DATABASE d');
    expect(Object.keys(log.tables())).toEqual(['e.c']);
    log.run('CREATE DATABASE d');
    expect(log.catalogue.hasView('d', 'v')).toBe(false);
    log.run('CREATE TABLE v (id INT)');
  });

  test('names are compared as they are written (lower_case_table_names = 0)', () => {
    const log = base();
    log.run('CREATE TABLE A (id INT)');
    expect(log.tables()).toMatchObject({ 'd.a': '1/1@3', 'd.A': '4/1@7' });
    expect(() => log.run('DROP TABLE E.c')).toThrow(CatalogueError);
  });

  test('a renamed view goes by its new name only', () => {
    const log = base();
    log.run('RENAME TABLE v TO w');
    expect(() => log.run('DROP VIEW v')).toThrow(CatalogueError);
    log.run('DROP VIEW w');
  });

  test.each([
    ['CREATE DATABASE d', "already a database 'd'"],
    ['DROP DATABASE f', "no database 'f'"],
    ['ALTER DATABASE f COLLATE x', "no database 'f'"],
    ['CREATE TABLE a (id INT)', "already a table 'd.a'"],
    ['CREATE TABLE v (id INT)', "already a view 'd.v'"],
    ['CREATE TABLE f.a (id INT)', "no database 'f'"],
    ['CREATE TABLE f LIKE x', "no table 'd.x'"],
    ['DROP TABLE x', "no table 'd.x'"],
    ['DROP TABLE a, a', "no table 'd.a'"],
    ['DROP TABLE v', "no table 'd.v'"],
    ['TRUNCATE x', "no table 'd.x'"],
    ['RENAME TABLE x TO y', "no table 'd.x'"],
    ['RENAME TABLE a TO b', "already a table 'd.b'"],
    ['RENAME TABLE a TO v', "already a view 'd.v'"],
    ['RENAME TABLE a TO a', "already a table 'd.a'"],
    ['RENAME TABLE a TO f.a', "no database 'f'"],
    ['ALTER TABLE x ADD y INT', "no table 'd.x'"],
    ['ALTER TABLE a RENAME TO b', "already a table 'd.b'"],
    ['ALTER TABLE a EXCHANGE PARTITION p WITH TABLE x', "no table 'd.x'"],
    ['CREATE INDEX i ON x (y)', "no table 'd.x'"],
    ['CREATE VIEW v AS SELECT 1', "already a view 'd.v'"],
    ['CREATE OR REPLACE VIEW a AS SELECT 1', "already a table 'd.a'"],
    ['ALTER VIEW w AS SELECT 1', "no view 'w'"],
    ['DROP VIEW w', "no view 'd.w'"],
    ['DROP VIEW a', "no view 'd.a'"],
  ])('refuses what contradicts it: %s', (sql, reason) => {
    const run = (): unknown => base().run(sql);
    expect(run).toThrow(CatalogueError);
    expect(run).toThrow(reason);
    expect(run).toThrow(sql);
  });

  test('a name without a database needs one from the message', () => {
    expect(() => base().run('DROP TABLE a', '')).toThrow(/no database/);
    expect(base().run('DROP TABLE e.c', '').blockTables).toEqual(normal(3, 0));
  });
});
