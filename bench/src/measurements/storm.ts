import type { StormCause } from '@tidegate/cli';
import type { Case, Measurement } from '../harness/measurement.js';
import { storm } from '../storm/storm.js';

const RESEND = 1_000;

interface Weather {
  readonly name: string;
  readonly cause: StormCause;
  /** Seconds that nobody can go on. */
  readonly hold: number;
  readonly dispatchers: number;
  /** Milliseconds at rest beforehand, from which the share of the rest is known. */
  readonly rest: number;
  readonly runs?: number;
}

/** Nobody is answered, everybody repeats every second; then it goes on. And: one table is not flushed. */
export const storms: Measurement = {
  name: 'storm',
  title: 'all dispatchers held at a sync point and reporting again every second, then released; a real host',
  unit: 'statuses',
  repeat: ({ quick }) => ({ runs: quick ? 1 : 2, warmups: 0 }),
  open: async ({ quick }) => {
    const dispatchers = quick ? 10_000 : 100_000;
    const hold = quick ? 2 : 10;
    const rest = quick ? 500 : 4_000;
    return opened([
      { name: `maintainer stalled for ${hold} s`, cause: 'stalled-maintainer', hold, dispatchers, rest },
      { name: `one slow table for ${hold} s`, cause: 'slow-table', hold, dispatchers, rest, runs: 1 },
    ]);
  },
};

/** The same for a whole minute: what grows with time would have grown. */
export const longStorm: Measurement = {
  name: 'storm-minute',
  title: 'the same with a maintainer that is stalled for a minute: a single run',
  unit: 'statuses',
  onlyFull: true,
  repeat: () => ({ runs: 1, warmups: 0 }),
  open: async () =>
    opened([{ name: 'maintainer stalled for 60 s', cause: 'stalled-maintainer', hold: 60, dispatchers: 100_000, rest: 10_000 }]),
};

function opened(weathers: readonly Weather[]) {
  const cases = weathers.map(({ name, dispatchers, hold, runs, ...how }): Case => {
    const title = `${dispatchers.toLocaleString('en-US')} dispatchers, ${name}`;
    return {
      name: title,
      ...(runs !== undefined && { runs }),
      run: () => storm(title, { ...how, dispatchers, hold: hold * 1_000, resend: RESEND, workers: 1 }),
    };
  });
  return { cases, close: async () => {} };
}
