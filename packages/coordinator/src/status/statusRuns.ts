import type { StatusBatch } from './statusBatch.js';

/**
 * The row after the last of the run that begins at `from`: rows of one event and one stage, which can be handled in one loop.
 * Statuses that come together mostly are of one event and one stage.
 */
export function runEnd({ event, stage, uniform }: Pick<StatusBatch, 'event' | 'stage' | 'uniform'>, from: number): number {
  if (uniform) return event.length;
  const ofEvent = event[from];
  const ofStage = stage[from];
  let row = from + 1;
  while (row < event.length && event[row] === ofEvent && stage[row] === ofStage) row++;
  return row;
}

/** Whether two columns hold the same. Those of a request and of the reply to it are often one and the same object. */
export function sameColumn(a: Uint32Array, b: Uint32Array): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let row = 0; row < a.length; row++) if (a[row] !== b[row]) return false;
  return true;
}
