import { inUnit, short, significant } from './format.js';
import type { CaseResult, MeasurementResult } from './measure.js';

const RATE_HEAD = ['case', 'median/s', 'min/s', 'max/s', 'spread', 'ns each', 'cpu ns', 'ratio', 'to'];

/** A heading and rows of cells; the first column is text. Columns that nobody fills are left out. */
export type Table = readonly (readonly string[])[];

/** The results of one measurement as tables of cells: its rates, its further figures; either may be absent. */
export function tablesOf({ cases }: MeasurementResult): readonly Table[] {
  const rated = cases.filter(({ rate }) => rate !== undefined);
  const names = [...new Set(cases.flatMap(({ figures }) => Object.keys(figures ?? {})))];
  const figured = cases.filter(({ figures }) => figures !== undefined);
  return [
    ...(rated.length > 0 ? [withoutEmptyColumns([RATE_HEAD, ...rated.map(rateCells)])] : []),
    ...(names.length > 0 ? [[['case', ...names], ...figured.map((one) => figureCells(one, names))]] : []),
  ];
}

/** The results of one measurement as lines of text in aligned columns. */
export function tableOf(result: MeasurementResult): string {
  const { name, title, cases } = result;
  return [`${name}: ${title} (${extentOf(result)})`, ...tablesOf(result).flatMap(alignedLines), ...cases.flatMap(countLine)].join(
    '\n',
  );
}

/** What an item is, how many runs counted, and what all of them took. */
export function extentOf(result: MeasurementResult): string {
  const { unit, seconds } = result;
  return `${unit}, ${runsOf(result)} runs${seconds === undefined ? '' : `, ${Math.ceil(seconds)} s in all`}`;
}

/** Runs that counted. */
function runsOf({ cases }: MeasurementResult): number {
  const first = cases[0];
  return first?.rate?.runs ?? Object.values(first?.figures ?? {})[0]?.runs ?? 0;
}

/** What was counted over all runs of a case, as a line of text; none where nothing was. */
export function countLine({ name, counts }: CaseResult): string[] {
  if (counts === undefined) return [];
  const parts = Object.entries(counts).map(([what, count]) => `${what} ${count.toLocaleString('en-US')}`);
  return [`  ${name}: ${parts.join(', ')}`];
}

export function alignedLines(rows: Table): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (isText(rows, column) ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
}

/** Names to the left, figures to the right. */
export function isText(rows: Table, column: number): boolean {
  return column === 0 || rows[0]?.[column] === 'to';
}

function rateCells({ name, rate, ratio, baseline, cpuNanoseconds }: CaseResult): string[] {
  if (rate === undefined) return [name];
  return [
    name,
    short(rate.median),
    short(rate.min),
    short(rate.max),
    `${Math.round(rate.spread * 100)} %`,
    significant(1e9 / rate.median),
    cpuNanoseconds === undefined ? '' : significant(cpuNanoseconds),
    ratio === undefined ? '' : `${significant(ratio)}×`,
    baseline ?? '',
  ];
}

/** The median, and the extremes where they differ from it. */
function figureCells({ name, figures }: CaseResult, names: readonly string[]): string[] {
  return [
    name,
    ...names.map((figure) => {
      const summary = figures?.[figure];
      if (summary === undefined) return '';
      const { median, min, max, unit } = summary;
      const middle = inUnit(median, unit);
      return min === max ? middle : `${middle} (${inUnit(min, unit)} … ${inUnit(max, unit)})`;
    }),
  ];
}

function withoutEmptyColumns(rows: Table): Table {
  const used = (rows[0] ?? []).map((_, column) => rows.slice(1).some((row) => (row[column] ?? '') !== ''));
  return rows.map((row) => row.filter((_, column) => used[column]));
}
