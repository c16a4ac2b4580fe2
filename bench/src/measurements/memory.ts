import type { Case, Figure, Measurement, PlotSpec } from '../harness/measurement.js';
import { askProcess } from '../harness/ownProcess.js';
import type { MemoryAnswer, MemoryQuestion } from '../memory/memoryProcess.js';
import { PARENT_REST } from '../plots/parentFigures.js';

const MODULE = new URL('../memory/memoryProcess.js', import.meta.url);
const EXEC_ARGV = ['--expose-gc', '--max-old-space-size=8192'];
const LINE = 'all actors of a host';
const TARGET = 256;

const plot: PlotSpec = {
  title: 'Memory of dispatchers at rest',
  x: { label: 'dispatchers', scale: 'log' },
  y: { label: 'reachable, above a host without tables', scale: 'log' },
  of: 'at rest',
  references: [
    {
      name: `${TARGET} bytes each`,
      origin: 'target',
      points: [
        [10_000, TARGET * 1e4],
        [1_000_000, TARGET * 1e6],
      ],
    },
    ...PARENT_REST,
  ],
};

/** What is reachable after a collection. A process each. */
export const memory: Measurement = {
  name: 'memory',
  title: 'bytes that are reachable: of dispatchers at rest over all actors; of statuses that wait; and what duplicates add',
  unit: 'bytes',
  plot,
  repeat: () => ({ runs: 1, warmups: 0 }),
  open: async ({ quick }) => {
    const sizes = quick ? [10_000] : [10_000, 100_000, 1_000_000];
    const dispatchers = quick ? 10_000 : 100_000;
    const duplicates = quick ? 1_000_000 : 10_000_000;
    return {
      cases: [
        ...sizes.map(
          (tables): Case => ({
            name: `${count(tables)} at rest`,
            point: { line: LINE, x: tables },
            run: () => figures({ what: 'rest', tables }),
          }),
        ),
        {
          name: `${count(dispatchers)} statuses wait, ${count(duplicates)} duplicates`,
          run: () => figures({ what: 'pending', dispatchers, duplicates }),
        },
      ],
      close: async () => {},
    };
  },
};

async function figures(question: MemoryQuestion) {
  const answer = await askProcess<MemoryAnswer>(MODULE, question, EXEC_ARGV);
  const entries = Object.entries(answer).map(([name, value]): [string, Figure] => [name, { value, unit: 'bytes' }]);
  return { figures: Object.fromEntries(entries) };
}

function count(number: number): string {
  return number.toLocaleString('en-US');
}
