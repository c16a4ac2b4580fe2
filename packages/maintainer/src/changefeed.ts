import {
  countTables,
  type DispatcherConfig,
  Mode,
  makeDispatcherId,
  type StartChangefeed,
  type Tables,
} from '@tidegate/protocol';
import type { ActorContext } from '@tidegate/runtime';
import type { BarrierObserver } from './barrier/contracts.js';
import { Bootstrapper } from './bootstrap/bootstrapper.js';
import { checkCheckpoints } from './bootstrap/checkCheckpoints.js';
import { rebuildTasks } from './bootstrap/rebuildTasks.js';
import { type Progress, within } from './checkpoint/checkpoint.js';
import { Hosts } from './hosts.js';
import { createConfig } from './operator/createConfig.js';
import type { ResolvedOptions } from './options.js';
import { Outlet } from './outlet.js';
import { Pipeline } from './pipeline.js';
import { GlobalRedo } from './redo/globalRedo.js';
import { RouteAdmin } from './route/routeAdmin.js';
import { Handles } from './span/handles.js';
import { checkStart } from './startCheck.js';

/** Everything that a maintainer has once it was told to start. Nothing of it outlives its epoch (F-13). */
export class Changefeed {
  readonly epoch: number;
  readonly startTs: bigint;
  readonly hosts: Hosts;
  readonly outlet: Outlet;
  /** The default pipeline, the one whose checkpoint is the changefeed's. */
  readonly pipeline: Pipeline;
  /** Both where there is a redo pipeline, that one first: the order in which they are looked at (E-7). */
  readonly pipelines: readonly Pipeline[];
  readonly bootstrapper: Bootstrapper;
  /** Absent: there is no redo pipeline. */
  readonly redo: GlobalRedo | undefined;
  /** Number of tables at the start. */
  readonly tables: number;
  readonly #hasRedo: boolean;
  /** Until the tasks are built. */
  #startTables: Tables;
  readonly #options: ResolvedOptions;
  /** One space of handles for all modes. */
  readonly #handles = new Handles();

  /** Throws {@link MaintainerStartError} when the start message cannot be obeyed. */
  constructor(start: StartChangefeed, options: ResolvedOptions, context: ActorContext, observer: BarrierObserver) {
    checkStart(start);
    // Closures that are kept must not see the message: its list of tables would stay for as long as they do.
    const { epoch, startTs, redo, routes } = start;
    this.tables = countTables(start.tables);
    this.#startTables = start.tables;
    this.#hasRedo = redo === true;
    this.#options = options;
    this.epoch = epoch;
    this.startTs = startTs;
    this.hosts = new Hosts(start.hosts);
    this.outlet = new Outlet(context, this.hosts, epoch);
    const random = (): number => context.random();
    const pipelineOf = (mode: Mode): Pipeline =>
      new Pipeline({
        mode,
        epoch,
        startTs,
        // Section 1: a fresh trigger id for every maintainer.
        triggerId: makeDispatcherId(random),
        hosts: this.hosts,
        handles: this.#handles,
        options,
        observer,
        now: () => context.now(),
        random,
        alone: redo !== true,
        ...(routes && mode === Mode.DEFAULT && { routes: new RouteAdmin(routes, startTs) }),
      });
    this.pipeline = pipelineOf(Mode.DEFAULT);
    this.pipelines = redo === true ? [pipelineOf(Mode.REDO), this.pipeline] : [this.pipeline];
    this.bootstrapper = new Bootstrapper(this.hosts, {
      resendAfter: options.bootstrapResend,
      patience: options.bootstrapPatience,
    });
    if (redo === true) {
      this.redo = new GlobalRedo(startTs, { interval: options.redoMetaInterval, repeat: options.redoResend });
    }
  }

  /** Undefined for a mode that this changefeed does not run. */
  pipelineOf(mode: Mode): Pipeline | undefined {
    return this.pipelines.find((pipeline) => pipeline.mode === mode);
  }

  /** S-1: the table triggers, for the maintainer's own host. */
  get triggers(): { readonly trigger: DispatcherConfig; readonly redoTrigger?: DispatcherConfig } {
    const [trigger, redoTrigger] = [Mode.DEFAULT, Mode.REDO].map((mode) => {
      const table = this.pipelineOf(mode)?.table;
      return table && createConfig(table, table.trigger, this.startTs);
    });
    return { trigger: trigger as DispatcherConfig, ...(redoTrigger && { redoTrigger }) };
  }

  /** S-5 to S-7, once every host has answered: tasks, then barriers. Throws {@link BootstrapError}. */
  rebuild(): void {
    const { responses } = this.bootstrapper;
    checkCheckpoints(responses, { startTs: this.startTs, redo: this.#hasRedo });
    const { pipelines, hosts } = this;
    const target = { pipelines, hosts, handles: this.#handles, options: this.#options };
    rebuildTasks(target, responses, this.#startTables, this.startTs);
    this.#startTables = [];
    this.bootstrapper.clear();
  }

  /** T-10: a host that joined has answered; from now on it takes dispatchers. */
  hostReady(host: number): void {
    if (this.hosts.isReady(host)) return;
    this.hosts.ready(host);
    for (const { topology } of this.pipelines) topology.hostJoined(host);
  }

  /**
   * K-1: computes where the changefeed stands; undefined when that is not known, or as before. With redo on it is never
   * further than its redo log: a restart at the checkpoint must find a log without a hole before it (D-46).
   */
  calculate(): Progress | undefined {
    const { pipeline, redo } = this;
    const progress = pipeline.progress();
    if (progress === undefined) return undefined;
    const bounded = redo === undefined ? progress : within(progress, redo.ts);
    const isNews = pipeline.committed.set(bounded);
    pipeline.barrier.committed(pipeline.committed.committedTs);
    return isNews ? bounded : undefined;
  }
}
