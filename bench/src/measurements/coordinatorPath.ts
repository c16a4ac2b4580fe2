import { DrivenCoordinator } from '../drivers/drivenCoordinator.js';
import type { Measurement, Scale } from '../harness/measurement.js';
import { type MicroCase, microCase } from '../harness/microCase.js';

/** Offers of one dispatcher lie this far apart: near enough that the first is still pending. */
const BLOCK = 256;

/** What the coordinator does for a status: pending map, batch, queue, outstanding, and the answer that settles it. */
export const coordinatorPath: Measurement = {
  name: 'coordinator',
  title: 'statuses through the real coordinator: record, batch, request, acknowledgement',
  unit: 'offers',
  open: async (scale) => ({
    cases: [stream(scale, 'unique', 0), stream(scale, '50 % duplicates', 1), stream(scale, '95 % duplicates', 19)].map((one) =>
      microCase(one, scale),
    ),
    close: async () => {},
  }),
};

function stream({ quick }: Scale, name: string, repeats: number): MicroCase {
  const dispatchers = quick ? 10_000 : 100_000;
  const coordinator = new DrivenCoordinator(dispatchers);
  let rounds = 0;
  return {
    name,
    ...(repeats > 0 && { baseline: 'unique' }),
    items: dispatchers * (1 + repeats),
    body: () => {
      rounds++;
      coordinator.syncPoint(repeats, BLOCK);
    },
    check: () => coordinator.faultAfter(rounds),
  };
}
