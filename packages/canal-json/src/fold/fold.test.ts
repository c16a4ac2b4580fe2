import { describe, expect, test } from 'vitest';
import { contents, foldLines, LogWriter, opening, twoRows } from '../testing/foldLog.js';
import { rowLine } from '../testing/log.js';

const log = new LogWriter();
const OPENING = opening(log);
const ROWS = twoRows(log);

describe('rows', () => {
  test('inserts, updates with a changed key, deletes', () => {
    const result = foldLines([
      ...OPENING,
      ...ROWS,
      log.update('t', { id: '3', v: 'b' }, { id: '1', v: 'a' }),
      log.remove('t', { id: '2', v: null }),
    ]);
    expect(contents(result)).toEqual({
      'd.t': [
        ['id', 'v'],
        ['3', 'b'],
      ],
    });
    expect([result.overwritten, result.missing]).toEqual([0, 0]);
  });

  test('one message may move keys around', () => {
    const swap = rowLine(1_000_000n, 't', '', { type: 'UPDATE', data: { id: 'X' }, old: {} })
      .replace('[{"id":"X"}]', '[{"id":"2","v":"a"},{"id":"1","v":null}]')
      .replace('"old":[{}]', '"old":[{"id":"1"},{"id":"2"}]');
    expect(contents(foldLines([...OPENING, ...ROWS, swap]))['d.t']).toEqual([
      ['id', 'v'],
      ['2', 'a'],
      ['1', null],
    ]);
  });

  test('what comes again changes nothing, and is counted', () => {
    const change = [log.update('t', { id: '3', v: 'b' }, { id: '1' }), log.remove('t', { id: '2', v: null })];
    const once = foldLines([...OPENING, ...ROWS, ...change]);
    const again = foldLines([...OPENING, ...ROWS, ...change, ...ROWS, ...change]);
    expect(contents(again)).toEqual(contents(once));
    expect(again.overwritten).toBe(1);
  });

  test('keys of several columns do not run into one another', () => {
    const pk = (line: string): string => line.replace('"pkNames":["id"]', '"pkNames":["id","v"]');
    const rows = [log.insert('t', { id: '1,', v: '2' }), log.insert('t', { id: '1', v: ',2' })].map(pk);
    expect(contents(foldLines([...OPENING, ...rows]))['d.t']).toHaveLength(3);
  });

  test('another primary key from some row on', () => {
    const other = log.update('t', { id: '9', v: 'a' }, { id: '1' }).replace('"pkNames":["id"]', '"pkNames":["v"]');
    expect(
      contents(foldLines([...OPENING, log.insert('t', { id: '1', v: 'a' }), log.insert('t', { id: '2', v: 'b' }), other]))['d.t'],
    ).toEqual([
      ['id', 'v'],
      ['2', 'b'],
      ['9', 'a'],
    ]);
  });

  test.each([
    ['a table that does not exist', log.insert('x', { id: '1', v: '' }), /d\.x.*no such table/],
    ['a row without a column', log.insert('t', { id: '1' }), /no column 'v'/],
    ['a row with a column too many', log.insert('t', { id: '1', v: '', w: '' }), /no column 'w'/],
    ['a table without a key', log.insert('t', { id: '1', v: '' }).replace('["id"]', '[]'), /no primary key/],
  ])('refuses %s', (_, line, message) => {
    const run = (): unknown => foldLines([...OPENING, line]);
    expect(run).toThrow(expect.objectContaining({ code: 'CANAL_FOLD' }));
    expect(run).toThrow(message);
  });
});

describe('tables', () => {
  const run = (...statements: string[]): Record<string, unknown> =>
    contents(foldLines([...OPENING, ...ROWS, ...statements.map((sql) => log.ddl(sql))]));
  const t = [
    ['id', 'v'],
    ['1', 'a'],
    ['2', null],
  ];

  test('truncate, drop, drop database', () => {
    expect(run('TRUNCATE t')).toEqual({ 'd.t': [['id', 'v']] });
    expect(run('DROP TABLE t')).toEqual({});
    expect(run('CREATE DATABASE e', 'CREATE TABLE e.u (id INT)', 'DROP DATABASE d')).toEqual({ 'e.u': [['id']] });
  });

  test('LIKE takes the columns and no rows; a later change of one leaves the other alone', () => {
    expect(run('CREATE TABLE u LIKE t', 'ALTER TABLE u ADD w INT')).toEqual({ 'd.t': t, 'd.u': [['id', 'v', 'w']] });
  });

  test('CREATE OR REPLACE, IF NOT EXISTS, TEMPORARY', () => {
    expect(run('CREATE OR REPLACE TABLE t (x INT)')).toEqual({ 'd.t': [['x']] });
    expect(run('CREATE TABLE IF NOT EXISTS t (x INT)', 'CREATE TEMPORARY TABLE t (y INT)')).toEqual({ 'd.t': t });
  });

  test('renames, swaps through a third name, across databases', () => {
    expect(run('CREATE DATABASE e', 'CREATE TABLE e.u (x INT)', 'RENAME TABLE t TO x, e.u TO t, x TO e.u')).toEqual({
      'd.t': [['x']],
      'e.u': t,
    });
    expect(run('ALTER TABLE t RENAME TO u, ADD w INT DEFAULT 5')).toEqual({
      'd.u': [
        ['id', 'v', 'w'],
        ['1', 'a', '5'],
        ['2', null, '5'],
      ],
    });
  });

  test('views, indexes and statements without data change nothing', () => {
    expect(
      run('CREATE VIEW w AS SELECT 1', 'CREATE INDEX i ON t (v)', 'DROP VIEW w', 'FLUSH TABLES', 'ALTER DATABASE d COLLATE x'),
    ).toEqual({ 'd.t': t });
  });
});
