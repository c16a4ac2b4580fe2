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
 * K-9: the bound that the worker put on the watermark stays until the maintainer has confirmed those reports; were the
 * watermark to move on first, it would pass what the lost dispatchers had not flushed.
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
    const lost: { handle: number; generation: number; vouchedTs: bigint; state: ComponentState }[] = [];
    placement.forEach((handle) => {
      if (placement.worker(handle) !== worker) return;
      const vouchedTs = progress.vouched(worker, placement.mode(handle), placement.seq(handle), placement.startTs(handle));
      const generation = placement.generation(handle);
      lost.push({ handle, generation, vouchedTs, state: this.#endOf(handle, generation) });
    });
    const bound = progress.lose(worker);
    context.count('coordinator.lost-dispatchers', lost.length);
    for (const { handle, generation, vouchedTs, state } of lost) {
      const mode = placement.mode(handle);
      const seq = placement.seq(handle);
      lifecycle.gone(handle, generation);
      heartbeats.reportGone({ handle, generation, state, mode, checkpointTs: vouchedTs, seq, worker }, bound);
      merges.changed(handle, generation, state);
    }
    subscriptions.flush();
    lifecycle.retry();
    return true;
  }

  /** The replacement runs, empty. */
  replace(worker: number): void {
    const { placement, outboxes, merges, lifecycle } = this.#deps;
    if (placement.isOpen(worker)) this.lose(worker);
    placement.setOpen(worker, true);
    outboxes[worker]!.open();
    merges.retry();
    lifecycle.retry();
  }

  /**
   * One that has not begun to work was never there for the maintainer, which has to ask for another one; what it waits for
   * is a Working or a Removed. The target of a merge that is committed has its range all the same (T-8).
   */
  #endOf(handle: number, generation: number): ComponentState {
    const { placement, merges } = this.#deps;
    const hasBegun =
      placement.state(handle) < ComponentState.INITIALIZING || placement.state(handle) === ComponentState.WAITING_MERGE;
    return hasBegun || merges.isTarget(handle, generation) ? ComponentState.STOPPED : ComponentState.REMOVED;
  }
}
