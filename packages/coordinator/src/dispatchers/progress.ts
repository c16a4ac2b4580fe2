import { type DispatcherConfig, MAX_TS, type Mode, maxTs, minTs, type Watermark, type WorkerHeartbeat } from '@tidegate/protocol';

/** Dispatchers sent to a worker in one message, of which its heartbeats do not account yet. */
interface Uncounted {
  /** `created` of the worker once it has taken the message. */
  readonly upTo: number;
  /** Least start ts by mode. */
  readonly start: readonly [bigint, bigint];
}

interface WorkerProgress {
  heartbeat: WorkerHeartbeat | undefined;
  sent: number;
  uncounted: Uncounted[];
}

/**
 * Merges the progress of the workers into the watermarks of the host, one a mode (H-2). A watermark labelled `seq` accounts
 * for the first `seq` dispatchers of its mode: by the worker's own report or, until that covers a dispatcher, by its start
 * ts (H-3).
 */
export class Progress {
  readonly #workers: WorkerProgress[];
  readonly #seq: [number, number] = [0, 0];

  constructor(workers: number) {
    this.#workers = Array.from({ length: workers }, () => ({ heartbeat: undefined, sent: 0, uncounted: [] }));
  }

  /** Dispatchers of a mode created so far. */
  seq(mode: Mode): number {
    return this.#seq[mode];
  }

  /** The number of a new dispatcher in the order of creation of its mode, from 1. */
  assign(mode: Mode): number {
    return ++this.#seq[mode];
  }

  /** Dispatchers were put on the way to a worker, in one message. */
  created(worker: number, configs: readonly DispatcherConfig[]): void {
    const progress = this.#workers[worker]!;
    const start: [bigint, bigint] = [MAX_TS, MAX_TS];
    for (const { mode, startTs } of configs) start[mode] = minTs(start[mode], startTs);
    progress.sent += configs.length;
    progress.uncounted.push({ upTo: progress.sent, start });
  }

  heard(worker: number, heartbeat: WorkerHeartbeat): void {
    const progress = this.#workers[worker]!;
    progress.heartbeat = heartbeat;
    let counted = 0;
    while (counted < progress.uncounted.length && progress.uncounted[counted]!.upTo <= heartbeat.created) counted++;
    if (counted > 0) progress.uncounted.splice(0, counted);
  }

  /** The watermark as far as it is known now. Without dispatchers: `MAX_TS` (H-4). */
  latest(mode: Mode): Watermark {
    let checkpointTs = MAX_TS;
    let resolvedTs = MAX_TS;
    let lastSyncedTs = 0n;
    for (const { heartbeat, uncounted } of this.#workers) {
      if (heartbeat !== undefined) {
        checkpointTs = minTs(checkpointTs, mode === 0 ? heartbeat.checkpointTs : heartbeat.redoCheckpointTs);
        resolvedTs = minTs(resolvedTs, mode === 0 ? heartbeat.resolvedTs : heartbeat.redoResolvedTs);
        if (mode === 0) lastSyncedTs = maxTs(lastSyncedTs, heartbeat.lastSyncedTs);
      }
      for (const { start } of uncounted) {
        checkpointTs = minTs(checkpointTs, start[mode]);
        resolvedTs = minTs(resolvedTs, start[mode]);
      }
    }
    return { checkpointTs, resolvedTs, seq: this.#seq[mode], lastSyncedTs };
  }
}
