import { describe, expect, test } from 'vitest';
import { contents, foldLines, LogWriter, opening, twoRows } from '../testing/foldLog.js';

const log = new LogWriter();
const OPENING = opening(log);
const ROWS = twoRows(log);

describe('columns', () => {
  const alter = (steps: string): unknown => contents(foldLines([...OPENING, ...ROWS, log.ddl(`ALTER TABLE t ${steps}`)]))['d.t'];

  test.each([
    [
      'ADD w INT',
      [
        ['id', 'v', 'w'],
        ['1', 'a', null],
        ['2', null, null],
      ],
    ],
    [
      "ADD COLUMN w VARCHAR(9) NOT NULL DEFAULT 'x''y' FIRST",
      [
        ['w', 'id', 'v'],
        ["x'y", '1', 'a'],
        ["x'y", '2', null],
      ],
    ],
    [
      'ADD w INT NOT NULL DEFAULT -5 AFTER id',
      [
        ['id', 'w', 'v'],
        ['1', '-5', 'a'],
        ['2', '-5', null],
      ],
    ],
    [
      'ADD (w INT DEFAULT 1, x INT DEFAULT 2)',
      [
        ['id', 'v', 'w', 'x'],
        ['1', 'a', '1', '2'],
        ['2', null, '1', '2'],
      ],
    ],
    [
      'ADD IF NOT EXISTS v INT',
      [
        ['id', 'v'],
        ['1', 'a'],
        ['2', null],
      ],
    ],
    ['DROP v', [['id'], ['1'], ['2']]],
    ['DROP COLUMN V', [['id'], ['1'], ['2']]],
    [
      'DROP COLUMN IF EXISTS w',
      [
        ['id', 'v'],
        ['1', 'a'],
        ['2', null],
      ],
    ],
    [
      'RENAME COLUMN v TO w',
      [
        ['id', 'w'],
        ['1', 'a'],
        ['2', null],
      ],
    ],
    [
      'CHANGE v w VARCHAR(60)',
      [
        ['id', 'w'],
        ['1', 'a'],
        ['2', null],
      ],
    ],
    [
      'MODIFY v VARCHAR(60) FIRST',
      [
        ['v', 'id'],
        ['a', '1'],
        [null, '2'],
      ],
    ],
    [
      'MODIFY id BIGINT NOT NULL AFTER v',
      [
        ['v', 'id'],
        ['a', '1'],
        [null, '2'],
      ],
    ],
    [
      'ADD w INT DEFAULT 1, DROP v, RENAME COLUMN w TO v',
      [
        ['id', 'v'],
        ['1', '1'],
        ['2', '1'],
      ],
    ],
  ])('%s', (steps, expected) => {
    expect(alter(steps)).toEqual(expected);
  });

  test.each([
    ["CHAR(5) DEFAULT 'é'", 'é'],
    ['INT NOT NULL', '0'],
    ['BOOLEAN DEFAULT TRUE', '1'],
    ['BIGINT DEFAULT 007', '7'],
    ['DECIMAL(18,4) NOT NULL DEFAULT 0', '0.0000'],
    ['DECIMAL(5,2) DEFAULT -1.5', '-1.50'],
    ['DECIMAL(5) NOT NULL', '0'],
    ['VARCHAR(5) NOT NULL', ''],
    ["ENUM('new','paid') NOT NULL", 'new'],
    ["SET('a','b') NOT NULL", ''],
    ["DATETIME(6) DEFAULT '2020-01-02 03:04:05.5'", '2020-01-02 03:04:05.500000'],
    ["DATETIME DEFAULT '2020-01-02'", '2020-01-02 00:00:00'],
    ["DATE DEFAULT '2020-01-02'", '2020-01-02'],
    ['TIME(3) NOT NULL', '00:00:00.000'],
    ["TEXT DEFAULT _utf8mb4'x'", 'x'],
    ['INT DEFAULT NULL', null],
  ])('fills rows in: %s', (definition, value) => {
    expect(alter(`ADD w ${definition}`)).toEqual([
      ['id', 'v', 'w'],
      ['1', 'a', value],
      ['2', null, value],
    ]);
  });

  test.each([
    ['ADD w DATETIME DEFAULT CURRENT_TIMESTAMP', 'default is an expression'],
    ['ADD w INT DEFAULT (1 + 1)', 'default is an expression'],
    ['ADD w INT AS (id + 1)', 'row by row'],
    ['ADD w INT AUTO_INCREMENT UNIQUE', 'row by row'],
    ['ADD w JSON NOT NULL', 'JSON'],
    ['ADD w DECIMAL(5,1) DEFAULT 1.25', '1.25'],
    ['ADD v INT', 'already'],
    ['DROP w', "'w'"],
    ['ADD w INT AFTER x', "'x'"],
    ['MODIFY v VARCHAR(5)', 'converts'],
    ['MODIFY v INT', 'converts'],
    ['MODIFY v VARCHAR(20) NOT NULL', 'NOT NULL'],
    ['DROP PARTITION p', 'which rows'],
    ['EXCHANGE PARTITION p WITH TABLE t', 'which rows'],
  ])('refuses what only the server can tell: %s', (steps, named) => {
    expect(() => alter(steps)).toThrow(expect.objectContaining({ code: 'CANAL_FOLD' }));
    expect(() => alter(steps)).toThrow(named);
  });

  test('a table without rows takes any column', () => {
    const sql = 'ALTER TABLE t ADD w DATETIME DEFAULT CURRENT_TIMESTAMP, MODIFY v INT NOT NULL';
    expect(contents(foldLines([...OPENING, log.ddl(sql)]))['d.t']).toEqual([['id', 'v', 'w']]);
  });
});
