import { maxTs, TRIGGER_HANDLE } from '@tidegate/protocol';
import type { Outbox } from '../dispatchers/outbox.js';
import type { Placement } from '../dispatchers/placement.js';
import type { Fence } from './fence.js';

/**
 * K-12: the committed checkpoint, for the sink of the table trigger's worker. The maintainer tells each only once, and one
 * that was on its way to a worker that died is told by nobody else: so the latest of the owner is kept, and told again when
 * the trigger is placed.
 */
export class SinkCheckpoint {
  readonly #placement: Placement;
  readonly #outboxes: readonly Outbox[];
  readonly #fence: Fence;
  #latest = 0n;

  constructor(placement: Placement, outboxes: readonly Outbox[], fence: Fence) {
    this.#placement = placement;
    this.#outboxes = outboxes;
    this.#fence = fence;
  }

  /** What the owner has committed. */
  committed(checkpointTs: bigint): void {
    if (this.#fence.refuses('checkpoint write')) return;
    this.#latest = maxTs(this.#latest, checkpointTs);
    this.tell();
  }

  /** The trigger has come to a worker. */
  tell(): void {
    const trigger = TRIGGER_HANDLE[0];
    if (this.#latest === 0n || this.#fence.closed || !this.#placement.isPlaced(trigger)) return;
    const message = { type: 'sink-checkpoint', checkpointTs: this.#latest };
    this.#outboxes[this.#placement.worker(trigger)]!.send(message, { coalesce: 'sink-checkpoint' }, false);
  }

  /** Another owner, or none: what it has committed it tells itself. */
  clear(): void {
    this.#latest = 0n;
  }
}
