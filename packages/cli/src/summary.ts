import { count, duration, plural, timestamp } from './format.js';
import type { RunTotals } from './runRecord.js';

/** How a run ended. */
export type Outcome = 'finished' | 'stopped' | 'failed';

/** Everything that is said at the end of a run. */
export interface Summary extends RunTotals {
  readonly outcome: Outcome;
  readonly log: string;
  readonly to: string;
  readonly workers: number;
  readonly startTs: bigint;
  /** What a stop could not finish. */
  readonly unfinished: readonly string[];
}

/** The summary for people, with a line break at its end. Pure. */
export function summaryText(summary: Summary): string {
  const rows: [string, string][] = [
    ['rows', `${count(summary.rows)}, ${count(summary.rowsPerSecond)} a second`],
    [
      'DDLs',
      summary.syncPoints > 0 ? `${count(summary.ddls)}, and ${plural(summary.syncPoints, 'sync point')}` : count(summary.ddls),
    ],
    ['barriers', barriersText(summary)],
    ['suppressed', suppressedText(summary.suppressed)],
    ['duration', `${duration(summary.duration)} with ${plural(summary.workers, 'worker')}`],
    ['checkpoint', timestamp(summary.checkpointTs)],
  ];
  const lines = [headline(summary), ...rows.map(([name, text]) => `  ${name.padEnd(11)} ${text}`)];
  if (summary.unfinished.length > 0) lines.push('  unfinished', ...summary.unfinished.map((what) => `    ${what}`));
  if (summary.outcome !== 'finished') lines.push('', continueText(summary));
  return `${lines.join('\n')}\n`;
}

/** What to do after a run that did not reach the end. */
export function continueText(summary: Pick<Summary, 'checkpointTs' | 'to'>): string {
  if (summary.checkpointTs === 0n) return `${summary.to} has no checkpoint yet: the same command starts from the beginning.`;
  return `${summary.to} is complete up to the checkpoint: the same command continues there.`;
}

function headline({ outcome, log, to }: Summary): string {
  switch (outcome) {
    case 'finished':
      return `Replicated ${log} to ${to}`;
    case 'stopped':
      return `Stopped before the end of ${log}`;
    case 'failed':
      return `Failed before the end of ${log}`;
  }
}

function barriersText({ barriers, alignment }: Summary): string {
  if (alignment === undefined) return count(barriers);
  const { median, p99, max } = alignment;
  return `${count(barriers)}, aligned in ${duration(median)} (median), ${duration(p99)} (p99), ${duration(max)} at most`;
}

function suppressedText(suppressed: Readonly<Record<string, number>>): string {
  const stages = Object.entries(suppressed).filter(([, number]) => number > 0);
  const total = stages.reduce((all, [, number]) => all + number, 0);
  if (total === 0) return '0 statuses';
  return `${plural(total, 'status').replace(/statuss$/, 'statuses')}: ${stages.map(([stage, number]) => `${stage} ${count(number)}`).join(', ')}`;
}
