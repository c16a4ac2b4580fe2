import {
  type BootstrapRequest,
  type BootstrapSpan,
  type CloseRequest,
  type CloseResponse,
  type DispatcherConfig,
  type DispatcherId,
  isTrigger,
  type MaintainerToCoordinator,
  type Mode,
  type PostBootstrapResponse,
  type StaleEpochNotice,
  TRIGGER_HANDLE,
  type WorkerSnapshot,
} from '@tidegate/protocol';
import type { ActorContext, Address } from '@tidegate/runtime';
import type { Lifecycle } from '../dispatchers/lifecycle.js';
import type { Outbox } from '../dispatchers/outbox.js';
import type { Placement } from '../dispatchers/placement.js';
import { ReportedError } from '../errors.js';
import type { Merges } from '../merge/merges.js';
import type { ResolvedOptions } from '../options.js';
import type { StatusFlow } from '../status/statusFlow.js';
import type { StatusPath } from '../status/statusPath.js';
import { BootstrapGathering, type HostView } from './bootstrap.js';
import type { Fence } from './fence.js';
import type { Heartbeats } from './heartbeats.js';
import type { Ownership } from './ownership.js';
import type { SinkCheckpoint } from './sinkCheckpoint.js';
import type { SnapshotIds } from './snapshotIds.js';

export interface TenureDeps {
  readonly context: ActorContext;
  readonly options: ResolvedOptions;
  readonly ownership: Ownership;
  readonly placement: Placement;
  readonly outboxes: readonly Outbox[];
  readonly lifecycle: Lifecycle;
  readonly merges: Merges;
  readonly heartbeats: Heartbeats;
  readonly path: StatusPath;
  readonly flow: StatusFlow;
  readonly fence: Fence;
  readonly snapshotIds: SnapshotIds;
  readonly sinkCheckpoint: SinkCheckpoint;
}

/** A maintainer's time as the owner of this host, from bootstrap to close or loss (sections 21 and 22). */
export class Tenure {
  /** This host has yet to learn what it has. */
  recovering = false;
  readonly #deps: TenureDeps;
  readonly #gathering: BootstrapGathering;
  // Id of each table trigger by its handle; the rest of it is in the placement.
  readonly #triggers = new Map<number, DispatcherId>();
  /**
   * The triggers that were created for the owner, by id. One that was lost since is created again by its maintainer, under
   * another generation; a bootstrap request that comes late, or twice, does not bring it back.
   */
  readonly #created = new Map<DispatcherId, DispatcherConfig>();
  /** F-7: a close that removes has taken the place of one that does not, or came by itself. */
  #closing: { removed: boolean } | undefined;

  constructor(deps: TenureDeps) {
    this.#deps = deps;
    const { context, options, heartbeats } = deps;
    // What it was told of progress before that counts for nothing (T-10).
    this.#gathering = new BootstrapGathering(
      context,
      options,
      (spans) => this.#view(spans),
      () => heartbeats.repeat(),
    );
  }

  /** Something of the workers is waited for before there can be an owner, or none any more. */
  get awaitsWorkers(): boolean {
    const { placement } = this.#deps;
    return this.recovering || this.closing || [...this.#triggers.keys()].some((handle) => placement.isRemoving(handle));
  }

  /** The changefeed is being taken down here: nothing new begins. */
  get closing(): boolean {
    return this.#closing !== undefined;
  }

  bootstrap(request: BootstrapRequest, from: Address): void {
    const { outboxes, placement, flow, fence, snapshotIds } = this.#deps;
    // F-12: whoever asks gets no answer; its owner knows.
    if (fence.refuses('bootstrap')) return;
    if (!this.#mayTake(from, request.epoch)) {
      this.refuse(request, from);
      return;
    }
    const mismatch = this.#triggerMismatch(request);
    if (mismatch !== undefined) {
      this.#gathering.refuse(from, request, ReportedError.TRIGGER_MISMATCH, mismatch);
      return;
    }
    if (this.#gathering.isRunning(from, request)) return;
    const isNew = this.#take(from, request.epoch);
    const named = [request.trigger, request.redoTrigger].filter((trigger) => trigger !== undefined);
    this.create(named.filter(({ handle, id }) => !this.#triggers.has(handle) && !this.#created.has(id)));
    const id = snapshotIds.next();
    for (const outbox of outboxes) outbox.send({ type: 'snapshot', id }, 'lossless', true);
    const asked = outboxes.map((_, worker) => placement.isOpen(worker));
    this.#gathering.begin(id, from, request, asked);
    if (isNew) flow.flush();
  }

  /** A worker's answer to the snapshot request of a bootstrap. */
  snapshot(worker: number, message: WorkerSnapshot): void {
    this.#gathering.take(worker, message);
  }

  /** A worker is gone, and its dispatchers with it. */
  lostWorker(worker: number): void {
    this.#gathering.lost(worker);
    this.stopped();
  }

  /** A dispatcher has stopped, which is told; a bootstrap response must not say that it lives. */
  gone(handle: number, generation: number): void {
    this.#gathering.gone(handle, generation);
  }

  /** There is room on the way to the owner. */
  flush(): void {
    this.#gathering.flush();
  }

  /** The deadline of snapshot request `id` has passed. */
  expire(id: number | undefined): void {
    this.#gathering.expire(id);
  }

  /** S-12: the maintainer has built its tasks; the triggers may consume. */
  postBootstrap(epoch: number): void {
    const { context, options, lifecycle, fence } = this.#deps;
    if (fence.refuses('post-bootstrap')) return;
    const { host } = options;
    const hasTrigger = this.#created.size > 0 || this.#triggers.size > 0;
    if (hasTrigger) lifecycle.releaseTriggers();
    const error = {
      time: context.now(),
      host,
      code: ReportedError.TRIGGER_MISSING,
      message: `no table trigger lives on ${host}: the bootstrap request must name one`,
    };
    this.#send({ type: 'post-bootstrap-response', from: host, epoch, ...(!hasTrigger && { error }) });
  }

  /** Creates dispatchers, unless the owner is closing or the host is fenced. */
  create(configs: readonly DispatcherConfig[]): void {
    const { lifecycle, fence } = this.#deps;
    if (configs.length === 0 || this.#closing !== undefined || fence.refuses('create')) return;
    lifecycle.create(configs);
    // One that waits for a worker will be here: nobody has to name it again.
    for (const config of configs)
      if (isTrigger(config.handle) && lifecycle.awaits(config.handle, config.generation)) this.#created.set(config.id, config);
  }

  /** Remembers a dispatcher that lives here, if it is a table trigger. */
  noteTrigger(config: DispatcherConfig): void {
    if (!isTrigger(config.handle)) return;
    this.#triggers.set(config.handle, config.id);
    this.#created.set(config.id, config);
  }

  close(request: CloseRequest, from: Address): void {
    const { context, ownership, placement, lifecycle, merges } = this.#deps;
    if (!ownership.allows(from, request.epoch)) {
      if (request.epoch <= ownership.epoch || !this.#mayTake(from, request.epoch)) {
        // F-4: let the old owner finish; here nothing of it is left.
        context.send(from, this.#closeResponse(request.epoch, true), 'lossless');
        return;
      }
      // The changefeed's next maintainer, which never came to own this host: what is here is its predecessor's (F-2, F-8).
      this.#take(from, request.epoch);
    }
    this.#closing = { removed: request.removed || this.#closing?.removed === true };
    merges.abortAll('the changefeed is closed');
    lifecycle.forgetWaiting();
    lifecycle.removeAll();
    if (placement.size === 0) this.#finishClose();
    else this.#send(this.#closeResponse(request.epoch, false));
  }

  /**
   * The maintainer of `epoch` is gone and has closed nothing. Its triggers go, whatever they wait for; everything else
   * stays for the next owner, whose bootstrap is refused until they are gone (S-2).
   */
  ownerLost(epoch: number): void {
    const { ownership, lifecycle, placement, heartbeats, flow, context } = this.#deps;
    if (!ownership.depose(epoch)) {
      context.log('info', `the owner of epoch ${epoch} is lost; ${ownership.epoch} owns this host`);
      return;
    }
    this.#gathering.cancel();
    heartbeats.forgetOwner();
    lifecycle.forgetWaiting();
    lifecycle.holdTriggers();
    lifecycle.removeHandles([...this.#triggers.keys()].filter((handle) => placement.isPlaced(handle)));
    // Nobody takes statuses now; what the workers have to say of the triggers must come through all the same.
    flow.regulate();
  }

  /** Dispatchers may have stopped. */
  stopped(): void {
    const { placement } = this.#deps;
    for (const handle of this.#triggers.keys()) if (!placement.isPlaced(handle)) this.#triggers.delete(handle);
    if (this.#closing !== undefined && placement.size === 0) this.#finishClose();
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

  #mayTake(from: Address, epoch: number): boolean {
    const { options, ownership } = this.#deps;
    const isStranger = options.maintainer !== undefined && options.maintainer !== from;
    return !isStranger && ownership.mayTake(from, epoch);
  }

  /** F-2: from now on this one owns the host. True: it did not before. */
  #take(from: Address, epoch: number): boolean {
    const { context, ownership, placement, lifecycle, heartbeats, path, sinkCheckpoint } = this.#deps;
    if (!ownership.take(from, epoch)) return false;
    this.#closing = undefined;
    this.#created.clear();
    lifecycle.holdTriggers();
    lifecycle.forgetWaiting();
    placement.forgetOver();
    sinkCheckpoint.clear();
    heartbeats.retarget();
    path.retarget(`${from}@${epoch}`, context.now());
    return true;
  }

  /** S-2: another trigger is here, or one is here that the request does not name, or the one it names is on its way out. */
  #triggerMismatch({ trigger, redoTrigger }: BootstrapRequest): string | undefined {
    const { placement, options } = this.#deps;
    for (const [handle, id] of this.#triggers) {
      const named = [trigger, redoTrigger].find((one) => one?.handle === handle);
      const lives = `trigger ${id} lives on ${options.host}, and the bootstrap request names`;
      if (named === undefined) return `${lives} none: close its owner first`;
      if (named.id !== id) return `${lives} ${named.id}: close its owner first`;
      if (placement.isRemoving(handle)) return `trigger ${id} is being removed from ${options.host}: ask again when it is gone`;
    }
    return undefined;
  }

  /** S-3: removals under way are marked. T-F: and where each lives is said. */
  #view(spans: readonly BootstrapSpan[]): HostView {
    const { placement, merges } = this.#deps;
    return {
      checkpointTs: this.#triggerStart(0),
      redoCheckpointTs: this.#triggerStart(1),
      merges: merges.entries(),
      spans: merges.complete(spans).map((span) => {
        const { handle, generation } = span.config;
        if (!placement.has(handle, generation)) return span;
        const worker = placement.worker(handle);
        return placement.isRemoving(handle) ? { ...span, removing: true, worker } : { ...span, worker };
      }),
    };
  }

  /** S-3: 0 on a host without the trigger. One that was lost meanwhile has named its start all the same (S-5). */
  #triggerStart(mode: Mode): bigint {
    const { placement } = this.#deps;
    const handle = TRIGGER_HANDLE[mode];
    if (placement.isPlaced(handle)) return placement.startTs(handle);
    return [...this.#created.values()].find((created) => created.handle === handle)?.startTs ?? 0n;
  }

  #finishClose(): void {
    const { ownership, heartbeats, path, merges } = this.#deps;
    const removed = this.#closing?.removed === true;
    this.#closing = undefined;
    heartbeats.flush();
    this.#send(this.#closeResponse(ownership.epoch, true));
    heartbeats.clear();
    this.#gathering.cancel();
    merges.clear();
    path.clear();
    this.#triggers.clear();
    ownership.close(removed);
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
