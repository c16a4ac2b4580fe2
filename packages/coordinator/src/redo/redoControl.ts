import { type Mode, maxTs, type RedoMetaRequest, TRIGGER_HANDLE, type WriteRedoMeta } from '@tidegate/protocol';
import type { ActorContext } from '@tidegate/runtime';
import type { Outbox } from '../dispatchers/outbox.js';
import type { Placement } from '../dispatchers/placement.js';
import type { Progress } from '../dispatchers/progress.js';
import type { Fence } from '../maintainer/fence.js';
import type { Ownership } from '../maintainer/ownership.js';

const REDO: Mode = 1;

export interface RedoControlDeps {
  readonly context: ActorContext;
  readonly host: string;
  readonly ownership: Ownership;
  readonly placement: Placement;
  readonly progress: Progress;
  readonly outboxes: readonly Outbox[];
  readonly fence: Fence;
}

/**
 * The redo world's control messages (D-46, K-11): what the redo log is to write down of itself goes to one worker, how far
 * it is durable goes to the maintainer, and how far default dispatchers may go comes from there to every worker.
 */
export class RedoControl {
  readonly #deps: RedoControlDeps;
  #gate = 0n;
  #asked: WriteRedoMeta | undefined;
  #written = 0n;

  constructor(deps: RedoControlDeps) {
    this.#deps = deps;
  }

  /** The global redo ts, as far as this host knows it. 0: it was told none. */
  get gate(): bigint {
    return this.#gate;
  }

  /** The largest redo ts that was written down here. */
  get written(): bigint {
    return this.#written;
  }

  /**
   * What to write down. Not before this host has, or had, a redo dispatcher: until then there is no redo log that could
   * claim anything. A repeat of what is written is answered at once: its answer was lost.
   */
  meta({ resolvedTs, checkpointTs }: RedoMetaRequest): void {
    const { context, progress, fence } = this.#deps;
    if (fence.refuses('redo meta')) return;
    if (progress.seq(REDO) === 0) {
      context.count('coordinator.redo-not-ready');
      return;
    }
    this.#asked = {
      type: 'write-redo-meta',
      resolvedTs: maxTs(resolvedTs, this.#asked?.resolvedTs ?? 0n),
      checkpointTs: maxTs(checkpointTs, this.#asked?.checkpointTs ?? 0n),
    };
    this.#write();
    if (resolvedTs <= this.#written) this.tellProgress();
  }

  /** A worker has written down `resolvedTs`. */
  wrote(resolvedTs: bigint): void {
    if (resolvedTs <= this.#written) return;
    this.#written = resolvedTs;
    this.tellProgress();
  }

  /** The largest wins: it never goes back, whatever comes late. */
  forward(resolvedTs: bigint): void {
    if (resolvedTs <= this.#gate) return;
    this.#gate = resolvedTs;
    for (const outbox of this.#deps.outboxes) this.#sendGate(outbox);
  }

  /** A worker is gone: what it may have been asked to write is asked of another. */
  lostWorker(): void {
    this.#write();
  }

  /** A worker has just begun: it hears what all others have heard. */
  newWorker(worker: number): void {
    if (this.#gate > 0n) this.#sendGate(this.#deps.outboxes[worker]!);
    this.#write();
  }

  /** Tells the owner how far the log is; also a new owner. */
  tellProgress(): void {
    const { context, host, ownership } = this.#deps;
    if (ownership.address === undefined || this.#written === 0n) return;
    const progress = { type: 'redo-progress', from: host, epoch: ownership.epoch, resolvedTs: this.#written };
    context.send(ownership.address, progress, { coalesce: 'redo-progress' });
  }

  /** To the worker of the redo trigger, whose log it is that moves first; without it to any. */
  #write(): void {
    const { placement, outboxes } = this.#deps;
    const trigger = TRIGGER_HANDLE[REDO];
    const worker = placement.isPlaced(trigger) ? placement.worker(trigger) : placement.leastLoaded();
    if (this.#asked !== undefined && worker >= 0) outboxes[worker]!.send(this.#asked, { coalesce: 'write-redo-meta' }, false);
  }

  #sendGate(outbox: Outbox): void {
    outbox.send({ type: 'redo-gate', resolvedTs: this.#gate }, { coalesce: 'redo-gate' }, false);
  }
}
