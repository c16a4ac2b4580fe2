import { ComponentState } from '@tidegate/protocol';
import type { ActorContext } from '@tidegate/runtime';
import type { Heartbeats } from '../maintainer/heartbeats.js';
import type { Merges } from '../merge/merges.js';
import type { Lifecycle } from './lifecycle.js';
import type { Outbox } from './outbox.js';
import type { Placement } from './placement.js';
import type { Progress } from './progress.js';
import type { Subscriptions } from './subscriptions.js';

export interface WorkerLossDeps {
  readonly context: ActorContext;
  readonly placement: Placement;
  readonly progress: Progress;
  readonly outboxes: readonly Outbox[];
  readonly subscriptions: Subscriptions;
  readonly lifecycle: Lifecycle;
  readonly merges: Merges;
  readonly heartbeats: Heartbeats;
}

/**
 * The death of a worker thread, and its replacement. All its dispatchers are gone: each is reported stopped at a checkpoint
 * that this host can vouch for, and the maintainer schedules it anew (T-1).
 *
 * K-9: the bound that the worker put on the watermark stays until those reports have left; were the watermark to move on
 * first, it would pass what the lost dispatchers had not flushed.
 */
export class WorkerLoss {
  readonly #deps: WorkerLossDeps;

  constructor(deps: WorkerLossDeps) {
    this.#deps = deps;
  }

  /** Takes a worker out. Does nothing for one that is out. True: it was in. */
  lose(worker: number): boolean {
    const { context, placement, progress, outboxes, subscriptions, lifecycle, merges, heartbeats } = this.#deps;
    if (!placement.isOpen(worker)) return false;
    placement.setOpen(worker, false);
    outboxes[worker]!.close();
    const lost: { handle: number; generation: number; vouchedTs: bigint }[] = [];
    placement.forEach((handle) => {
      if (placement.worker(handle) !== worker) return;
      const vouchedTs = progress.vouched(worker, placement.mode(handle), placement.seq(handle), placement.startTs(handle));
      lost.push({ handle, generation: placement.generation(handle), vouchedTs });
    });
    progress.lose(worker, lost.length > 0);
    context.count('coordinator.lost-dispatchers', lost.length);
    for (const { handle, generation, vouchedTs } of lost) {
      const mode = placement.mode(handle);
      const seq = placement.seq(handle);
      const state = ComponentState.STOPPED;
      lifecycle.gone(handle, generation);
      heartbeats.reportLost({ handle, generation, state, mode, checkpointTs: vouchedTs, seq });
      merges.changed(handle, generation, state);
    }
    subscriptions.flush();
    return true;
  }

  /** The replacement runs, empty. */
  replace(worker: number): void {
    const { placement, outboxes, merges } = this.#deps;
    if (placement.isOpen(worker)) this.lose(worker);
    placement.setOpen(worker, true);
    outboxes[worker]!.open();
    merges.retry();
  }
}
