import type { StormOptions, StormReport, StormSample } from '@tidegate/cli';
import { VerificationError } from '../harness/errors.js';
import type { Figure, Sample, Timeline } from '../harness/measurement.js';
import { askProcess } from '../harness/ownProcess.js';
import { median } from '../harness/statistics.js';
import type { StormAnswer } from './stormProcess.js';

const MODULE = new URL('./stormProcess.js', import.meta.url);

/** One storm of the real host in a process of its own. @throws VerificationError when it was not completed or does not add up. */
export async function storm(name: string, options: StormOptions): Promise<Sample> {
  const { looks, report } = await askProcess<StormAnswer>(MODULE, options);
  const { outcome, faults, counts } = report;
  if (outcome !== 'completed') throw new VerificationError(name, 'the barrier was not completed');
  if (faults.length > 0) throw new VerificationError(name, faults.join('; '));
  const { suppressed, ...others } = counts;
  return {
    figures: figuresOf(report, looks),
    counts: { needed: report.needed, ...others, ...prefixed(suppressed) },
    timeline: timelineOf(looks),
  };
}

/** What the figures of the hold are, each thread less what it takes at rest. */
function figuresOf(
  { times, memory, threads, receivedToNeeded }: StormReport,
  looks: readonly StormSample[],
): Record<string, Figure> {
  const shares = threads.map(({ name, held = 0, atRest = 0 }) => ({ name, share: held - atRest }));
  const all = shares.reduce((sum, { share }) => sum + share, 0);
  return {
    'done after': { value: (times.completion ?? Number.NaN) / 1e3, unit: 'seconds' },
    'of one core': { value: all * 100, unit: 'percent' },
    ...Object.fromEntries(shares.map(({ name, share }) => [name, { value: share * 100, unit: 'percent' }])),
    'above rest': { value: memory.peak - memory.rest, unit: 'bytes' },
    'growth while held': { value: growth(looks), unit: 'bytes' },
    'received / needed': { value: receivedToNeeded, unit: 'count' },
  };
}

/** Resident memory in the last quarter of the hold over that in its second one: what the first reports take is there by then. */
function growth(looks: readonly StormSample[]): number {
  const held = looks.filter(({ phase }) => phase === 'held').map(({ rss }) => rss);
  const quarter = Math.floor(held.length / 4);
  if (quarter === 0) return 0;
  return median(held.slice(-quarter)) - median(held.slice(quarter, 2 * quarter));
}

function timelineOf(looks: readonly StormSample[]): Timeline {
  const first = looks.findIndex(({ phase }) => phase === 'held');
  // The last look finds threads that have ended, and their memory gone.
  const shown = looks.slice(Math.max(0, first - 1), -1);
  const began = shown[0]?.elapsed ?? 0;
  const line = (name: string, unit: 'count' | 'bytes', of: (sample: StormSample) => number) => ({
    name,
    unit,
    values: shown.map(of),
  });
  return {
    seconds: shown.map(({ elapsed }) => (elapsed - began) / 1e3),
    lines: [
      line('offered by dispatchers', 'count', ({ counts }) => counts.offered),
      line(
        'suppressed by the coordinator',
        'count',
        ({ counts: { suppressed } }) => suppressed.pending + suppressed.queue + suppressed.outstanding,
      ),
      line('sent to the maintainer', 'count', ({ counts }) => counts.sent),
      line('handled', 'count', ({ counts }) => counts.handled),
      line('resident', 'bytes', ({ rss }) => rss),
      ...threadLines(shown),
    ],
  };
}

/** Processor time of each thread since the last look that it answered, as a share of the time since then. */
function threadLines(looks: readonly StormSample[]) {
  const names = [...new Set(looks.flatMap(({ threads }) => threads.map(({ name }) => name)))];
  return names.map((name) => ({ name, unit: 'percent' as const, values: sharesOf(name, looks) }));
}

function sharesOf(name: string, looks: readonly StormSample[]): readonly number[] {
  let last: { readonly elapsed: number; readonly cpu: number } | undefined;
  let share = 0;
  return looks.map(({ elapsed, threads }) => {
    const cpu = threads.find((thread) => thread.name === name)?.cpu;
    if (cpu === undefined) return share;
    if (last !== undefined && elapsed > last.elapsed) share = ((cpu - last.cpu) / (elapsed - last.elapsed)) * 100;
    last = { elapsed, cpu };
    return share;
  });
}

function prefixed(suppressed: StormReport['counts']['suppressed']): Record<string, number> {
  return Object.fromEntries(Object.entries(suppressed).map(([stage, count]) => [`suppressed: ${stage}`, count]));
}
