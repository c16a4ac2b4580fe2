import { type DispatcherConfig, MAX_TS, type Mode, maxTs, minTs, type Watermark, type WorkerHeartbeat } from '@tidegate/protocol';
import type { Bound } from '../maintainer/unconfirmed.js';

/** Dispatchers sent to a worker in one go, of which its heartbeats do not account yet. */
interface Uncounted {
  /** `created` of the worker once it has taken them all. */
  readonly upTo: number;
  /** Least start ts by mode. */
  readonly start: readonly [bigint, bigint];
  /** Least number in the order of creation by mode; infinite without one. */
  readonly seq: readonly [number, number];
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
  #lastSyncedTs = 0n;
  /** Grows with every change: while it is the same, so are the watermarks. */
  version = 0;

  constructor(workers: number) {
    this.#workers = Array.from({ length: workers }, nothing);
  }

  /** Dispatchers of a mode created so far. */
  seq(mode: Mode): number {
    return this.#seq[mode];
  }

  /** The number of a new dispatcher in the order of creation of its mode, from 1. */
  assign(mode: Mode): number {
    this.version++;
    return ++this.#seq[mode];
  }

  /** Dispatchers are put on the way to a worker. `seqOf` tells the number of each. */
  created(worker: number, configs: readonly DispatcherConfig[], seqOf: (handle: number) => number): void {
    const progress = this.#workers[worker]!;
    const start: [bigint, bigint] = [MAX_TS, MAX_TS];
    const seq: [number, number] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (const { handle, mode, startTs } of configs) {
      start[mode] = minTs(start[mode], startTs);
      seq[mode] = Math.min(seq[mode], seqOf(handle));
    }
    this.version++;
    progress.sent += configs.length;
    progress.uncounted.push({ upTo: progress.sent, start, seq });
  }

  /** What a worker had before this coordinator was: `created` configs taken, least checkpoint by mode. */
  restore(worker: number, created: number, checkpointTs: readonly [bigint, bigint]): void {
    this.version++;
    // Any report of the worker accounts for them.
    this.#workers[worker] = {
      heartbeat: undefined,
      sent: created,
      uncounted: [{ upTo: created, start: checkpointTs, seq: [0, 0] }],
    };
  }

  heard(worker: number, heartbeat: WorkerHeartbeat): void {
    const progress = this.#workers[worker]!;
    this.version++;
    progress.heartbeat = heartbeat;
    this.#lastSyncedTs = maxTs(this.#lastSyncedTs, heartbeat.lastSyncedTs);
    let counted = 0;
    while (counted < progress.uncounted.length && progress.uncounted[counted]!.upTo <= heartbeat.created) counted++;
    if (counted > 0) progress.uncounted.splice(0, counted);
  }

  /** What can be vouched for of one dispatcher: its worker's watermark if that accounts for it, else where it started. */
  vouched(worker: number, mode: Mode, seq: number, startTs: bigint): bigint {
    const { heartbeat, uncounted } = this.#workers[worker]!;
    const checkpointTs = heartbeat === undefined ? MAX_TS : checkpointOf(heartbeat, mode);
    if (checkpointTs === MAX_TS || uncounted.some((one) => one.seq[mode] <= seq)) return startTs;
    return maxTs(startTs, checkpointTs);
  }

  /** A worker is gone. What it reported last, or what it was to start from, bounds the watermark of those that knew it. */
  lose(worker: number): Bound {
    const progress = this.#workers[worker]!;
    const of = (resolved: boolean): [bigint, bigint] => [leastOf(progress, 0, resolved), leastOf(progress, 1, resolved)];
    const bound = { checkpointTs: of(false), resolvedTs: of(true) };
    this.#workers[worker] = nothing();
    this.version++;
    return bound;
  }

  /** The watermark as far as it is known now. Without dispatchers: `MAX_TS` (H-4). */
  latest(mode: Mode): Watermark {
    let checkpointTs = MAX_TS;
    let resolvedTs = MAX_TS;
    for (const progress of this.#workers) {
      checkpointTs = minTs(checkpointTs, leastOf(progress, mode, false));
      resolvedTs = minTs(resolvedTs, leastOf(progress, mode, true));
    }
    return { checkpointTs, resolvedTs, seq: this.#seq[mode], lastSyncedTs: mode === 0 ? this.#lastSyncedTs : 0n };
  }
}

function nothing(): WorkerProgress {
  return { heartbeat: undefined, sent: 0, uncounted: [] };
}

function checkpointOf(heartbeat: WorkerHeartbeat, mode: Mode): bigint {
  return mode === 0 ? heartbeat.checkpointTs : heartbeat.redoCheckpointTs;
}

/** Least ts of what a worker has reported and of what it has yet to account for. */
function leastOf({ heartbeat, uncounted }: WorkerProgress, mode: Mode, resolved: boolean): bigint {
  let least = MAX_TS;
  if (heartbeat !== undefined) {
    if (!resolved) least = checkpointOf(heartbeat, mode);
    else least = mode === 0 ? heartbeat.resolvedTs : heartbeat.redoResolvedTs;
  }
  for (const { start } of uncounted) least = minTs(least, start[mode]);
  return least;
}
