import { describe, expect, test } from 'vitest';
import { readMessages } from '../readMessages.js';
import { foldLines, LogWriter, opening, twoRows } from '../testing/foldLog.js';
import { compareTables } from './compareTables.js';
import { type FinalTable, readFinalTables } from './finalTables.js';
import { Fold } from './fold.js';

const log = new LogWriter();
const OPENING = opening(log);
const ROWS = twoRows(log);

describe('the recorded logs', () => {
  const pathOf = (name: string): string => new URL(`../../../../test/data/${name}.jsonl.gz`, import.meta.url).pathname;
  async function finalTables(name: string): Promise<FinalTable[]> {
    const tables: FinalTable[] = [];
    for await (const table of readFinalTables(pathOf(`${name}.final`))) tables.push(table);
    return tables;
  }
  async function folded(name: string): Promise<Fold> {
    const result = new Fold();
    for await (const message of readMessages({ path: pathOf(`${name}.canal`) })) result.add(message);
    return result;
  }

  test.each([
    ['shop', 29, 2478],
    ['bank', 32, 10_818],
  ])('%s folds to what the server held, in every cell', async (name, tables, rows) => {
    const result = await folded(name);
    const comparison = compareTables(result.tables(), await finalTables(name));
    expect(comparison).toMatchObject({ tables, rows, count: 0, differences: [] });
    expect(comparison.cells).toBeGreaterThan(rows * 9);
    expect([result.overwritten, result.missing]).toEqual([0, 0]);
  });

  test('one cell changed anywhere is found', async () => {
    const result = (await folded('shop')).tables();
    const final = await finalTables('shop');
    for (const at of [0, 14, 28]) {
      const table = final[at] as FinalTable;
      const rows = table.rows.map((row) => [...row]);
      const last = rows.at(-1) as (string | null)[];
      const was = last[3] ?? null;
      last[3] = `${was} `;
      const changed = final.map((other) => (other === table ? { ...table, rows } : other));
      const { count, differences } = compareTables(result, changed);
      expect(count).toBe(1);
      expect(differences).toEqual([
        {
          type: 'cell',
          table: `${table.database}.${table.table}`,
          key: last[0],
          column: table.columns[3],
          folded: was,
          final: `${was} `,
        },
      ]);
    }
  });
});

describe('compareTables', () => {
  const result = foldLines([...OPENING, ...ROWS]).tables();
  const table = (rows: (string | null)[][], columns = ['id', 'v']): FinalTable => ({ database: 'd', table: 't', columns, rows });

  test.each([
    [
      'a missing table',
      [
        table([
          ['1', 'a'],
          ['2', null],
        ]),
        { ...table([]), table: 'u' },
      ],
      [{ type: 'missing-table', table: 'd.u' }],
    ],
    ['an unexpected table', [], [{ type: 'unexpected-table', table: 'd.t' }]],
    [
      'columns in another order',
      [table([], ['v', 'id'])],
      [{ type: 'columns', table: 'd.t', folded: ['id', 'v'], final: ['v', 'id'] }],
    ],
    [
      'a missing row',
      [
        table([
          ['1', 'a'],
          ['2', null],
          ['3', 'c'],
        ]),
      ],
      [{ type: 'missing-row', table: 'd.t', key: '3' }],
    ],
    ['an unexpected row', [table([['2', null]])], [{ type: 'unexpected-row', table: 'd.t', key: '1' }]],
    [
      'NULL is not empty',
      [
        table([
          ['1', 'a'],
          ['2', ''],
        ]),
      ],
      [{ type: 'cell', table: 'd.t', key: '2', column: 'v', folded: null, final: '' }],
    ],
  ])('finds %s', (_, final, differences) => {
    expect(compareTables(result, final)).toMatchObject({ count: 1, differences });
  });

  test('lists the first differences and counts all', () => {
    const rows = Array.from({ length: 500 }, (_, index) => [`x${index}`, null]);
    const { count, differences } = compareTables(result, [table(rows)], { limit: 10 });
    expect(count).toBe(502);
    expect(differences).toHaveLength(10);
  });
});
