import type { Value } from './columnValues.js';
import type { FinalTable } from './finalTables.js';
import type { FoldResultTable } from './fold.js';

/** One thing that differs. Rows are named by their key. */
export type Difference =
  | { readonly type: 'missing-table' | 'unexpected-table'; readonly table: string }
  | { readonly type: 'columns'; readonly table: string; readonly folded: readonly string[]; readonly final: readonly string[] }
  | { readonly type: 'missing-row' | 'unexpected-row'; readonly table: string; readonly key: string }
  | {
      readonly type: 'cell';
      readonly table: string;
      readonly key: string;
      readonly column: string;
      readonly folded: Value;
      readonly final: Value;
    };

export interface Comparison {
  readonly tables: number;
  readonly rows: number;
  readonly cells: number;
  /** How many differences there are, listed or not. */
  readonly count: number;
  /** The first of them. */
  readonly differences: readonly Difference[];
}

/**
 * Compares folded tables with what the server held, cell by cell. `missing`: the server has it and the fold does not;
 * `unexpected`: the reverse. Tables, columns (with their order) and rows (without) must agree. At most `limit` differences
 * (default 100) are listed; all are counted.
 */
export function compareTables(
  folded: Iterable<FoldResultTable>,
  final: Iterable<FinalTable>,
  options: { readonly limit?: number } = {},
): Comparison {
  const { limit = 100 } = options;
  const differences: Difference[] = [];
  let count = 0;
  const differ = (difference: Difference): void => {
    count++;
    if (differences.length < limit) differences.push(difference);
  };
  const left = new Map<string, FoldResultTable>();
  for (const table of folded) left.set(nameOf(table), table);
  let [tables, rows, cells] = [0, 0, 0];
  for (const expected of final) {
    const name = nameOf(expected);
    const found = left.get(name);
    left.delete(name);
    tables++;
    rows += expected.rows.length;
    cells += expected.rows.length * expected.columns.length;
    if (found === undefined) differ({ type: 'missing-table', table: name });
    else compareTable(name, found, expected, differ);
  }
  for (const name of left.keys()) differ({ type: 'unexpected-table', table: name });
  return { tables, rows, cells, count, differences };
}

function compareTable(
  name: string,
  { contents }: FoldResultTable,
  expected: FinalTable,
  differ: (difference: Difference) => void,
): void {
  const columns = contents.columnNames();
  if (columns.length !== expected.columns.length || columns.some((column, index) => column !== expected.columns[index])) {
    differ({ type: 'columns', table: name, folded: columns, final: expected.columns });
    return;
  }
  // Without rows the fold knows no key, and needs none.
  const keyNames = contents.key.length > 0 ? contents.key : columns;
  const keyAt = keyNames.map((key) => columns.indexOf(key));
  const keyOf = (row: readonly Value[]): string => keyAt.map((at) => row[at] ?? 'NULL').join(', ');
  const left = new Map<string, readonly Value[]>();
  for (const row of contents.rows()) left.set(keyOf(row), row);
  for (const row of expected.rows) {
    const key = keyOf(row);
    const found = left.get(key);
    left.delete(key);
    if (found === undefined) {
      differ({ type: 'missing-row', table: name, key });
      continue;
    }
    for (const [at, column] of columns.entries()) {
      const [value, wanted] = [found[at] ?? null, row[at] ?? null];
      if (value !== wanted) differ({ type: 'cell', table: name, key, column, folded: value, final: wanted });
    }
  }
  for (const key of left.keys()) differ({ type: 'unexpected-row', table: name, key });
}

function nameOf(table: { readonly database: string; readonly table: string }): string {
  return `${table.database}.${table.table}`;
}
