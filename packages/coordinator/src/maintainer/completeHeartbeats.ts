import { TRIGGER_HANDLE } from '@tidegate/protocol';
import type { ActorContext } from '@tidegate/runtime';
import type { Outbox } from '../dispatchers/outbox.js';
import type { Placement } from '../dispatchers/placement.js';
import type { ResolvedOptions } from '../options.js';
import { timer } from '../timers.js';
import { CompleteRound } from './completeRound.js';
import type { Heartbeats } from './heartbeats.js';
import type { SnapshotIds } from './snapshotIds.js';

/** Of complete heartbeats that would say what the one before said, so many are left out for one that goes. */
const LEFT_OUT = 5;
/**
 * How often a complete heartbeat goes before any is left out: to another host's maintainer three may be needed to tell that a
 * dispatcher is not here (H-1), and each may be lost. On the way to the maintainer of the own host nothing is.
 */
const REPEATED = 3;

export interface CompleteHeartbeatDeps {
  readonly context: ActorContext;
  readonly options: ResolvedOptions;
  readonly placement: Placement;
  readonly outboxes: readonly Outbox[];
  readonly heartbeats: Heartbeats;
  readonly snapshotIds: SnapshotIds;
  /** The maintainer replies to nothing of what it was sent. */
  readonly isSilent: () => boolean;
}

/**
 * H-1: every so often every dispatcher is listed, by the workers, and the heartbeat behind the last list says so.
 *
 * It repairs what was lost and tells the checkpoints of single dispatchers (B-60), so one that would say again what the last ones said
 * is left out five times of six. Only the workers can tell: a checkpoint may move without the least one moving. And while the
 * maintainer is silent none is made: it would wait in the maintainer's inbox, behind others like it.
 */
export class CompleteHeartbeats {
  readonly #deps: CompleteHeartbeatDeps;
  readonly #round: CompleteRound;
  #asked: readonly boolean[] = [];
  #brief = false;
  /** Something is another thing than in the last complete heartbeat. */
  #changed = true;
  #leftOut = 0;

  constructor(deps: CompleteHeartbeatDeps) {
    this.#deps = deps;
    this.#round = new CompleteRound(deps.options.workers.length);
  }

  /** Id of the snapshot request of the round that runs; 0 without one. */
  get id(): number {
    return this.#round.id;
  }

  /** The interval is over. */
  due(): void {
    const { context, options, heartbeats, isSilent, placement } = this.#deps;
    context.schedule(options.completeHeartbeatInterval, timer('complete'));
    if (isSilent()) {
      context.count('coordinator.complete-left-out');
      return;
    }
    const repeated = placement.isPlaced(TRIGGER_HANDLE[0]) ? 1 : REPEATED;
    this.#begin(this.#leftOut < LEFT_OUT && heartbeats.completes >= repeated);
  }

  /** A worker has listed its dispatchers for round `id`, or has said that its last list still holds. */
  answered(id: number, worker: number, unchanged: boolean): void {
    if (id === this.#round.id && !unchanged) this.#changed = true;
    if (this.#round.answered(id, worker)) this.#end();
  }

  lost(worker: number): void {
    this.#changed = true;
    if (this.#round.lost(worker)) this.#end();
  }

  #begin(brief: boolean): void {
    const { options, placement, outboxes, snapshotIds } = this.#deps;
    const asked = options.workers.map((_, worker) => placement.load[worker]! > 0);
    if (asked.some((isAsked, worker) => isAsked !== this.#asked[worker])) this.#changed = true;
    this.#asked = asked;
    this.#brief = brief && !this.#changed;
    const id = snapshotIds.next();
    const isOver = this.#round.begin(id, asked);
    asked.forEach((isAsked, worker) => {
      if (!isAsked) return;
      const request = { type: 'snapshot', id, columns: true, ...(this.#brief && { brief: true }) } as const;
      outboxes[worker]!.send(request, 'lossless', true);
    });
    if (isOver) this.#end();
  }

  #end(): void {
    if (!this.#brief) {
      this.#leftOut = 0;
      this.#deps.heartbeats.completeRound(this.#changed);
      this.#changed = false;
    } else if (this.#changed) {
      // Those that have not changed have listed nothing: everybody is asked once more.
      this.#begin(false);
    } else {
      this.#leftOut++;
      this.#deps.context.count('coordinator.complete-left-out');
    }
  }
}
