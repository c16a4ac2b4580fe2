import {
  type AnswerTarget,
  ComponentState,
  type ComponentStatuses,
  type DispatcherConfig,
  isTrigger,
  MAX_HANDLE,
  MAX_TS,
  type Mode,
  maxTs,
  type ScheduleRequest,
} from '@tidegate/protocol';
import type { ActorContext } from '@tidegate/runtime';
import type { ComponentStatusRow } from '../maintainer/statusWindow.js';
import type { Bound } from '../maintainer/unconfirmed.js';
import type { Outbox } from './outbox.js';
import { createMessages, handleParts } from './parts.js';
import type { Placement } from './placement.js';
import type { Progress } from './progress.js';
import { noneRow, workingRow } from './statusRows.js';
import type { Subscriptions } from './subscriptions.js';
import { WaitingCreates } from './waitingCreates.js';

/** Who has to know what becomes of single dispatchers: the merges. */
export interface LifeWatcher {
  /** Its removal was asked for. False: it is none of its business, and not here. */
  removing(handle: number, generation: number): boolean;
  /** A worker has told its state, which is INITIALIZING for the first time when the stream may be opened. */
  changed(handle: number, generation: number, state: ComponentState): void;
}

export interface LifecycleDeps {
  readonly context: ActorContext;
  readonly placement: Placement;
  readonly progress: Progress;
  readonly subscriptions: Subscriptions;
  /** One a worker. */
  readonly outboxes: readonly Outbox[];
  /** Tells the maintainer of a component state. */
  readonly report: (row: ComponentStatusRow) => void;
  /** Tells it what it asks again for, or hears again: as far as there is room. */
  readonly answer: (row: ComponentStatusRow) => void;
  /** Tells it of one that stopped unasked, until it confirms (K-9). */
  readonly reportGone: (row: ComponentStatusRow, bound: Bound) => void;
  /** A dispatcher was placed. */
  readonly placed: (config: DispatcherConfig) => void;
  /** There are dispatchers now. */
  readonly started: () => void;
  /** Frees the dedupe keys of a dispatcher that is gone. */
  readonly forget: (handle: number, generation: number) => void;
}

/** Dispatchers whose state is told again in one heartbeat interval because of hints, at most. */
const ANNOUNCED = 4096;
/** Creates that wait for a worker or for their handle, at most. */
const WAITING = 65_536;

/**
 * Creates, subscribes and removes dispatchers (sections 2.4, 4 and 7.4, F-9).
 *
 * A create is executed at once, so the placement is its journal: a repeated one finds the dispatcher here and is ignored, a
 * removal is under way until the worker reports the dispatcher stopped.
 */
export class Lifecycle {
  readonly #deps: LifecycleDeps;
  #watcher: LifeWatcher | undefined;
  #triggersReleased = false;
  readonly #waiting = new WaitingCreates(WAITING);
  readonly #announced = new Set<number>();

  constructor(deps: LifecycleDeps) {
    this.#deps = deps;
  }

  watch(watcher: LifeWatcher): void {
    this.#watcher = watcher;
  }

  /** Creates that wait for a worker, or for their handle. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Whether the create of a dispatcher waits. */
  awaits(handle: number, generation: number): boolean {
    return this.#waiting.has(handle, generation);
  }

  /** Places dispatchers on the least loaded workers. What cannot be placed now waits (bounded) until {@link retry}. */
  create(configs: readonly DispatcherConfig[]): void {
    const { placement, progress, outboxes, context, started, placed } = this.#deps;
    const shares: DispatcherConfig[][] = outboxes.map(() => []);
    for (const config of configs) {
      if (!this.#isFree(config)) continue;
      const worker = placement.leastLoaded();
      if (worker < 0) {
        this.#wait(config);
        continue;
      }
      placement.insert(config, worker, progress.assign(config.mode));
      shares[worker]!.push(config);
    }
    shares.forEach((share, worker) => {
      if (share.length === 0) return;
      // The share of the watermark that is not heard of yet is known before anything of the dispatchers is (H-3).
      progress.created(worker, share, (handle) => placement.seq(handle));
      for (const message of createMessages(share)) outboxes[worker]!.send(message, 'lossless', false);
      context.count('coordinator.created', share.length);
      share.forEach(placed);
    });
    if (placement.size > 0) started();
  }

  /** A worker is open again, or a handle is free: what waits for that is created. */
  retry(): void {
    if (this.#waiting.size > 0 && this.#deps.placement.leastLoaded() >= 0) this.create(this.#waiting.take());
  }

  /** The owner is gone, and what it wanted with it. */
  forgetWaiting(): void {
    this.#waiting.clear();
  }

  /** Removes dispatchers. One that is not here is reported stopped, so that the maintainer converges (D-49). */
  remove(dispatchers: ScheduleRequest['remove']): void {
    const { placement, answer } = this.#deps;
    const leaving: number[] = [];
    for (const { id, handle, generation } of dispatchers) {
      const isWatched = this.#watcher?.removing(handle, generation) === true;
      this.#waiting.delete(handle, generation);
      if (placement.has(handle, generation)) leaving.push(handle);
      else {
        // Without an id it is none that the owner has ever created (E-8).
        if (!/^0*$/.test(id)) placement.bury(handle, generation);
        if (!isWatched) answer(noneRow({ handle, generation, mode: 0 }, ComponentState.STOPPED));
      }
    }
    this.removeHandles(leaving);
  }

  /** Removes everything (close). */
  removeAll(): void {
    const leaving: number[] = [];
    this.#deps.placement.forEach((handle) => {
      leaving.push(handle);
    });
    this.removeHandles(leaving);
  }

  /** S-12: from now on table triggers are subscribed as soon as they can be, and those that wait at once. */
  releaseTriggers(): void {
    this.#triggersReleased = true;
    for (const handle of [0, 1]) this.#subscribe(handle);
    this.#deps.subscriptions.flush();
  }

  /** A new owner, or none: its trigger waits for its post-bootstrap. */
  holdTriggers(): void {
    this.#triggersReleased = false;
  }

  /** Component statuses of a worker, in order. */
  heard(worker: number, statuses: ComponentStatuses): void {
    for (let row = 0; row < statuses.handle.length; row++) {
      this.#heardOne(
        worker,
        statuses.handle[row]!,
        statuses.generation[row]!,
        statuses.state[row]! as ComponentState,
        statuses.mode[row] === 0 ? 0 : 1,
        statuses.checkpointTs[row]!,
      );
    }
    this.#deps.subscriptions.flush();
    this.retry();
  }

  /**
   * The maintainer does not admit the block status of a dispatcher that works here: it may not have heard that it works,
   * and would go on with its hints until the next complete heartbeat. So it is told again, once a heartbeat interval.
   */
  hinted(target: AnswerTarget): void {
    if (target.type !== 'normal') return;
    const { placement, answer } = this.#deps;
    for (let row = 0; row < target.handle.length && this.#announced.size < ANNOUNCED; row++) {
      const handle = target.handle[row]!;
      const generation = target.generation[row]!;
      if (!placement.has(handle, generation) || placement.isRemoving(handle)) continue;
      if (placement.state(handle) !== ComponentState.WORKING || this.#announced.has(handle)) continue;
      this.#announced.add(handle);
      answer(workingRow(placement, handle));
    }
  }

  /** Something was told again because of hints: the end of this heartbeat interval matters. */
  get announcing(): boolean {
    return this.#announced.size > 0;
  }

  /** Another heartbeat interval begins. */
  tick(): void {
    this.#announced.clear();
  }

  /**
   * Takes in a dispatcher that lived on its worker before this coordinator did. Its stream runs, unless it waits for one:
   * {@link openStreams}.
   */
  adopt(worker: number, config: DispatcherConfig, state: ComponentState): void {
    const { placement, progress } = this.#deps;
    const { handle } = config;
    placement.insert(config, worker, progress.assign(config.mode));
    placement.setState(handle, state);
    if (state !== ComponentState.INITIALIZING) placement.markSubscribed(handle);
    this.#deps.started();
  }

  /** Subscribes those that wait for their stream. The source may know of them already: it takes a repeat for what it is. */
  openStreams(handles: readonly number[]): void {
    for (const handle of handles) this.#subscribe(handle);
    this.#deps.subscriptions.flush();
  }

  /**
   * Removes placed dispatchers, table triggers by force: that is what a maintainer does with its own last (F-11), and it
   * acknowledges nothing any more of what would hold the removal back (D-42).
   */
  removeHandles(handles: readonly number[]): void {
    this.#remove(handles.filter(isTrigger), true);
    this.#remove(
      handles.filter((handle) => !isTrigger(handle)),
      false,
    );
  }

  #remove(handles: readonly number[], force: boolean): void {
    const { placement, subscriptions, outboxes } = this.#deps;
    const shares: number[][] = outboxes.map(() => []);
    for (const handle of handles) {
      // D-49: a removal under way is not begun again.
      if (placement.isRemoving(handle) && !force) continue;
      this.unsubscribe(handle);
      placement.markRemoving(handle);
      shares[placement.worker(handle)]!.push(handle);
    }
    subscriptions.flush();
    shares.forEach((share, worker) => {
      for (const part of handleParts(share, placement)) {
        outboxes[worker]!.send({ type: 'remove', ...part, ...(force && { force }) }, 'lossless', false);
      }
    });
  }

  /** Ends the stream of a dispatcher, once. */
  unsubscribe(handle: number): void {
    const { placement, subscriptions } = this.#deps;
    subscriptions.unsubscribe(handle);
    placement.clearSubscribed(handle);
  }

  /** A dispatcher is gone from its worker: its handle is free. */
  gone(handle: number, generation: number): void {
    const { placement, forget } = this.#deps;
    forget(handle, generation);
    this.unsubscribe(handle);
    placement.remove(handle);
  }

  #heardOne(worker: number, handle: number, generation: number, state: ComponentState, mode: Mode, checkpointTs: bigint): void {
    const { placement, report, forget } = this.#deps;
    const isOurs = placement.workerOf(handle, generation) === worker;
    const seq = isOurs ? placement.seq(handle) : 0;
    const row = { handle, generation, state, mode, checkpointTs, seq, worker };
    if (state === ComponentState.STOPPED || state === ComponentState.REMOVED) {
      // Whoever asked for it asks until it is told; of others nobody would miss the news.
      // What a table trigger had not finished bounds the checkpoint until the maintainer knows that it is gone (K-10).
      const isAsked = !isOurs || (placement.isRemoving(handle) && !isTrigger(handle));
      if (isAsked) report(row);
      else this.#deps.reportGone(row, boundOf(mode, maxTs(checkpointTs, placement.startTs(handle))));
      if (isOurs) this.gone(handle, generation);
      else forget(handle, generation);
    } else {
      if (isOurs) placement.setState(handle, state);
      // H-2: an initialising dispatcher counts in the watermark but is not listed.
      if (state !== ComponentState.INITIALIZING) report(row);
    }
    if (isOurs) this.#watcher?.changed(handle, generation, state);
    if (state === ComponentState.INITIALIZING) this.#subscribe(handle);
  }

  /** The stream must not reach the worker before the dispatcher is there: only after it was heard of. */
  #subscribe(handle: number): void {
    const { placement, subscriptions } = this.#deps;
    if (!placement.isPlaced(handle) || placement.state(handle) !== ComponentState.INITIALIZING) return;
    if (placement.isSubscribed(handle) || placement.isRemoving(handle)) return;
    if (isTrigger(handle) && !this.#triggersReleased) return;
    subscriptions.subscribe(handle);
  }

  #isFree(config: DispatcherConfig): boolean {
    const { placement, context, answer } = this.#deps;
    const { handle, generation } = config;
    if (!(Number.isInteger(handle) && handle >= 0 && handle <= MAX_HANDLE)) {
      context.log('error', `create with handle ${handle}, outside 0 to ${MAX_HANDLE}: ignored`, { id: config.id });
      return false;
    }
    if (!placement.isPlaced(handle)) {
      if (!placement.isOver(handle, generation)) return true;
      // A late or doubled request must not bring it back. Who still waits for it hears that there is none.
      context.count('coordinator.create-ignored');
      answer(noneRow(config, ComponentState.REMOVED));
      return false;
    }
    context.count('coordinator.create-ignored');
    // The handle is in use: F-9 ignores a repeat. A later generation means that the maintainer is through with the former
    // one, which goes now, and the create waits for the handle. A former trigger must not wait for acknowledgements (D-42):
    // nobody sends it any.
    if (((generation - placement.generation(handle)) | 0) > 0) {
      this.removeHandles([handle]);
      this.#wait(config);
    }
    return false;
  }

  #wait(config: DispatcherConfig): void {
    if (!this.#waiting.add(config)) this.#deps.context.count('coordinator.no-worker');
  }
}

/** The bound of one dispatcher. */
function boundOf(mode: Mode, ts: bigint): Bound {
  const bound: readonly [bigint, bigint] = mode === 0 ? [ts, MAX_TS] : [MAX_TS, ts];
  return { checkpointTs: bound, resolvedTs: bound };
}
