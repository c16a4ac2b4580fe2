import { setTimeout as delay } from 'node:timers/promises';
import type { Host } from '@tidegate/host';
import { VerificationError } from '../harness/errors.js';
import { processorSeconds } from '../harness/sharedClock.js';
import { type Command, give } from './control.js';
import { forgetPeak, peakBytes } from './peakMemory.js';

/** In the order in which they are lived. */
export const PHASES = [
  'start',
  'All',
  'DB, half of the tables',
  '1 000 pairs',
  'one DDL of many tables',
  'drop of half',
  'stop',
] as const;
export type PhaseName = (typeof PHASES)[number];

/** What one phase took. */
export interface Phase {
  /** From the command to the end of the last barrier, as the host tells it; for a start or a stop, all of it. */
  readonly seconds: number;
  /** The longest that one of its barriers was open, by the maintainer's clock. */
  readonly open: number;
  /** Processor time of all threads. */
  readonly cpuSeconds: number;
  /** Resident memory at its peak, above what was resident when the phase began. */
  readonly aboveBytes: number;
}

const PATIENCE = 300_000;

/** Runs something and says what it took. `open` is 0. */
export async function timed(work: () => Promise<void>): Promise<Phase> {
  forgetPeak();
  const resident = process.memoryUsage.rss();
  const cpu = processorSeconds();
  const began = performance.now();
  await work();
  const seconds = (performance.now() - began) / 1e3;
  return { seconds, open: 0, cpuSeconds: processorSeconds() - cpu, aboveBytes: Math.max(0, peakBytes() - resident) };
}

/** Gives one command after the other to the source of a host, and follows the barriers that come of it. */
export class Barriers {
  readonly #control: Int32Array;
  #completed = 0;
  #longest = 0;
  #awaited = Number.POSITIVE_INFINITY;
  #done = (): void => {};

  constructor(host: Host, control: Int32Array) {
    this.#control = control;
    host.on('barrier', ({ phase, age }) => {
      if (phase !== 'completed') return;
      this.#completed++;
      this.#longest = Math.max(this.#longest, age);
      if (this.#completed === this.#awaited) this.#done();
    });
  }

  /** One command, of which so many barriers come. @throws VerificationError when they do not all complete. */
  async run(command: Command, argument: number, barriers = 1): Promise<Phase> {
    this.#awaited = this.#completed + barriers;
    this.#longest = 0;
    const over = new Promise<boolean>((resolve) => {
      this.#done = () => resolve(true);
    });
    const phase = await timed(async () => {
      give(this.#control, command, argument);
      const late = new AbortController();
      const inTime = await Promise.race([over, delay(PATIENCE, false, { signal: late.signal }).catch(() => false)]);
      late.abort();
      if (!inTime) throw new VerificationError('million', `not all of ${barriers} barriers completed in ${PATIENCE / 1e3} s`);
    });
    return { ...phase, open: this.#longest / 1e3 };
  }
}
