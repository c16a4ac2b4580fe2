import type { CaseResult, MeasurementResult } from './measure.js';

const HEAD = ['case', 'median/s', 'min/s', 'max/s', 'spread', 'ns each', 'cpu ns', 'ratio', 'to'];

/** The results of one measurement as lines of text in aligned columns. */
export function tableOf({ name, title, unit, cases }: MeasurementResult): string {
  const runs = cases[0]?.rate.runs ?? 0;
  const rows = [HEAD, ...cases.map(cells)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const used = widths.map((_, column) => rows.slice(1).some((row) => row[column] !== ''));
  const lines = rows.map((row) =>
    row
      .flatMap((cell, column) => (used[column] === true ? [pad(cell, widths[column]!, column)] : []))
      .join('  ')
      .trimEnd(),
  );
  return [`${name}: ${title} (${unit}, ${runs} runs)`, ...lines, ...cases.flatMap(countLine)].join('\n');
}

function cells({ name, rate, ratio, baseline, cpuNanoseconds }: CaseResult): string[] {
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

function countLine({ name, counts }: CaseResult): string[] {
  if (counts === undefined) return [];
  const parts = Object.entries(counts).map(([what, count]) => `${what} ${count.toLocaleString('en-US')}`);
  return [`  ${name}: ${parts.join(', ')}`];
}

/** Names to the left, figures to the right. */
function pad(cell: string, width: number, column: number): string {
  return column === 0 || column === HEAD.length - 1 ? cell.padEnd(width) : cell.padStart(width);
}

/** A rate with its magnitude: `61.2 M`, `845 k`. */
export function short(value: number): string {
  if (value >= 1e6) return `${significant(value / 1e6)} M`;
  return value >= 1e3 ? `${significant(value / 1e3)} k` : significant(value);
}

function significant(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (value >= 100) return Math.round(value).toString();
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
