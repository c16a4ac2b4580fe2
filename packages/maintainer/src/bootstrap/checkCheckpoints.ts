import type { BootstrapResponse, StartChangefeed } from '@tidegate/protocol';
import { BootstrapError } from '../errors.js';

/**
 * S-5: some host has the table trigger of each pipeline and names where it starts. A start at 0 is one from the very
 * beginning. Throws {@link BootstrapError}.
 */
export function checkCheckpoints(
  responses: readonly BootstrapResponse[],
  { startTs, redo }: Pick<StartChangefeed, 'startTs' | 'redo'>,
): void {
  if (startTs === 0n) return;
  const none = (of: (response: BootstrapResponse) => bigint): boolean => responses.every((response) => of(response) === 0n);
  const missing = none(({ checkpointTs }) => checkpointTs) ? 'default' : undefined;
  const missingRedo = redo === true && none(({ redoCheckpointTs }) => redoCheckpointTs ?? 0n) ? 'redo' : undefined;
  const pipeline = missing ?? missingRedo;
  if (pipeline === undefined) return;
  throw new BootstrapError(
    `no host names a checkpoint, all ${responses.length} are empty; the table trigger of the ${pipeline} pipeline was not created`,
  );
}
