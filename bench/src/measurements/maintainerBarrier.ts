import { DrivenMaintainer } from '../drivers/drivenMaintainer.js';
import type { Measurement, Scale } from '../harness/measurement.js';
import { type MicroCase, microCase } from '../harness/microCase.js';

/** What the maintainer does for a status: buffer, gate, barrier, answer. Whole barriers, without anything to wait for. */
export const maintainerBarrier: Measurement = {
  name: 'maintainer',
  title: 'statuses through buffer, gate and barrier of the real maintainer, whole sync points',
  unit: 'statuses',
  open: async (scale) => ({
    cases: sizesOf(scale).map((size) => microCase(barrierOf(size), scale)),
    close: async () => {},
  }),
};

function sizesOf({ quick }: Scale): readonly number[] {
  return quick ? [10_000] : [10_000, 100_000];
}

function barrierOf(dispatchers: number): MicroCase {
  const maintainer = new DrivenMaintainer(dispatchers);
  let barriers = 0;
  return {
    name: `${dispatchers.toLocaleString('en-US')} dispatchers`,
    items: maintainer.statuses,
    body: () => {
      barriers++;
      maintainer.barrier();
    },
    check: () => maintainer.faultAfter(barriers),
  };
}
