import type { Case, Figure, Measurement } from '../harness/measurement.js';
import { askProcess } from '../harness/ownProcess.js';
import type { IdleAnswer, IdleQuestion } from '../idle/idleProcess.js';

const MODULE = new URL('../idle/idleProcess.js', import.meta.url);

/** What a host costs in which nothing happens. */
export const idle: Measurement = {
  name: 'idle',
  title: 'processor time of a host on its threads with nothing to do, as a share of one core',
  unit: 'percent of one core',
  repeat: () => ({ runs: 1, warmups: 0 }),
  open: async ({ quick }) => {
    const sizes = quick ? [1_000] : [1_000, 100_000];
    // V8 collects what the start has left 8 s after it, on every thread; then nothing is left of it.
    const times = quick ? { settle: 2_000, time: 2_000 } : { settle: 14_000, time: 20_000 };
    return { cases: sizes.map((tables) => caseOf({ tables, workers: 2, ...times })), close: async () => {} };
  },
};

function caseOf(question: IdleQuestion): Case {
  return {
    name: `${question.tables.toLocaleString('en-US')} dispatchers, ${question.workers} workers`,
    run: async () => {
      const answer = await askProcess<IdleAnswer>(MODULE, question);
      const shares = Object.entries({ 'of one core': answer.process, ...answer.threads });
      const entries = shares.map(([name, share]): [string, Figure] => [name, { value: share * 100, unit: 'percent' }]);
      return { figures: { ...Object.fromEntries(entries), start: { value: answer.startMilliseconds / 1e3, unit: 'seconds' } } };
    },
  };
}
