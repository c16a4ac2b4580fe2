import type { MeasurementResult } from '../harness/measure.js';
import { countLine, extentOf, isText, type Table, tablesOf } from '../harness/table.js';
import type { Plot } from '../plots/plotsOf.js';
import type { Report } from './report.js';
import { targetsTable, targetsTitle } from './targets.js';

/** A report as Markdown: where it was taken, then a section for each measurement with its tables, counts and plots. */
export function markdownOf(report: Report, plots: readonly Plot[]): string {
  const { machine, results } = report;
  const { date, command, node, v8, platform, cores, cpu, memoryGiB, load, commit } = machine;
  return [
    '# Figures',
    '',
    `\`${command}\``,
    '',
    ...markdownTable([
      ['where and when', ''],
      ['date', date],
      ...(commit === undefined ? [] : [['commit', commit]]),
      ['Node', `${node} (V8 ${v8})`],
      ['machine', `${cores} cores (${cpu}), ${memoryGiB} GiB, ${platform}`],
      ['load before the first run', String(load)],
    ]),
    '',
    ...targetsSection(report),
    ...results.flatMap((result) => section(result, plots)),
  ].join('\n');
}

function targetsSection(report: Report): readonly string[] {
  const targets = targetsTable(report);
  return targets.length > 1 ? [`## ${capitalized(targetsTitle(report))}`, '', ...markdownTable(targets), ''] : [];
}

function capitalized(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

function section(result: MeasurementResult, plots: readonly Plot[]): readonly string[] {
  const { name, title, cases } = result;
  const own = plots.filter(({ measurement }) => measurement === name);
  const counted = cases.flatMap(countLine).map((text) => `- ${text.trim()}`);
  return [
    `## ${name}`,
    '',
    `${title} (${extentOf(result)})`,
    '',
    ...tablesOf(result).flatMap((table) => [...markdownTable(table), '']),
    ...(counted.length > 0 ? [...counted, ''] : []),
    ...own.flatMap((plot) => [`![${plot.title}](${plot.file})`, '']),
  ];
}

/** A table with names to the left and figures to the right. A bar in a cell is escaped. */
export function markdownTable(rows: Table): readonly string[] {
  const [head = [], ...body] = rows;
  const rule = head.map((_, column) => (isText(rows, column) ? '---' : '---:'));
  return [head, rule, ...body].map((row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`);
}
