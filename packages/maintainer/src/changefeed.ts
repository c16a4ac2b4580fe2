import type { DispatcherConfig } from '@tidegate/protocol';
import { Mode, makeDispatcherId, type StartChangefeed } from '@tidegate/protocol';
import type { BarrierObserver } from './barrier/contracts.js';
import type { RebuiltState } from './barrier/rebuild.js';
import { Bootstrapper } from './bootstrap/bootstrapper.js';
import { rebuildTasks, startTsOf } from './bootstrap/rebuildTasks.js';
import { CommittedProgress } from './checkpoint/checkpoint.js';
import { Hosts } from './hosts.js';
import { createConfig } from './operator/createConfig.js';
import type { ResolvedOptions } from './options.js';
import { Pipeline } from './pipeline.js';
import { RouteAdmin } from './route/routeAdmin.js';
import { checkStart } from './startCheck.js';

/** Everything that a maintainer has once it was told to start. */
export class Changefeed {
  readonly epoch: number;
  readonly startTs: bigint;
  readonly hosts: Hosts;
  /** The default pipeline. Redo will be a second one. */
  readonly pipeline: Pipeline;
  readonly bootstrapper: Bootstrapper;
  readonly committed: CommittedProgress;
  readonly trigger: DispatcherConfig;
  readonly #start: StartChangefeed;

  /** Throws {@link MaintainerStartError} when the start message cannot be obeyed. */
  constructor(
    start: StartChangefeed,
    options: ResolvedOptions,
    parts: { readonly observer: BarrierObserver; readonly now: () => number; readonly random: () => number },
  ) {
    checkStart(start);
    this.#start = start;
    this.epoch = start.epoch;
    this.startTs = start.startTs;
    this.hosts = new Hosts(start.hosts);
    this.pipeline = new Pipeline({
      mode: Mode.DEFAULT,
      epoch: start.epoch,
      startTs: start.startTs,
      // Section 1: a fresh trigger id for every maintainer.
      triggerId: makeDispatcherId(parts.random),
      hosts: this.hosts,
      options,
      ...parts,
      ...(start.routes && { routes: new RouteAdmin(start.routes, start.startTs) }),
    });
    this.bootstrapper = new Bootstrapper(this.hosts, options.bootstrapResend);
    this.committed = new CommittedProgress(start.startTs);
    this.trigger = createConfig(this.pipeline.table, this.pipeline.table.trigger, start.startTs);
  }

  get tables(): number {
    return this.#start.tables.length;
  }

  /** S-5 to S-7, once every host has answered: tasks, then barriers. Throws {@link BootstrapError}. */
  rebuild(): readonly RebuiltState[] {
    const { responses } = this.bootstrapper;
    startTsOf(responses, this.startTs);
    const states = rebuildTasks({ ...this.pipeline, hosts: this.hosts }, responses, this.#start.tables, this.startTs);
    this.pipeline.barrier.rebuild(states);
    return states;
  }
}
