import {
  type ComponentState,
  type ComponentStatuses,
  type HeartbeatRequest,
  joinTs,
  Mode,
  maxTs,
  ComponentState as State,
} from '@tidegate/protocol';
import { Barrier } from './barrier/barrier.js';
import type { BarrierObserver } from './barrier/contracts.js';
import { CommittedProgress, calculateCheckpoint, type Progress } from './checkpoint/checkpoint.js';
import { Watermarks } from './checkpoint/watermarks.js';
import type { Hosts } from './hosts.js';
import { OperatorKind, Operators } from './operator/operators.js';
import { Scheduler } from './operator/scheduler.js';
import type { ResolvedOptions } from './options.js';
import type { RouteAdmin } from './route/routeAdmin.js';
import type { Handles } from './span/handles.js';
import { SpanTable } from './span/spanTable.js';
import { TaskState } from './span/taskState.js';
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
  readonly barrier: Barrier;
  readonly watermarks: Watermarks = new Watermarks();
  /** K-7. Of the redo pipeline: how far its log may be declared complete. */
  readonly committed: CommittedProgress;
  /** The latest flush of a row anywhere. */
  lastSyncedTs = 0n;
  /** The watermark that came with the statuses in hand was taken. */
  #accounted = false;
  readonly #hosts: Hosts;
  readonly #observer: BarrierObserver;

  constructor(parts: PipelineParts) {
    const { mode, hosts, options, observer, now, random } = parts;
    this.mode = mode;
    this.committed = new CommittedProgress(parts.startTs);
    this.#hosts = hosts;
    this.#observer = observer;
    this.table = new SpanTable({
      mode,
      epoch: parts.epoch,
      triggerId: parts.triggerId,
      triggerStartTs: parts.startTs,
      handles: parts.handles,
    });
    this.operators = new Operators(this.table, { resendAfter: options.operatorResend, batch: options.scheduleBatch });
    this.scheduler = new Scheduler({
      table: this.table,
      hosts,
      operators: this.operators,
      random,
      maxScheduling: options.maxScheduling,
    });
    this.topology = new Topology({ table: this.table, operators: this.operators, scheduler: this.scheduler });
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
    });
  }

  /**
   * E-4: the watermark before the statuses. A finished add must never be seen together with a watermark that was computed
   * before its dispatcher existed (K-9). With `heal` false statuses are recorded and nothing is done about them (E-6).
   */
  heartbeat(host: number, heartbeat: HeartbeatRequest, heal: boolean): void {
    const watermark = this.mode === Mode.DEFAULT ? heartbeat.watermark : heartbeat.redoWatermark;
    this.#accounted = watermark !== undefined && this.watermarks.offer(host, watermark);
    if (watermark !== undefined) {
      this.lastSyncedTs = maxTs(this.lastSyncedTs, watermark.lastSyncedTs);
    }
    if (heartbeat.statuses !== undefined) this.#statuses(host, heartbeat.statuses, heal);
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

  /** E-8. Checkpoints are read as pairs of words: a complete heartbeat lists every dispatcher. */
  #statuses(host: number, statuses: ComponentStatuses, heal: boolean): void {
    const { handle: handles, generation: generations, state: states, mode: modes, checkpointTs } = statuses;
    const words = new Int32Array(checkpointTs.buffer, checkpointTs.byteOffset, checkpointTs.length * 2);
    for (let row = 0; row < handles.length; row++) {
      if (modes[row] !== this.mode) continue;
      this.#status(
        host,
        handles[row]!,
        generations[row]!,
        states[row] as ComponentState,
        words[row * 2 + 1]!,
        words[row * 2]!,
        heal,
      );
    }
  }

  #status(
    host: number,
    handle: number,
    generation: number,
    state: ComponentState,
    high: number,
    low: number,
    heal: boolean,
  ): void {
    const { table, operators } = this;
    const isCurrent = handle < table.state.length && table.generation[handle] === generation;
    if (heal && isCurrent) this.#operate(handle, state, host);
    if (!table.isTask(handle, generation)) {
      const beingRemoved = isCurrent && operators.kindOf(handle) === OperatorKind.REMOVE;
      if (heal && state === State.WORKING && !beingRemoved) {
        this.#observer.count('maintainer.orphans');
        operators.removeOrphan(host, handle, generation);
      }
      return;
    }
    if (table.host[handle] !== host) return;
    // A checkpoint of "no constraint" is no position.
    if (high !== -1 || low !== -1) {
      table.raiseCheckpoint(handle, high, low);
      if (handle === table.trigger) this.barrier.triggerReported(joinTs(high, low));
    }
    const isGone = state === State.STOPPED || state === State.REMOVED;
    if (!heal || !isGone || table.state[handle] !== TaskState.REPLICATING || operators.kindOf(handle) !== OperatorKind.NONE)
      return;
    if (handle === table.trigger) {
      // The trigger lives as long as its maintainer: nothing takes its place.
      this.#observer.count('maintainer.trigger-stopped');
      return;
    }
    table.markAbsent(handle);
    this.scheduler.reschedule(handle);
  }

  #operate(handle: number, state: ComponentState, host: number): void {
    const { table } = this;
    const before = table.state[handle];
    if (!this.operators.status(handle, state, host)) return;
    const after = table.state[handle];
    if (after === TaskState.ABSENT) this.scheduler.reschedule(handle);
    else if (after === TaskState.REPLICATING && before !== after && !this.#accounted) {
      this.watermarks.include(host, table.positions.checkpointTs(handle));
    }
  }
}
