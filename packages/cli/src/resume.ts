import { readdir } from 'node:fs/promises';
import { type Metadata, readMetadata } from '@tidegate/storage';
import { CliError } from './errors.js';
import { timestamp } from './format.js';

/** Where a run starts. */
export interface StartPlan {
  readonly startTs: bigint;
  /** The directory has a checkpoint, and the run starts there. */
  readonly resumed: boolean;
}

/**
 * Decides where to start writing to `dir`: at its checkpoint when it has one, else where the user says, else at the
 * beginning. A start that would leave a hole in the directory, or write into it a second time from elsewhere, is refused
 * with `CLI_RESUME`, naming the option by which the user said it. Touches nothing.
 */
export async function planStart(dir: string, wanted: bigint | undefined, option = '--start-ts'): Promise<StartPlan> {
  const metadata = await readMetadata(dir);
  if (metadata !== undefined) return continueAt(dir, metadata, wanted, option);
  if (wanted !== undefined && wanted > 0n && (await holdsData(dir))) {
    throw new CliError(
      'CLI_RESUME',
      `${dir} holds data but no checkpoint, so a start behind ${timestamp(wanted)} could leave a hole; ` +
        `leave ${option} out to start from the beginning, or write to an empty directory`,
    );
  }
  return { startTs: wanted ?? 0n, resumed: false };
}

function continueAt(dir: string, { checkpointTs }: Metadata, wanted: bigint | undefined, option: string): StartPlan {
  if (wanted === undefined || wanted === checkpointTs) return { startTs: checkpointTs, resumed: true };
  throw new CliError(
    'CLI_RESUME',
    `${dir} is complete up to its checkpoint ${timestamp(checkpointTs)}, so it cannot be continued from ${timestamp(wanted)}; ` +
      `leave ${option} out to continue at the checkpoint, or write to an empty directory`,
  );
}

/**
 * The ts behind which the source is to deliver. A run that is continued starts one below its checkpoint: a log may have
 * ended in the middle of its last transaction (a feeder that was stopped, a file that was still written), and the end of a
 * log does not tell. What lies at the checkpoint is written again, which the directory shows once.
 */
export function deliverBehind(plan: StartPlan): bigint {
  return plan.resumed && plan.startTs > 0n ? plan.startTs - 1n : plan.startTs;
}

/** Hidden files are temporary ones and the lock. */
async function holdsData(dir: string): Promise<boolean> {
  try {
    return (await readdir(dir)).some((name) => !name.startsWith('.'));
  } catch (error) {
    if (error instanceof Error && (error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
