import type { Case, Figure, Measurement, Sample } from '../harness/measurement.js';
import { StatusPathSystem } from '../statusPath/statusPathSystem.js';

const WORKERS = [1, 2, 4, 8] as const;
const DISPATCHERS = 80_000;

/**
 * What the status path costs each kind of thread, for one unique status, by number of workers. It is processor time, so it says the same on
 * a machine with fewer cores than threads, but for what caches lose there; on as many cores as threads no thread
 * can take statuses faster than its own figure says.
 */
export const scaling: Measurement = {
  name: 'scaling',
  title: 'processor time of each kind of thread for one unique status, by number of workers; coordinator and maintainer apart',
  unit: 'statuses',
  onlyFull: true,
  repeat: () => ({ runs: 5, warmups: 1 }),
  open: async () => {
    const systems: StatusPathSystem[] = [];
    const cases: Case[] = [];
    for (const workers of WORKERS) {
      const system = await StatusPathSystem.start({ workers, control: 'separate' }, DISPATCHERS);
      systems.push(system);
      cases.push({
        name: workers === 1 ? '1 worker' : `${workers} workers`,
        run: async () => byKind(await system.run(4, 0), workers),
      });
    }
    return {
      cases,
      close: async () => {
        await Promise.all(systems.map((system) => system.close()));
      },
    };
  },
};

/** What all workers spend is shared out among them; the other two have all statuses to themselves. */
function byKind(sample: Sample, workers: number): Sample {
  const all = Object.entries(sample.figures ?? {});
  const spent = (name: string): number =>
    all.filter(([of]) => of.startsWith(`on ${name}`)).reduce((sum, [, { value }]) => sum + value, 0);
  const figure = (value: number): Figure => ({ value, unit: 'seconds' });
  return {
    ...sample,
    figures: {
      'workers together': figure(spent('worker')),
      'each worker, of all statuses': figure(spent('worker') / workers),
      coordinator: figure(spent('coordinator')),
      maintainer: figure(spent('maintainer')),
    },
  };
}
