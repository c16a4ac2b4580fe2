import { type HeartbeatRequest, Mode, maxTs } from '@tidegate/protocol';
import { Barrier } from './barrier/barrier.js';
import type { BarrierObserver } from './barrier/contracts.js';
import { CommittedProgress, calculateCheckpoint, type Progress } from './checkpoint/checkpoint.js';
import { Watermarks } from './checkpoint/watermarks.js';
import { ComponentStatusIntake } from './componentStatuses.js';
import type { Hosts } from './hosts.js';
import { noteOf } from './noteOf.js';
import { Operators } from './operator/operators.js';
import { Scheduler } from './operator/scheduler.js';
import type { ResolvedOptions } from './options.js';
import type { RouteAdmin } from './route/routeAdmin.js';
import type { Handles } from './span/handles.js';
import { SpanTable } from './span/spanTable.js';
import { Topology } from './topology/topology.js';

/** What a pipeline is made with. */
export interface PipelineParts {
  readonly mode: Mode;
  readonly epoch: number;
  readonly startTs: bigint;
  readonly triggerId: string;
  readonly hosts: Hosts;
  /** One space of handles for all modes. */
  readonly handles: Handles;
  readonly options: ResolvedOptions;
  readonly observer: BarrierObserver;
  readonly now: () => number;
  readonly random: () => number;
  /** No other mode is run. */
  readonly alone: boolean;
  /** Only in the default mode, and only when names are routed (section 23). */
  readonly routes?: RouteAdmin;
}

/** Everything of one mode: its tasks, their operators, its barrier, what its hosts say of their progress. */
export class Pipeline {
  readonly mode: Mode;
  readonly table: SpanTable;
  readonly operators: Operators;
  readonly scheduler: Scheduler;
  readonly topology: Topology;
  /** 32 random bits of the actor's seeded source. */
  readonly random: () => number;
  readonly barrier: Barrier;
  readonly watermarks: Watermarks = new Watermarks();
  /** K-7. Of the redo pipeline: how far its log may be declared complete. */
  readonly committed: CommittedProgress;
  /** By host: when its last heartbeat was handled. */
  readonly heardAt: Map<number, number> = new Map();
  /** The latest flush of a row anywhere. */
  lastSyncedTs = 0n;
  readonly #hosts: Hosts;
  readonly #now: () => number;
  readonly #components: ComponentStatusIntake;

  constructor(parts: PipelineParts) {
    const { mode, hosts, options, observer, now, random } = parts;
    this.mode = mode;
    this.random = random;
    this.committed = new CommittedProgress(parts.startTs);
    this.#hosts = hosts;
    this.#now = now;
    this.table = new SpanTable({
      mode,
      epoch: parts.epoch,
      triggerId: parts.triggerId,
      triggerStartTs: parts.startTs,
      handles: parts.handles,
    });
    this.operators = new Operators(this.table, {
      resendAfter: options.operatorResend,
      warnAfter: options.operatorWarning,
      batch: options.scheduleBatch,
      hosts,
      random,
    });
    this.scheduler = new Scheduler({
      table: this.table,
      hosts,
      operators: this.operators,
      random,
      maxScheduling: options.maxScheduling,
    });
    this.topology = new Topology({
      table: this.table,
      hosts,
      operators: this.operators,
      scheduler: this.scheduler,
      options,
      random,
      tell: (event) => observer.event(event),
    });
    const { routes } = parts;
    const scheduling = this.scheduler;
    this.barrier = new Barrier({
      table: this.table,
      hosts,
      scheduling,
      options,
      observer,
      now,
      random,
      ...(routes && { routes }),
      note: (handle) => noteOf(this, handle, now()),
    });
    this.#components = new ComponentStatusIntake({
      table: this.table,
      operators: this.operators,
      scheduler: this.scheduler,
      count: (name) => observer.count(name),
      triggerReported: (checkpointTs) => this.barrier.triggerReported(checkpointTs),
      include: (host, checkpointTs) => this.watermarks.include(host, checkpointTs),
      alone: parts.alone,
    });
  }

  /**
   * E-4: the watermark before the statuses. A finished add must never be seen together with a watermark that was computed
   * before its dispatcher existed (K-9). With `heal` false statuses are recorded and nothing is done about them (E-6).
   */
  heartbeat(host: number, heartbeat: HeartbeatRequest, heal: boolean): void {
    this.heardAt.set(host, this.#now());
    const watermark = this.mode === Mode.DEFAULT ? heartbeat.watermark : heartbeat.redoWatermark;
    const accounted = watermark !== undefined && this.watermarks.offer(host, watermark);
    if (watermark !== undefined) {
      this.lastSyncedTs = maxTs(this.lastSyncedTs, watermark.lastSyncedTs);
    }
    if (heartbeat.statuses !== undefined) this.#components.take(host, heartbeat.statuses, { accounted, heal });
    if (heartbeat.complete) this.#components.complete(host, heal);
  }

  /** T-9: the host at this index is gone, as {@link Hosts} knows. */
  hostLost(host: number): void {
    this.watermarks.forget(host);
    this.heardAt.delete(host);
    this.#components.forget(host);
    this.topology.hostLost(host);
  }

  /** K-1 to K-6. Bounds first, watermarks after them. */
  progress(): Progress | undefined {
    const tasks = this.table.pendingCheckpoint();
    const barrier = this.barrier.checkpointBound();
    return calculateCheckpoint({ tasks, barrier, watermarks: this.#constraining() });
  }

  /** K-4: hosts with tasks; the maintainer's own always, for it has the trigger. */
  *#constraining(): Generator<ReturnType<Watermarks['of']>> {
    for (let host = 0; host < this.#hosts.size; host++) {
      // A lost host has no tasks; one that has not answered has none yet (T-10).
      if (host === 0 || this.table.countOfHost(host) > 0) yield this.watermarks.of(host);
    }
  }
}
