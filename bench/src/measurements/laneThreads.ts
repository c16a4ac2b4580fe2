import { type Caller, callAll, comlinkCaller, piscinaCaller } from '../calls/callers.js';
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
    const comlink = comlinkCaller();
    const piscina = piscinaCaller();
    return {
      cases: [...ways(scale).map((way) => caseOf(pair, way)), ...calls(scale, comlink, piscina)],
      close: async () => {
        await Promise.all([pair.close(), comlink.close(), piscina.close()]);
      },
    };
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

/** What answers each status by itself. From the main thread, as these are made for. */
function calls({ quick }: Scale, comlink: Caller, piscina: Caller): readonly Case[] {
  const size = quick ? 1 : 4;
  const of = (name: string, caller: Caller, count: number, parallel: number): Case => ({
    name,
    baseline: ARRAYS,
    run: () => callAll(name, caller, count * size, parallel),
  });
  return [
    of('comlink, a call after the other', comlink, 500, 1),
    of('comlink, 256 calls at once', comlink, 2_048, 256),
    of('piscina, 256 tasks at once', piscina, 2_048, 256),
  ];
}
