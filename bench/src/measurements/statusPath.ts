import type { Case, Measurement, Scale } from '../harness/measurement.js';
import { StatusPathSystem } from '../statusPath/statusPathSystem.js';
import type { PathShape } from '../statusPath/topology.js';

const SHAPES: readonly (PathShape & { readonly name: string })[] = [
  { name: '1 worker + control', workers: 1, control: 'shared' },
  { name: '2 workers + coordinator + maintainer', workers: 2, control: 'separate' },
];

/** Offers of a status: repeats of it beside the first. */
const STREAMS = [
  { name: '0 %', repeats: 0 },
  { name: '50 %', repeats: 1 },
  { name: '95 %', repeats: 19 },
] as const;

/** Statuses from dispatcher threads to the maintainer and the acknowledgements back, all of it the production's code. */
export const statusPath: Measurement = {
  name: 'status-path',
  title: 'worker threads → lanes → coordinator → maintainer, and acknowledged; by share of duplicates',
  unit: 'offers',
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
    return {
      cases,
      close: async () => {
        await Promise.all(systems.map((system) => system.close()));
      },
    };
  },
};

function caseOf(system: StatusPathSystem, shape: string, stream: (typeof STREAMS)[number], { quick }: Scale): Case {
  const rounds = stream.repeats > 1 ? 1 : quick ? 4 : 5;
  return {
    name: `${shape}, ${stream.name}`,
    ...(stream.repeats > 0 && { baseline: `${shape}, 0 %` }),
    run: () => system.run(rounds, stream.repeats),
  };
}
