import type { StormReport } from '../storm/report.js';
import type { StormCounts, StormDepths, StormSample } from '../storm/sample.js';

const MIB = 1024 ** 2;

export const COUNTS: StormCounts = {
  offered: 1_232,
  suppressed: { worker: 20, pending: 1, queue: 2, outstanding: 900, maintainer: 100 },
  refused: 0,
  sent: 509,
  resent: 200,
  received: 509,
  handled: 409,
};

export const DEPTHS: StormDepths = {
  ...{ pending: 10, pendingBound: 16_384, queue: 3, queueBound: 10_000, outstanding: 101, inbox: 7, buffer: 0 },
};

export function stormSample(rest: Partial<StormSample> = {}): StormSample {
  return {
    ...{ phase: 'held', elapsed: 5_000, inPhase: 1_500, working: 101, counts: COUNTS, depths: DEPTHS, rss: 100 * MIB },
    threads: [{ name: 'control', cpu: 50, heap: 20 * MIB }],
    drill: undefined,
    ...rest,
  };
}

export function stormReport(rest: Partial<StormReport> = {}): StormReport {
  return {
    ...{ outcome: 'completed', cause: 'stalled-maintainer', dispatchers: 100, workers: 2, hold: 10_000, resend: 1_000 },
    ...{ counts: COUNTS, needed: 202, offeredToReceived: 2.42, receivedToNeeded: 2.52, processCpu: 1_400 },
    times: { start: 900, held: 10_001, completion: 42, storm: 10_600 },
    memory: { rest: 100 * MIB, peak: 112 * MIB },
    threads: [
      { name: 'control', cpu: 650, atRest: 0.011, held: 0.031, heapRest: 20 * MIB, heapPeak: 24 * MIB },
      { name: 'worker-0', cpu: undefined, atRest: undefined, held: undefined, heapRest: 10 * MIB, heapPeak: 11 * MIB },
    ],
    most: DEPTHS,
    faults: [],
    ...rest,
  };
}
