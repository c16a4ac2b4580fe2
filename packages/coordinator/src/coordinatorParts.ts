import { TRIGGER_HANDLE } from '@tidegate/protocol';
import type { ActorContext } from '@tidegate/runtime';
import { Lifecycle } from './dispatchers/lifecycle.js';
import { Outbox } from './dispatchers/outbox.js';
import { Placement } from './dispatchers/placement.js';
import { Progress } from './dispatchers/progress.js';
import { Subscriptions } from './dispatchers/subscriptions.js';
import { WorkerLoss } from './dispatchers/workerLoss.js';
import { AnswerRouter } from './maintainer/answers.js';
import { CompleteHeartbeats } from './maintainer/completeHeartbeats.js';
import { Fence } from './maintainer/fence.js';
import { Heartbeats } from './maintainer/heartbeats.js';
import { Ownership } from './maintainer/ownership.js';
import { SinkCheckpoint } from './maintainer/sinkCheckpoint.js';
import { SnapshotIds } from './maintainer/snapshotIds.js';
import type { ComponentStatusRow } from './maintainer/statusWindow.js';
import { Tenure } from './maintainer/tenure.js';
import { Merges } from './merge/merges.js';
import type { ResolvedOptions } from './options.js';
import { RedoControl } from './redo/redoControl.js';
import { StatusFlow } from './status/statusFlow.js';
import { StatusPath } from './status/statusPath.js';

/** What a coordinator is made of. */
export interface CoordinatorParts {
  readonly context: ActorContext;
  readonly options: ResolvedOptions;
  readonly ownership: Ownership;
  readonly fence: Fence;
  readonly path: StatusPath;
  readonly flow: StatusFlow;
  readonly placement: Placement;
  readonly outboxes: readonly Outbox[];
  readonly subscriptions: Subscriptions;
  readonly lifecycle: Lifecycle;
  readonly progress: Progress;
  readonly heartbeats: Heartbeats;
  readonly merges: Merges;
  readonly redo: RedoControl;
  readonly workerLoss: WorkerLoss;
  readonly router: AnswerRouter;
  readonly tenure: Tenure;
  readonly sinkCheckpoint: SinkCheckpoint;
  readonly complete: CompleteHeartbeats;
  readonly snapshotIds: SnapshotIds;
}

/** Makes the parts and connects them. */
export function makeParts(context: ActorContext, options: ResolvedOptions): CoordinatorParts {
  const { workers, host } = options;
  const ownership = new Ownership();
  const fence = new Fence(context, host);
  const path = new StatusPath(options, () => context.random());
  const placement = new Placement(workers.length);
  const outboxes = workers.map((worker) => new Outbox(context, worker, options.outboxCapacity));
  const subscriptions = new Subscriptions(context, options.source, workers, placement);
  const progress = new Progress(workers.length);
  const heartbeats = new Heartbeats(context, options, ownership, progress);
  const mustHear = () => tenure.awaitsWorkers;
  const flow = new StatusFlow({ context, options, ownership, path, heartbeats, living: placement, mustHear });
  // A request of the maintainer may fill the window, too: the workers are paused at once, not with the next of their messages.
  const full = () => {
    if (heartbeats.stuck) flow.regulate();
  };
  const report = (row: ComponentStatusRow) => {
    heartbeats.report(row);
    full();
  };
  const answer = (...rows: readonly ComponentStatusRow[]) => {
    heartbeats.answer(...rows);
    full();
  };
  const lifecycle = new Lifecycle({
    context,
    placement,
    progress,
    subscriptions,
    outboxes,
    started: () => heartbeats.start(),
    report,
    answer,
    reportGone: (row, bound) => heartbeats.reportGone(row, bound),
    placed: (config) => {
      tenure.noteTrigger(config);
      if (config.handle === TRIGGER_HANDLE[0]) sinkCheckpoint.tell();
    },
    forget: (handle, generation) => {
      path.outstanding.forget(handle, generation);
      tenure.gone(handle, generation);
    },
  });
  const merges = new Merges({
    context,
    placement,
    lifecycle,
    outboxes,
    fence,
    answer,
  });
  lifecycle.watch(merges);
  const snapshotIds = new SnapshotIds(() => context.random());
  const base = { context, options, ownership, fence, path, flow, placement, outboxes, lifecycle, heartbeats, merges };
  const sinkCheckpoint = new SinkCheckpoint(placement, outboxes, fence);
  const tenure = new Tenure({ ...base, snapshotIds, sinkCheckpoint });
  return {
    ...base,
    tenure,
    sinkCheckpoint,
    subscriptions,
    progress,
    snapshotIds,
    redo: new RedoControl({ context, host, ownership, placement, progress, outboxes, fence }),
    workerLoss: new WorkerLoss({ context, placement, progress, outboxes, subscriptions, lifecycle, merges, heartbeats }),
    router: new AnswerRouter(context, host, placement, outboxes),
    complete: new CompleteHeartbeats({ ...base, snapshotIds, isSilent: () => path.outstanding.silent }),
  };
}
