import { inUnit, short, significant } from '../harness/format.js';
import type { CaseResult } from '../harness/measure.js';
import type { Table } from '../harness/table.js';
import type { Report } from './report.js';

/** A figure that a release should reach on two idle cores, and where it is found among the results. */
interface Target {
  readonly what: string;
  readonly measurement: string;
  /** Name of the case. */
  readonly of: string;
  /** `rate`, the median rate; `ratio`, that to the baseline; or else the median of the figure of this name. */
  readonly figure: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

const MIB = 2 ** 20;
const ONE_WORKER = '1 worker + control';
const TO_THE_GATE = `${ONE_WORKER}, up to the gate`;
const PENDING = '100,000 statuses wait, 10,000,000 duplicates';
const MINUTE = '100,000 dispatchers, maintainer stalled for 60 s';
const PARKED = 'a lane, its reader parked';

export const TARGETS: readonly Target[] = [
  { what: 'lane', measurement: 'lane', of: 'lane', figure: 'rate', atLeast: 60e6 },
  { what: 'lane against `postMessage` of batches', measurement: 'lane', of: 'lane', figure: 'ratio', atLeast: 30 },
  {
    what: 'status path to the gate, unique',
    measurement: 'status-path',
    of: `${TO_THE_GATE}, 0 %`,
    figure: 'rate',
    atLeast: 25e6,
  },
  {
    what: 'status path to the gate, 50 %',
    measurement: 'status-path',
    of: `${TO_THE_GATE}, 50 %`,
    figure: 'rate',
    atLeast: 30e6,
  },
  {
    what: 'status path to the gate, 95 %',
    measurement: 'status-path',
    of: `${TO_THE_GATE}, 95 %`,
    figure: 'rate',
    atLeast: 60e6,
  },
  {
    what: '… barriers and answers with it, unique',
    measurement: 'status-path',
    of: `${ONE_WORKER}, 0 %`,
    figure: 'rate',
    atLeast: 25e6,
  },
  {
    what: '… barriers and answers with it, 50 %',
    measurement: 'status-path',
    of: `${ONE_WORKER}, 50 %`,
    figure: 'rate',
    atLeast: 30e6,
  },
  {
    what: '… barriers and answers with it, 95 %',
    measurement: 'status-path',
    of: `${ONE_WORKER}, 95 %`,
    figure: 'rate',
    atLeast: 60e6,
  },
  { what: 'barrier All, 100 k', measurement: 'barrier', of: 'All, 100 k', figure: 'time', atMost: 0.06 },
  { what: 'barrier All, 1 M', measurement: 'barrier', of: 'All, 1 M', figure: 'time', atMost: 0.3 },
  { what: 'barrier All, 1 M, memory above rest', measurement: 'barrier', of: 'All, 1 M', figure: 'above rest', atMost: 64 * MIB },
  { what: 'barrier Normal, 100 k tables', measurement: 'barrier', of: 'Normal, 100 k', figure: 'time', atMost: 0.1 },
  { what: 'one table of 100 k spans', measurement: 'barrier', of: 'spans, 100 k', figure: 'time', atMost: 0.1 },
  { what: 'barrier over 1 M spans', measurement: 'barrier', of: 'spans, 1 M', figure: 'time', atMost: 1 },
  { what: 'a dispatcher at rest, of 1 M', measurement: 'memory', of: '1,000,000 at rest', figure: 'a dispatcher', atMost: 256 },
  { what: 'a pending status', measurement: 'memory', of: PENDING, figure: 'a pending status', atMost: 32 },
  {
    what: 'growth under 10 M duplicates',
    measurement: 'memory',
    of: PENDING,
    figure: 'growth under duplicates',
    atMost: MIB / 8,
  },
  { what: 'storm: of one core for statuses', measurement: 'storm-minute', of: MINUTE, figure: 'of one core', atMost: 2 },
  { what: 'storm: done after resumption', measurement: 'storm-minute', of: MINUTE, figure: 'done after', atMost: 0.2 },
  { what: 'storm: growth while held', measurement: 'storm-minute', of: MINUTE, figure: 'growth while held', atMost: 8 * MIB },
  { what: 'idle host', measurement: 'idle', of: '100,000 dispatchers, 2 workers', figure: 'of one core', atMost: 1 },
  { what: 'wake of a parked consumer, p50', measurement: 'wake', of: PARKED, figure: 'p50', atMost: 50e-6 },
  { what: 'wake of a parked consumer, p99', measurement: 'wake', of: PARKED, figure: 'p99', atMost: 500e-6 },
  { what: 'rows, 1 worker', measurement: 'rows', of: 'rows alone, 1 worker', figure: 'rate', atLeast: 150e3 },
  { what: 'rows, from 1 to 2 workers', measurement: 'rows', of: 'rows alone, 2 workers', figure: 'ratio', atLeast: 1.7 },
];

/** What stands above the targets: that a short run says little of them, where it was one. */
export function targetsTitle({ machine }: Report): string {
  return machine.command.split(' ').includes('--quick')
    ? 'targets (a quick run is too short to judge them: it shows that the benchmark works)'
    : 'targets';
}

/** What each target asks, what this report reached, and how far apart they are. Targets whose measurement did not run are left out. */
export function targetsTable({ results }: Report, targets: readonly Target[] = TARGETS): Table {
  const rows = targets.flatMap((target) => {
    const cases = results.find(({ name }) => name === target.measurement)?.cases;
    const found = cases?.find(({ name }) => name === target.of);
    const value = found && figureOf(found, target.figure);
    return found === undefined || value === undefined ? [] : [row(target, found, value)];
  });
  return [['what', 'target', 'reached', 'of the target', ''], ...rows];
}

function figureOf({ rate, ratio, figures }: CaseResult, figure: string): number | undefined {
  if (figure === 'rate') return rate?.median;
  return figure === 'ratio' ? ratio : figures?.[figure]?.median;
}

function row({ what, figure, atLeast, atMost }: Target, found: CaseResult, value: number): readonly string[] {
  const bound = atLeast ?? atMost ?? Number.NaN;
  const isMet = atLeast === undefined ? value <= bound : value >= bound;
  const sign = atLeast === undefined ? '≤' : '≥';
  const ratio = significant(value / bound);
  return [
    what,
    `${sign} ${written(figure, found, bound)}`,
    written(figure, found, value),
    `${ratio}×`,
    isMet ? 'reached' : 'missed',
  ];
}

function written(figure: string, { figures }: CaseResult, value: number): string {
  if (figure === 'rate') return `${short(value)}/s`;
  if (figure === 'ratio') return `${significant(value)}×`;
  return inUnit(value, figures?.[figure]?.unit ?? 'count');
}
