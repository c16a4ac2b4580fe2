import type { BlockStatusRequest, EventKey } from '@tidegate/protocol';
import type { ActorContext, Timer } from '@tidegate/runtime';
import { ReportedError } from '../errors.js';
import type { Heartbeats } from '../maintainer/heartbeats.js';
import type { Ownership } from '../maintainer/ownership.js';
import type { ResolvedOptions } from '../options.js';
import { timer } from '../timers.js';
import type { Living } from './outstanding.js';
import type { StatusPath } from './statusPath.js';

/** What is due and found no room is tried again after so many milliseconds, if nothing says earlier that there is room. */
const RETRY = 10;

export interface StatusFlowDeps {
  readonly context: ActorContext;
  readonly options: ResolvedOptions;
  readonly ownership: Ownership;
  readonly path: StatusPath;
  readonly heartbeats: Heartbeats;
  readonly living: Living;
  /** What the workers have to say is waited for. */
  readonly mustHear: () => boolean;
}

/** When statuses move on: the batch window, resends, and back-pressure in both directions. */
export class StatusFlow {
  readonly #deps: StatusFlowDeps;
  #window: Timer | undefined;
  #deadline = 0;
  #resend: Timer | undefined;
  #resendAt = 0;
  #paused = false;

  constructor(deps: StatusFlowDeps) {
    this.#deps = deps;
  }

  /** The workers are paused: their lanes fill, and they feel it (L-8). */
  get paused(): boolean {
    return this.#paused;
  }

  /** Statuses after which {@link acceptedRun} has something to do, given how many wait now. */
  get next(): number {
    const { options, path } = this.#deps;
    const { length, capacity } = path.pending;
    return length < options.batchStatuses && options.batchStatuses < capacity ? options.batchStatuses : capacity;
  }

  /** Statuses were accepted, up to {@link next} at most: the first opens the window (C-1), one too many ends it (C-3). */
  acceptedRun(before: number): void {
    const { path, options } = this.#deps;
    const { length, capacity } = path.pending;
    if (length === before) return;
    // Exactly at the bound: when the way is blocked, the statuses behind it wait for room, not for another try each.
    if (length === options.batchStatuses || length >= capacity) this.cut();
    else if (before === 0) this.#open();
    // What comes with it in the same burst is company enough.
    if (path.takeUrgent()) this.#deadline = 0;
  }

  #open(): void {
    const { options, context } = this.#deps;
    this.#window?.cancel();
    this.#deadline = context.now() + options.batchWindow;
    this.#window = context.schedule(options.batchWindow, timer('batch'));
  }

  /** C-3: while statuses keep coming the window's timer may be late; its deadline is not. */
  turnEnd(): void {
    if (this.#window !== undefined && this.#deps.context.now() >= this.#deadline) this.cut();
  }

  /** Ends the window. */
  cut(): void {
    this.#window?.cancel();
    this.#window = undefined;
    this.flush();
  }

  /** Moves what is ready towards the maintainer, as far as there is room. A heartbeat goes before a status (T-H). */
  flush(): void {
    const { context, ownership, path, heartbeats, living } = this.#deps;
    const owner = ownership.address;
    if (owner !== undefined && heartbeats.flush()) {
      const send = (request: BlockStatusRequest) => context.send(owner, request, 'refusable');
      do {
        // While the window is open its statuses wait for it.
        if (this.#window === undefined) {
          path.deliver(ownership.epoch, context.now(), living, send);
          path.collect();
        }
        path.pump(ownership.epoch, context.now(), living, send, (key) => this.#unsendable(key));
        // A queue that was full may have left statuses behind.
      } while (this.#window === undefined && path.pending.length > 0 && path.queue.length === 0);
      this.scheduleResend();
    }
    this.regulate();
  }

  /**
   * L-8: a full map, or a maintainer that takes no component statuses, is felt by the workers; nothing is lost. They are
   * not held back while there is no owner and none can be accepted before they were heard (S-2): block statuses that find
   * the map full then go, and the snapshots of the next bootstrap bring them (S-11).
   */
  regulate(): void {
    const { context, options, path, heartbeats, ownership, mustHear } = this.#deps;
    const { length, capacity } = path.pending;
    const isFree = ownership.address === undefined && mustHear();
    if (this.#paused) {
      if (!isFree && (length > capacity / 2 || heartbeats.stuck)) return;
      this.#paused = false;
      for (const worker of options.workers) context.resume(worker);
    } else if (!isFree && (length >= capacity || heartbeats.stuck)) {
      this.#paused = true;
      context.count('coordinator.paused');
      for (const worker of options.workers) context.pause(worker);
    }
  }

  /** The maintainer can never be told of this event: the changefeed cannot go on (H-7). */
  #unsendable({ commitTs }: EventKey): void {
    const text = `what is to be told of the block event at ${commitTs} does not fit a lane to the maintainer; give its lane more bytes, or split the DDL`;
    this.#deps.heartbeats.fail(ReportedError.STATUS_TOO_LARGE, text);
  }

  /** Sends again what is due (T-I). */
  resend(): void {
    this.#resend = undefined;
    this.#deps.path.resend(this.#deps.context.now());
    this.flush();
  }

  /** Sees to it that what is outstanding is looked at when the first of it is due. */
  scheduleResend(): void {
    const { context, path } = this.#deps;
    const due = path.outstanding.nextDue;
    if (due === undefined || (this.#resend !== undefined && this.#resendAt <= due)) return;
    this.#resend?.cancel();
    this.#resendAt = due;
    this.#resend = context.schedule(Math.max(RETRY, due - context.now()), timer('resend'));
  }
}
