import type { PendingMap } from './pendingMap.js';
import type { RequestQueue } from './requestQueue.js';
import { isKeyed, PENDING, stageShift } from './stageBits.js';
import type { BatchBuilder, StatusBatch } from './statusBatch.js';

/** One builder a mode, in the order in which requests are emitted: default, then redo (C-4). */
export type Builders = readonly [BatchBuilder, BatchBuilder];

/**
 * Takes what waits in the pending map and puts it into the request queue: modes apart, default first (C-4), order kept
 * within a mode (C-8), cut to requests of at most the builders' limit with storage of their own (C-5). A key goes from stage
 * L to stage Q in one step. Stops when the queue has no room; what is left waits in the map.
 */
export function collect(pending: PendingMap, queue: RequestQueue, builders: Builders): void {
  const redo: StatusBatch[] = [];
  // Every request cut so far, and the two that may still be open, must fit.
  while (queue.room - redo.length >= 2 && pending.shift()) {
    const { handle, generation, event, stage } = pending;
    const mode = pending.events.mode(event);
    const builder = builders[mode];
    if (!isKeyed(stage)) {
      builder.push(handle, generation, event, stage, pending.already);
      pending.release();
    } else if (queue.reserve(handle, generation, event, stage, PENDING << stageShift(stage))) {
      builder.push(handle, generation, event, stage, pending.already);
    }
    if (!builder.full) continue;
    if (mode === 0) queue.push(builder.finish(queue.target));
    else redo.push(builder.finish(queue.target));
  }
  if (builders[0].length > 0) queue.push(builders[0].finish(queue.target));
  for (const batch of redo) queue.push(batch);
  if (builders[1].length > 0) queue.push(builders[1].finish(queue.target));
}
