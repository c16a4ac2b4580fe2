import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ArgumentError } from '../harness/errors.js';
import { plotsOf } from '../plots/plotsOf.js';
import { markdownOf } from './markdown.js';
import type { Report } from './report.js';

export const REPORT_FILE = 'report.md';
export const RESULT_FILE = 'result.json';

/** Writes results, tables and plots into `folder`, which is made; files of an earlier report there are replaced. */
export function writeReport(folder: string, report: Report): void {
  mkdirSync(folder, { recursive: true });
  const plots = plotsOf(report);
  writeFileSync(join(folder, RESULT_FILE), `${JSON.stringify(report, undefined, 2)}\n`);
  writeFileSync(join(folder, REPORT_FILE), `${markdownOf(report, plots)}\n`);
  for (const { file, svg } of plots) writeFileSync(join(folder, file), svg);
}

/** Results that an earlier run wrote. @throws ArgumentError where the file is none. */
export function readReport(file: string): Report {
  const report = JSON.parse(readOrExplain(file)) as Partial<Report>;
  if (report.machine === undefined || !Array.isArray(report.results)) {
    throw new ArgumentError(`${file} holds no results: it has neither a machine nor a list of them`);
  }
  return { machine: report.machine, results: report.results };
}

function readOrExplain(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ArgumentError(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
