import { inUnit, short, significant } from '../harness/format.js';
import type { CaseResult } from '../harness/measure.js';
import { median } from '../harness/statistics.js';
import type { Table } from '../harness/table.js';
import type { Report } from './report.js';

/** The reports of one version of Node, one a round. */
export interface NodeReports {
  readonly reports: readonly Report[];
}

/**
 * Every case as a row and every version as a column: the median over the rounds of the case's rate, or of its figures where it
 * has no rate; and how the last version stands to the first (above 1: more).
 */
export function nodesTable(nodes: readonly NodeReports[]): Table {
  const first = nodes[0]?.reports[0];
  const head = ['case', ...nodes.map(({ reports }) => `Node ${reports[0]?.machine.node ?? '?'}`), 'last / first'];
  const rows = (first?.results ?? []).flatMap(({ name: measurement, cases }) =>
    cases.flatMap((one) =>
      keysOf(one).map((key) => {
        const values = nodes.map(({ reports }) => medianOf(reports, measurement, one.name, key));
        const what = `${measurement}: ${one.name}${key === 'rate' ? '' : `, ${key}`}`;
        return [
          what,
          ...values.map((value) => written(value, one, key)),
          `${significant((values.at(-1) ?? Number.NaN) / (values[0] ?? Number.NaN))}×`,
        ];
      }),
    ),
  );
  return [head, ...rows];
}

function keysOf({ rate, figures }: CaseResult): readonly string[] {
  return rate === undefined ? Object.keys(figures ?? {}) : ['rate'];
}

function medianOf(reports: readonly Report[], measurement: string, name: string, key: string): number {
  return median(
    reports.flatMap(({ results }) => {
      const found = results.find((one) => one.name === measurement)?.cases.find((one) => one.name === name);
      const summary = key === 'rate' ? found?.rate : found?.figures?.[key];
      return summary === undefined ? [] : [summary.median];
    }),
  );
}

function written(value: number, { figures }: CaseResult, key: string): string {
  const unit = figures?.[key]?.unit;
  return key === 'rate' || unit === undefined ? `${short(value)}/s` : inUnit(value, unit);
}
