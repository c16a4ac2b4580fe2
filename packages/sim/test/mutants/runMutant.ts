import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Mutant } from './mutant.js';

/** What came of a hunt. */
export interface Hunt {
  /** The first run that broke a rule. Absent: the mutant has survived. */
  readonly found?: { readonly seed: number; readonly rule: string; readonly text: string; readonly steps: number };
  /** Seeds that were run. */
  readonly tried: number;
  /** Seeds that break a rule without the mutant as well. */
  readonly unsound: number;
  readonly milliseconds: number;
}

const CHILD = fileURLToPath(new URL('child.mjs', import.meta.url));
const run = promisify(execFile);

type Job = Pick<Mutant, 'edits' | 'profile' | 'seeds' | 'override'>;

async function runSeeds(job: Job & { readonly from: number }): Promise<Omit<Hunt, 'unsound'>> {
  const { stdout } = await run(process.execPath, [CHILD, JSON.stringify(job)], { maxBuffer: 1 << 24 });
  return JSON.parse(stdout) as Omit<Hunt, 'unsound'>;
}

/**
 * Runs the seeds of a mutant, from `first` on, in a process of their own, until one breaks a rule. A seed that breaks one
 * without the mutant as well does not count.
 */
export async function hunt({ edits, profile, seeds, override }: Job, first = 1): Promise<Hunt> {
  const common = { profile, ...(override && { override }) };
  let milliseconds = 0;
  let unsound = 0;
  let from = first;
  for (;;) {
    const left = first + seeds - from;
    if (left <= 0) return { tried: seeds, unsound, milliseconds };
    const hit = await runSeeds({ ...common, edits, seeds: left, from });
    milliseconds += hit.milliseconds;
    if (hit.found === undefined) return { tried: seeds, unsound, milliseconds };
    const sound = await runSeeds({ ...common, edits: [], seeds: 1, from: hit.found.seed });
    if (sound.found === undefined) return { found: hit.found, tried: hit.found.seed - first + 1, unsound, milliseconds };
    unsound++;
    from = hit.found.seed + 1;
  }
}
