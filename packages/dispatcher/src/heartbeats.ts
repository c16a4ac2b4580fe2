import { DEFAULTS, Mode, type WorkerHeartbeat } from '@tidegate/protocol';
import type { Timer } from '@tidegate/runtime';
import { aggregate } from './checkpoint.js';
import type { GroupState } from './state.js';

/** The timer of the next heartbeat. */
export interface HeartbeatTimer {
  readonly type: 'heartbeat';
}

/**
 * The worker's progress, told to its coordinator (H-1, H-2, H-3): at most once an interval, and only when it is not what was told last.
 * A group changes by what it receives and by nothing else, so a worker to which nothing comes has no timer. On the way to the
 * coordinator nothing is lost; a new coordinator asks for a snapshot, and is told again.
 */
export class Heartbeats {
  readonly #state: GroupState;
  #timer: Timer | undefined;
  #beatAt = Number.NEGATIVE_INFINITY;
  #touched = false;
  #last: WorkerHeartbeat | undefined;
  #stopped = false;
  /** Milliseconds between two with news. */
  #interval: number;
  #isHurried = false;

  constructor(state: GroupState) {
    this.#state = state;
    this.#interval = state.options.heartbeatInterval;
    this.#schedule(state.options.heartbeatFirst);
  }

  /** A message of this type has come, or room: what is to be told may be another thing when the turn ends. */
  touched(type: string): void {
    // A complete listing asks for a snapshot every so often; neither it nor our own timer changes anything.
    if (type === 'heartbeat' || type === 'snapshot') return;
    this.#touched = true;
    if (type !== 'room') this.#state.changes++;
  }

  /** Somebody does not know what was told last. */
  repeat(): void {
    this.#last = undefined;
    this.#touched = true;
    this.#state.changes++;
  }

  /** Only the checkpoint is waited for: from now on news waits hardly at all, and says so. */
  hurry(): void {
    if (this.#isHurried) return;
    this.#isHurried = true;
    this.#interval = Math.min(this.#interval, DEFAULTS.heartbeatHurried);
    this.#timer?.cancel();
    this.#timer = undefined;
    this.repeat();
  }

  turnEnd(): void {
    if (!this.#touched) return;
    this.#touched = false;
    if (this.#timer !== undefined || this.#stopped) return;
    this.#schedule(Math.max(0, this.#beatAt + this.#interval - this.#state.context.now()));
  }

  /** Coalescing: on a full lane the latest takes the place of the one before. */
  beat(): void {
    const { context, options, created, lastSyncedTs } = this.#state;
    this.#timer = undefined;
    this.#beatAt = this.#state.now;
    const watermarks = aggregate(this.#state);
    const message: WorkerHeartbeat = {
      type: 'worker-heartbeat',
      created,
      checkpointTs: watermarks[Mode.DEFAULT].checkpointTs,
      resolvedTs: watermarks[Mode.DEFAULT].resolvedTs,
      lastSyncedTs,
      redoCheckpointTs: watermarks[Mode.REDO].checkpointTs,
      redoResolvedTs: watermarks[Mode.REDO].resolvedTs,
      ...(this.#isHurried && { hurry: true }),
    };
    if (this.#last !== undefined && isSame(message, this.#last)) return;
    // One that finds the outbox full is made anew.
    if (context.send(options.coordinator, message, { coalesce: 'worker-heartbeat' })) this.#last = message;
    else this.#schedule(this.#interval);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #schedule(delay: number): void {
    this.#timer = this.#state.context.schedule(delay, { type: 'heartbeat' } satisfies HeartbeatTimer);
  }
}

function isSame(one: WorkerHeartbeat, other: WorkerHeartbeat): boolean {
  return (
    one.created === other.created &&
    one.checkpointTs === other.checkpointTs &&
    one.resolvedTs === other.resolvedTs &&
    one.lastSyncedTs === other.lastSyncedTs &&
    one.redoCheckpointTs === other.redoCheckpointTs &&
    one.redoResolvedTs === other.redoResolvedTs
  );
}
