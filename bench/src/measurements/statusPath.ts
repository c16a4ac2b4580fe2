import type { Case, Measurement, PlotSpec, Scale } from '../harness/measurement.js';
import { NaivePath } from '../naive/naivePath.js';
import { PARENT_STATUS_PATH } from '../plots/parentFigures.js';
import { StatusPathSystem } from '../statusPath/statusPathSystem.js';
import type { PathShape } from '../statusPath/topology.js';

const SHAPES: readonly (PathShape & { readonly name: string })[] = [
  { name: '1 worker + control', workers: 1, control: 'shared' },
  { name: '1 worker + control, up to the gate', workers: 1, control: 'shared', maintainer: 'accepting' },
  { name: '2 workers + coordinator + maintainer', workers: 2, control: 'separate' },
];

/**
 * Offers of a status: repeats of it beside the first, and rounds over all dispatchers. As many rounds as a run takes to last well over a
 * hundred milliseconds: its last batch waits 10 for company, which says nothing about the path.
 */
const STREAMS = [
  { name: '0 %', percent: 0, repeats: 0, rounds: 20 },
  { name: '50 %', percent: 50, repeats: 1, rounds: 15 },
  { name: '95 %', percent: 95, repeats: 19, rounds: 4 },
] as const;

type Stream = (typeof STREAMS)[number];

/** What one would write first. */
const NAIVE = 'postMessage of batches + Set of strings';

const plot: PlotSpec = {
  title: 'Status path by share of duplicates',
  x: { label: 'duplicates among the offers (%)', scale: 'linear' },
  y: { label: 'offers a second', scale: 'log' },
  of: 'rate',
  references: PARENT_STATUS_PATH,
};

/** Statuses from dispatcher threads to the maintainer and the acknowledgements back, all of it the production's code. */
export const statusPath: Measurement = {
  name: 'status-path',
  title: 'worker threads → lanes → coordinator → maintainer, and acknowledged; by share of duplicates',
  unit: 'offers',
  plot,
  // The engine compiles the path anew for some six runs: the first takes three times as long as the tenth.
  repeat: ({ quick, runs, warmups }) => ({ runs: Math.min(runs, 5), warmups: quick ? warmups : 8 }),
  open: async (scale) => {
    const { quick } = scale;
    const dispatchers = quick ? 20_000 : 100_000;
    const systems: StatusPathSystem[] = [];
    const cases: Case[] = [];
    for (const shape of SHAPES) {
      const system = await StatusPathSystem.start(shape, dispatchers);
      systems.push(system);
      for (const stream of STREAMS) cases.push(caseOf(system, shape.name, stream, scale));
    }
    const naive = new NaivePath();
    for (const stream of STREAMS) cases.push(naiveCase(naive, stream, quick ? 5_000 : 20_000));
    return {
      cases,
      close: async () => {
        await Promise.all([...systems, naive].map((system) => system.close()));
      },
    };
  },
};

function caseOf(system: StatusPathSystem, shape: string, { name, percent, repeats, rounds }: Stream, { quick }: Scale): Case {
  return {
    name: `${shape}, ${name}`,
    baseline: `${NAIVE}, ${name}`,
    point: { line: shape, x: percent },
    run: () => system.run(quick ? Math.ceil(rounds / 5) : rounds, repeats),
  };
}

function naiveCase(path: NaivePath, { name, percent, repeats }: Stream, dispatchers: number): Case {
  return {
    name: `${NAIVE}, ${name}`,
    point: { line: NAIVE, x: percent },
    run: () => path.run({ dispatchers, rounds: repeats > 1 ? 1 : 4, repeats }),
  };
}
