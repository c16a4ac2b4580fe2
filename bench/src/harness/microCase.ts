import { Bench } from 'tinybench';
import { VerificationError } from './errors.js';
import type { Case, Scale } from './measurement.js';

/** A case that fits in a function. */
export interface MicroCase {
  readonly name: string;
  readonly baseline?: string;
  /** Items that one call of `body` handles. */
  readonly items: number;
  readonly body: () => void;
  /** Called after each run. Says what is wrong, if anything is. */
  readonly check: () => string | undefined;
}

/**
 * Milliseconds of processor time of this process. What runs in one thread is timed by it, not by the clock on the wall:
 * where others use the same cores, that one counts their time as ours.
 */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
}

/** Runs under tinybench; a run is one measurement of it and counts with its median call. */
export function microCase({ name, baseline, items, body, check }: MicroCase, scale: Scale): Case {
  return {
    name,
    ...(baseline !== undefined && { baseline }),
    run: async () => {
      const bench = new Bench({
        now: processorTime,
        time: scale.microTime,
        warmupTime: scale.microTime / 4,
        iterations: 4,
        warmupIterations: 2,
      });
      bench.add(name, body, { async: false });
      const result = (await bench.run())[0]?.result;
      if (result?.state !== 'completed') {
        const why = result?.state === 'errored' ? result.error.message : `tinybench says ${result?.state ?? 'nothing'}`;
        throw new VerificationError(name, why);
      }
      const fault = check();
      if (fault !== undefined) throw new VerificationError(name, fault);
      return { items, seconds: result.latency.p50 / 1e3 };
    },
  };
}
