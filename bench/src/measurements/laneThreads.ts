import type { Case, Measurement, Scale } from '../harness/measurement.js';
import { Pair } from '../transport/pair.js';
import type { TransportName } from '../transport/pairProtocol.js';

interface Way {
  readonly name: string;
  readonly transport: TransportName;
  readonly baseline?: string;
  /** Statuses of one run. */
  readonly count: number;
}

const ARRAYS = 'postMessage of 2 048 objects';

/** Fixed-size statuses from one worker thread to another, against the ways that Node brings along. */
export const laneThreads: Measurement = {
  name: 'lane',
  title: 'statuses from one worker thread to another, counted and checked at the receiver',
  unit: 'statuses',
  open: async (scale) => {
    const pair = new Pair();
    return { cases: ways(scale).map((way) => caseOf(pair, way)), close: () => pair.close() };
  },
};

function caseOf(pair: Pair, { name, transport, baseline, count }: Way): Case {
  return { name, ...(baseline !== undefined && { baseline }), run: () => pair.run(transport, count) };
}

function ways({ quick }: Scale): readonly Way[] {
  const size = quick ? 1 : 4;
  return [
    { name: 'lane', transport: 'lane', baseline: ARRAYS, count: 2_000_000 * size },
    { name: 'postMessage of each', transport: 'each', baseline: ARRAYS, count: 20_000 * size },
    { name: ARRAYS, transport: 'arrays', count: 80_000 * size },
    { name: 'msgpackr, 2 048 in a message', transport: 'packed', baseline: ARRAYS, count: 80_000 * size },
    { name: 'transferred typed arrays of 2 048', transport: 'columns', baseline: ARRAYS, count: 1_000_000 * size },
  ];
}
