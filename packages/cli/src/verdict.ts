import type { Comparison, Difference } from '@tidegate/canal-json/fold';
import { count, cut, plural, printable, timestamp } from './format.js';

/** What came of a verification. */
export interface Verdict {
  readonly dir: string;
  readonly against: string;
  readonly checkpointTs: bigint;
  /** Row messages and DDLs that were carried out. */
  readonly changes: number;
  readonly ddls: number;
  /** Row changes that met a row where none was expected, or none where one was. */
  readonly overwritten: number;
  readonly missing: number;
  readonly comparison: Comparison;
}

/** Longest value that a difference shows, in characters. */
const VALUE_WIDTH = 60;

/** The verdict for people, with a line break at its end. Pure. */
export function verdictText(verdict: Verdict): string {
  const { comparison, dir, against } = verdict;
  const compared = `${plural(comparison.tables, 'table')}, ${plural(comparison.rows, 'row')}, ${plural(comparison.cells, 'cell')}`;
  const carriedOut = `${plural(verdict.changes, 'row change')} and ${plural(verdict.ddls, 'DDL')}, up to ${timestamp(verdict.checkpointTs)}`;
  const lines = [
    comparison.count === 0 ? `${dir} agrees with ${against}` : `${dir} differs from ${against}`,
    `  carried out ${carriedOut}`,
    `  compared    ${compared}`,
    `  differences ${count(comparison.count)}`,
  ];
  if (verdict.overwritten + verdict.missing > 0) {
    lines.push(
      `  unexpected  ${plural(verdict.overwritten, 'row')} inserted over another, ${plural(verdict.missing, 'row')} changed that did not exist`,
    );
  }
  for (const difference of comparison.differences) lines.push(`  ${differenceText(difference)}`);
  const unlisted = comparison.count - comparison.differences.length;
  if (unlisted > 0) lines.push(`  and ${count(unlisted)} more`);
  return `${lines.join('\n')}\n`;
}

/** One difference as a line. Pure. */
export function differenceText(difference: Difference): string {
  const table = printable(difference.table);
  switch (difference.type) {
    case 'missing-table':
      return `${table}: the table is missing`;
    case 'unexpected-table':
      return `${table}: the table should not be there`;
    case 'columns':
      return `${table}: columns are ${listText(difference.folded)}, not ${listText(difference.final)}`;
    case 'missing-row':
      return `${table} [${printable(difference.key)}]: the row is missing`;
    case 'unexpected-row':
      return `${table} [${printable(difference.key)}]: the row should not be there`;
    case 'cell':
      return `${table} [${printable(difference.key)}] ${printable(difference.column)}: is ${valueText(difference.folded)}, not ${valueText(difference.final)}`;
  }
}

function listText(names: readonly string[]): string {
  return `(${printable(names.join(', '))})`;
}

function valueText(value: string | null): string {
  return value === null ? 'NULL' : cut(JSON.stringify(value), VALUE_WIDTH);
}
