import {
  type BootstrapRequest,
  type CloseRequest,
  type CloseResponse,
  type DispatcherConfig,
  type DispatcherId,
  isTrigger,
  type MaintainerToCoordinator,
  type PostBootstrapResponse,
  type StaleEpochNotice,
  TRIGGER_HANDLE,
  type WorkerSnapshot,
} from '@tidegate/protocol';
import type { ActorContext, Address } from '@tidegate/runtime';
import type { Lifecycle } from '../dispatchers/lifecycle.js';
import type { Outbox } from '../dispatchers/outbox.js';
import type { Placement } from '../dispatchers/placement.js';
import type { Progress } from '../dispatchers/progress.js';
import { ReportedError } from '../errors.js';
import type { ResolvedOptions } from '../options.js';
import type { StatusFlow } from '../status/statusFlow.js';
import type { StatusPath } from '../status/statusPath.js';
import { timer } from '../timers.js';
import { BootstrapGathering } from './bootstrap.js';
import type { Heartbeats } from './heartbeats.js';
import type { Ownership } from './ownership.js';

export interface TenureDeps {
  readonly context: ActorContext;
  readonly options: ResolvedOptions;
  readonly ownership: Ownership;
  readonly placement: Placement;
  readonly progress: Progress;
  readonly outboxes: readonly Outbox[];
  readonly lifecycle: Lifecycle;
  readonly heartbeats: Heartbeats;
  readonly path: StatusPath;
  readonly flow: StatusFlow;
}

/** A maintainer's time as the owner of this host, from bootstrap to close (sections 21 and 22). */
export class Tenure {
  readonly #deps: TenureDeps;
  readonly #gathering: BootstrapGathering;
  // Id of each table trigger by its handle; the rest of it is in the placement.
  readonly #triggers = new Map<number, DispatcherId>();
  #closing = false;
  #snapshots = 0;

  constructor(deps: TenureDeps) {
    const { context, options } = deps;
    this.#deps = deps;
    this.#gathering = new BootstrapGathering(context, options.host, options.workers, options.snapshotDeadline);
  }

  /** A number for a snapshot request, never used before. */
  nextSnapshot(): number {
    return ++this.#snapshots;
  }

  bootstrap(request: BootstrapRequest, from: Address): void {
    const { context, options, ownership, outboxes, lifecycle, heartbeats, path, flow } = this.#deps;
    const isStranger = options.maintainer !== undefined && options.maintainer !== from;
    if (isStranger || !ownership.mayTake(from, request.epoch)) {
      this.refuse(request, from);
      return;
    }
    const mismatch = this.#triggerMismatch(request);
    if (mismatch !== undefined) {
      this.#gathering.refuse(from, request.epoch, ReportedError.TRIGGER_MISMATCH, mismatch);
      return;
    }
    if (this.#gathering.isRunning(from, request.epoch)) return;
    const isNew = ownership.take(from, request.epoch);
    if (isNew) {
      this.#closing = false;
      lifecycle.holdTriggers();
      path.retarget(`${from}@${request.epoch}`, context.now());
    }
    if (request.trigger !== undefined && !this.#triggers.has(request.trigger.handle)) this.create([request.trigger]);
    const id = this.nextSnapshot();
    this.#gathering.begin(id, from, request.epoch);
    for (const outbox of outboxes) outbox.send({ type: 'snapshot', id }, 'lossless', true);
    if (!isNew) return;
    heartbeats.sendError();
    flow.flush();
  }

  /** A worker's answer to the snapshot request of a bootstrap. */
  snapshot(worker: number, message: WorkerSnapshot): void {
    this.#gathering.take(worker, message, () => this.#triggerStart());
  }

  /** There is room on the way to the owner. */
  flush(): void {
    this.#gathering.flush();
  }

  /** The deadline of snapshot request `id` has passed. */
  expire(id: number | undefined): void {
    this.#gathering.expire(id);
  }

  /** S-12: the maintainer has built its tasks; the trigger may consume. */
  postBootstrap(epoch: number): void {
    const { context, options, lifecycle } = this.#deps;
    const { host } = options;
    const hasTrigger = this.#triggers.size > 0;
    if (hasTrigger) lifecycle.releaseTriggers();
    const error = {
      time: context.now(),
      host,
      code: ReportedError.TRIGGER_MISSING,
      message: `no table trigger lives on ${host}: the bootstrap request must name one`,
    };
    this.#send({ type: 'post-bootstrap-response', from: host, epoch, ...(!hasTrigger && { error }) });
  }

  /** Creates dispatchers, unless the owner is closing. */
  create(configs: readonly DispatcherConfig[]): void {
    if (this.#closing || configs.length === 0) return;
    const { context, options, placement, progress, lifecycle, heartbeats } = this.#deps;
    const isFirst = progress.seq(0) + progress.seq(1) === 0;
    lifecycle.create(configs);
    for (const { id, handle, generation } of configs) {
      if (isTrigger(handle) && placement.has(handle, generation)) this.#triggers.set(handle, id);
    }
    if (!isFirst || placement.size === 0) return;
    heartbeats.start();
    context.schedule(options.completeHeartbeatInterval, timer('complete'));
  }

  close(request: CloseRequest, from: Address): void {
    const { context, ownership, placement, lifecycle } = this.#deps;
    if (!ownership.allows(from, request.epoch)) {
      // F-4: let the old owner finish; here nothing of it is left.
      context.send(from, this.#closeResponse(request.epoch, true), 'lossless');
      return;
    }
    this.#closing = true;
    lifecycle.removeAll();
    if (placement.size === 0) this.#finishClose();
    else this.#send(this.#closeResponse(request.epoch, false));
  }

  /** Dispatchers may have stopped. */
  stopped(): void {
    const { placement } = this.#deps;
    for (const handle of this.#triggers.keys()) if (!placement.isPlaced(handle)) this.#triggers.delete(handle);
    if (this.#closing && placement.size === 0) this.#finishClose();
  }

  /** T-B: dropped whole (F-3, R-1), and its sender is told why. */
  refuse(message: MaintainerToCoordinator & { readonly epoch: number }, from: Address): void {
    const { context, options, ownership } = this.#deps;
    context.count('coordinator.stale-epoch');
    const notice: StaleEpochNotice = {
      type: 'stale-epoch',
      from: options.host,
      refused: message.type,
      refusedEpoch: message.epoch,
      currentEpoch: ownership.epoch,
    };
    context.send(from, notice, 'lossless');
  }

  /** S-2: another trigger is here, or one is here that the request does not name. */
  #triggerMismatch({ trigger }: BootstrapRequest): string | undefined {
    const { host } = this.#deps.options;
    for (const [handle, id] of this.#triggers) {
      if (trigger === undefined)
        return `trigger ${id} lives on ${host}, and the bootstrap request names none: close its owner first`;
      if (trigger.handle === handle && trigger.id !== id) {
        return `trigger ${id} lives on ${host}, and the bootstrap request names ${trigger.id}: close its owner first`;
      }
    }
    return undefined;
  }

  /** S-3: 0 on a host without the trigger. */
  #triggerStart(): bigint {
    const { placement } = this.#deps;
    return placement.isPlaced(TRIGGER_HANDLE[0]) ? placement.startTs(TRIGGER_HANDLE[0]) : 0n;
  }

  #finishClose(): void {
    const { ownership, heartbeats, path } = this.#deps;
    this.#closing = false;
    heartbeats.flush();
    this.#send(this.#closeResponse(ownership.epoch, true));
    heartbeats.clear();
    this.#gathering.cancel();
    path.clear();
    this.#triggers.clear();
    ownership.close();
  }

  #closeResponse(epoch: number, success: boolean): CloseResponse {
    return { type: 'close-response', from: this.#deps.options.host, epoch, success };
  }

  /** A small answer to the owner. If it finds no room it is lost: the maintainer asks again. */
  #send(message: PostBootstrapResponse | CloseResponse): void {
    const { context, ownership } = this.#deps;
    if (ownership.address !== undefined) context.send(ownership.address, message, 'lossless');
  }
}
