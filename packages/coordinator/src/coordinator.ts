import {
  type BootstrapRequest,
  type CloseRequest,
  ComponentState,
  type ComponentStatuses,
  type MaintainerToCoordinator,
  type StaleEpochNotice,
  TRIGGER_HANDLE,
  type WorkerSnapshot,
  type WorkerToCoordinator,
} from '@tidegate/protocol';
import type { Actor, ActorContext, Address } from '@tidegate/runtime';
import { Lifecycle } from './dispatchers/lifecycle.js';
import { Outbox } from './dispatchers/outbox.js';
import { Placement } from './dispatchers/placement.js';
import { Progress } from './dispatchers/progress.js';
import { Subscriptions } from './dispatchers/subscriptions.js';
import { type CoordinatorInspection, inspectCoordinator } from './inspection.js';
import { AnswerRouter } from './maintainer/answers.js';
import { CompleteRound } from './maintainer/completeRound.js';
import { Heartbeats } from './maintainer/heartbeats.js';
import { Ownership } from './maintainer/ownership.js';
import { Tenure } from './maintainer/tenure.js';
import type { ResolvedOptions } from './options.js';
import { Offered } from './status/pendingMap.js';
import { StatusFlow } from './status/statusFlow.js';
import { StatusPath } from './status/statusPath.js';
import { type TimerMessage, timer } from './timers.js';

/** Everything that a coordinator takes. */
export type CoordinatorMessage = MaintainerToCoordinator | WorkerToCoordinator | TimerMessage;

/**
 * The coordinator of one host. Pure: everything goes through its context.
 *
 * Block statuses come in as records and leave as requests to the maintainer ({@link StatusPath}); answers go back to the
 * workers. It places dispatchers on workers, merges their progress, and obeys one owner at a time, by epoch.
 */
export class Coordinator implements Actor<CoordinatorMessage> {
  readonly #context: ActorContext;
  readonly #options: ResolvedOptions;
  readonly #ownership = new Ownership();
  readonly #path: StatusPath;
  readonly #flow: StatusFlow;
  readonly #placement: Placement;
  readonly #outboxes: readonly Outbox[];
  readonly #subscriptions: Subscriptions;
  readonly #lifecycle: Lifecycle;
  readonly #progress: Progress;
  readonly #heartbeats: Heartbeats;
  readonly #router: AnswerRouter;
  readonly #tenure: Tenure;
  readonly #round: CompleteRound;
  readonly #workerIndex: ReadonlyMap<Address, number>;

  constructor(context: ActorContext, options: ResolvedOptions) {
    this.#context = context;
    this.#options = options;
    const { workers } = options;
    this.#workerIndex = new Map(workers.map((worker, index) => [worker, index]));
    this.#path = new StatusPath(options, () => context.random());
    this.#placement = new Placement(workers.length);
    this.#outboxes = workers.map((worker) => new Outbox(context, worker, options.outboxCapacity));
    this.#subscriptions = new Subscriptions(context, options.source, workers, this.#placement);
    this.#progress = new Progress(workers.length);
    this.#heartbeats = new Heartbeats(context, options, this.#ownership, this.#progress);
    this.#flow = new StatusFlow({
      context,
      options,
      ownership: this.#ownership,
      path: this.#path,
      heartbeats: this.#heartbeats,
      isAlive: (handle, generation) => this.#placement.has(handle, generation),
    });
    this.#router = new AnswerRouter(context, options.host, this.#placement, this.#outboxes);
    this.#round = new CompleteRound(workers.length);
    this.#lifecycle = new Lifecycle({
      context,
      placement: this.#placement,
      progress: this.#progress,
      subscriptions: this.#subscriptions,
      outboxes: this.#outboxes,
      report: (row) => this.#heartbeats.report(row),
      forget: (handle, generation) => this.#path.outstanding.forget(handle, generation),
    });
    this.#tenure = new Tenure({
      context,
      options,
      ownership: this.#ownership,
      placement: this.#placement,
      progress: this.#progress,
      outboxes: this.#outboxes,
      lifecycle: this.#lifecycle,
      heartbeats: this.#heartbeats,
      path: this.#path,
      flow: this.#flow,
    });
  }

  /** A block status from a worker. Allocates nothing. */
  receiveRecord(words: Uint32Array, at: number, _from: Address): void {
    if (this.#path.record(words, at) === Offered.ACCEPTED) this.#flow.accepted();
  }

  receive(message: CoordinatorMessage, from: Address): void {
    switch (message.type) {
      case 'timer':
        if (from === this.#context.self) this.#fire(message);
        return;
      case 'facts':
      case 'component-statuses':
      case 'worker-heartbeat':
      case 'worker-snapshot':
      case 'worker-error': {
        const worker = this.#workerIndex.get(from);
        if (worker === undefined) this.#ignore(message.type, from);
        else this.#fromWorker(message, worker);
        return;
      }
      case 'bootstrap':
        this.#tenure.bootstrap(message, from);
        return;
      case 'close':
        this.#tenure.close(message, from);
        return;
      case 'stale-epoch':
        this.#context.log('warn', 'the maintainer refused a message of another epoch', { ...message });
        return;
      case 'answers':
      case 'post-bootstrap':
      case 'schedule':
      case 'checkpoint':
        if (this.#ownership.allows(from, message.epoch)) this.#obey(message);
        else this.#tenure.refuse(message, from);
        return;
      default:
        this.#ignore((message as { type?: unknown }).type, from);
    }
  }

  turnEnd(): void {
    this.#flow.turnEnd();
  }

  room(to: Address): void {
    if (to === this.#ownership.address) {
      this.#tenure.flush();
      this.#flow.flush();
      return;
    }
    if (to === this.#options.source) this.#subscriptions.flush();
    const worker = this.#workerIndex.get(to);
    if (worker !== undefined) this.#outboxes[worker]!.flush();
  }

  stop(): void {
    this.#flow.cut();
    this.#heartbeats.flush();
  }

  inspect(): CoordinatorInspection {
    return inspectCoordinator({
      options: this.#options,
      ownership: this.#ownership,
      path: this.#path,
      placement: this.#placement,
      outboxes: this.#outboxes,
      subscriptions: this.#subscriptions,
      progress: this.#progress,
      heartbeats: this.#heartbeats,
      lostAnswers: this.#router.lost,
      paused: this.#flow.paused,
    });
  }

  // ------------------------------------------------------------------ timers

  #fire({ name, id }: TimerMessage): void {
    switch (name) {
      case 'batch':
        this.#flow.cut();
        return;
      case 'components':
        this.#flow.flush();
        return;
      case 'heartbeat':
        this.#heartbeats.tick();
        return;
      case 'complete':
        this.#completeHeartbeat();
        return;
      case 'error':
        this.#heartbeats.repeatError();
        return;
      case 'resend':
        this.#flow.resend();
        return;
      case 'snapshot':
        this.#tenure.expire(id);
    }
  }

  // ------------------------------------------------------------------ workers

  #fromWorker(message: WorkerToCoordinator, worker: number): void {
    switch (message.type) {
      case 'facts':
        this.#path.learn(message.mode, message.facts);
        return;
      case 'component-statuses':
        this.#heard(worker, message.statuses, message.snapshot);
        return;
      case 'worker-heartbeat':
        this.#progress.heard(worker, message);
        return;
      case 'worker-snapshot':
        this.#snapshot(worker, message);
        return;
      case 'worker-error':
        this.#heartbeats.fail(message.code, message.message);
    }
  }

  #heard(worker: number, statuses: ComponentStatuses, snapshot: number | undefined): void {
    this.#lifecycle.heard(worker, statuses);
    if (snapshot !== undefined && this.#round.answered(snapshot, worker)) this.#heartbeats.completeRound();
    this.#tenure.stopped();
    this.#flow.regulate();
  }

  #snapshot(worker: number, message: WorkerSnapshot): void {
    if (this.#round.id === message.id) this.#heard(worker, columnsOf(message), message.more === true ? undefined : message.id);
    else this.#tenure.snapshot(worker, message);
  }

  /** H-1: every so often every dispatcher is listed. */
  #completeHeartbeat(): void {
    this.#context.schedule(this.#options.completeHeartbeatInterval, timer('complete'));
    const asked = this.#options.workers.map((_, worker) => this.#placement.load[worker]! > 0);
    const id = this.#tenure.nextSnapshot();
    if (this.#round.begin(id, asked)) this.#heartbeats.completeRound();
    asked.forEach((isAsked, worker) => {
      if (isAsked) this.#outboxes[worker]!.send({ type: 'snapshot', id, columns: true }, 'lossless', true);
    });
  }

  // ------------------------------------------------------------------ maintainer

  #obey(message: Exclude<MaintainerToCoordinator, BootstrapRequest | CloseRequest | StaleEpochNotice>): void {
    switch (message.type) {
      case 'answers':
        // Before they go on: the repeat that a hint or an action provokes must find its key free (T-I).
        for (const answer of message.answers) {
          this.#path.settle(message.mode, answer, message.inReplyTo !== undefined, this.#context.now());
        }
        if (message.inReplyTo !== undefined) this.#path.outstanding.settleReply(message.inReplyTo);
        this.#flow.scheduleResend();
        this.#router.route(message);
        return;
      case 'schedule':
        this.#tenure.create(message.create);
        this.#lifecycle.remove(message.remove);
        return;
      case 'checkpoint': {
        const worker = this.#placement.isPlaced(TRIGGER_HANDLE[0]) ? this.#placement.worker(TRIGGER_HANDLE[0]) : undefined;
        if (worker === undefined) return;
        const checkpoint = { type: 'sink-checkpoint', checkpointTs: message.checkpointTs };
        this.#outboxes[worker]!.send(checkpoint, { coalesce: 'sink-checkpoint' }, true);
        return;
      }
      case 'post-bootstrap':
        this.#tenure.postBootstrap(message.epoch);
    }
  }

  #ignore(type: unknown, from: Address): void {
    this.#context.count('coordinator.ignored');
    this.#context.log('warn', 'a message that this coordinator does not expect', { type, from });
  }
}

/** A snapshot as component statuses; what is invisible in a heartbeat is left out (H-2). */
function columnsOf({ spans }: WorkerSnapshot): ComponentStatuses {
  const hidden: readonly number[] = [ComponentState.INITIALIZING, ComponentState.PREPARING, ComponentState.MERGE_READY];
  const listed = spans.filter(({ state }) => !hidden.includes(state));
  return {
    handle: Uint32Array.from(listed, ({ config }) => config.handle),
    generation: Uint32Array.from(listed, ({ config }) => config.generation),
    state: Uint8Array.from(listed, ({ state }) => state),
    mode: Uint8Array.from(listed, ({ config }) => config.mode),
    checkpointTs: BigUint64Array.from(listed, ({ checkpointTs }) => checkpointTs),
  };
}
