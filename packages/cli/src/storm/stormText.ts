import { bytes, count, duration, plural } from '../format.js';
import type { StormCause } from './options.js';
import type { StormReport, ThreadReport } from './report.js';
import type { StormCounts } from './sample.js';

/** What holds everybody up, in words. */
export function causeText(cause: StormCause): string {
  return cause === 'slow-table' ? 'one table is being flushed' : 'the maintainer is stalled';
}

/** A line of a list: a name, a number in a column, and what explains it. */
export function row(name: string, number: string, rest = ''): string {
  return `  ${name.padEnd(14)}${number.padStart(10)}  ${rest}`.trimEnd();
}

/** Where repetitions were suppressed before they reached the maintainer, and how many altogether. */
export function suppressedRow({ suppressed }: StormCounts): string {
  const { worker, pending, queue, outstanding } = suppressed;
  const stages = `worker ${count(worker)}, pending ${count(pending)}, queue ${count(queue)}, outstanding ${count(outstanding)}`;
  return row('suppressed', count(worker + pending + queue + outstanding), stages);
}

/** The end of a storm for people, with a line break at its end. Pure. */
export function stormText(report: StormReport): string {
  const { counts, times, memory, most, resend } = report;
  if (times.storm === 0) return `${endedBefore(report)}\n`;
  const lines = [
    headline(report),
    '',
    'Statuses',
    row('offered', count(counts.offered), `by dispatchers, repeated every ${duration(resend)} if unanswered`),
    suppressedRow(counts),
    ...(counts.refused > 0 ? [row('refused', count(counts.refused), 'at a bound; offered again')] : []),
    row('sent', count(counts.sent), `${count(counts.resent)} of them again, by the coordinator`),
    row('received', count(counts.received), `by the maintainer, which has suppressed ${count(counts.suppressed.maintainer)}`),
    row('handled', count(counts.handled), `by its barrier; the protocol needs ${count(report.needed)}`),
    row('ratio', ratioText(report.offeredToReceived), 'offered to what reached the maintainer'),
    row('', ratioText(report.receivedToNeeded), 'of those to what the protocol needs'),
    '',
    'Time',
    row('start', timeText(times.start), 'until every dispatcher worked'),
    row(
      'held',
      timeText(times.held),
      report.cause === 'slow-table' ? 'from the first WAITING to the last' : 'nothing was acknowledged',
    ),
    row('completion', timeText(times.completion), 'from then until everybody had gone on'),
    '',
    'Memory and bounds',
    row('at rest', bytes(memory.rest), 'of the whole process'),
    row('peak', bytes(memory.peak), `${bytes(memory.peak - memory.rest)} above`),
    row('pending map', count(most.pending), `at most, of ${count(most.pendingBound)}`),
    row('request queue', count(most.queue), `at most, of ${count(most.queueBound)}`),
    row('outstanding', count(most.outstanding), 'at most; one a dispatcher and stage'),
    '',
    ...threadTable(report),
  ];
  if (report.faults.length > 0) lines.push('', 'This does not add up:', ...report.faults.map((fault) => `  ${fault}`));
  return `${lines.join('\n')}\n`;
}

function headline({ outcome, dispatchers, workers, cause, hold }: StormReport): string {
  const what = `${plural(dispatchers, 'dispatcher')} on ${plural(workers, 'worker')} at a sync point,\n${causeText(cause)} for ${duration(hold)}`;
  return `${outcome === 'completed' ? 'A storm' : 'Stopped early'}: ${what}`;
}

/** Of a storm that was ended before its sync point there are no figures. */
function endedBefore({ dispatchers, workers, times }: StormReport): string {
  const who = `${plural(dispatchers, 'dispatcher')} on ${plural(workers, 'worker')}`;
  return times.start === undefined ? `Stopped early, before ${who} all worked` : `Stopped early, before the sync point of ${who}`;
}

/** Nothing can be said where nothing has arrived. */
function ratioText(ratio: number): string {
  return ratio === 0 ? '-' : `${ratio.toFixed(2)} : 1`;
}

function timeText(time: number | undefined): string {
  return time === undefined ? '-' : duration(time);
}

function threadTable({ threads, processCpu }: StormReport): string[] {
  const columns = (name: string, ...cells: readonly string[]): string =>
    `${name.padEnd(13)}${cells.map((cell) => cell.padStart(13)).join('')}`;
  const share = (part: number | undefined): string => (part === undefined ? '-' : `${(part * 100).toFixed(1)} %`);
  const line = ({ name, cpu, atRest, held, heapRest, heapPeak }: ThreadReport): string =>
    columns(`  ${name}`, cpu === undefined ? '-' : duration(cpu), share(atRest), share(held), bytes(heapRest), bytes(heapPeak));
  return [
    columns('Thread', 'processor', 'at rest', 'while held', 'heap at rest', 'heap at most'),
    ...threads.map(line),
    columns('  everything', duration(processCpu)),
  ];
}
