import {
  Action,
  type AnswerRequest,
  type BootstrapRequest,
  type CloseRequest,
  type ComponentStatuses,
  type HostToCoordinator,
  type MaintainerToCoordinator,
  type PostBootstrapRequest,
  STATUS_WORDS,
  type StaleEpochNotice,
  type WorkerSnapshot,
  type WorkerToCoordinator,
} from '@tidegate/protocol';
import type { Actor, ActorContext, Address } from '@tidegate/runtime';
import { type CoordinatorParts, makeParts } from './coordinatorParts.js';
import { type CoordinatorInspection, inspectCoordinator } from './inspection.js';
import { PendingControl } from './maintainer/pendingControl.js';
import { Recovery } from './maintainer/recovery.js';
import { snapshotColumns } from './maintainer/snapshotColumns.js';
import type { ResolvedOptions } from './options.js';
import { type TimerMessage, timer } from './timers.js';

/** Everything that a coordinator takes. */
export type CoordinatorMessage = MaintainerToCoordinator | WorkerToCoordinator | HostToCoordinator | TimerMessage;

/** What only the owner may ask for (F-3). */
type OwnersRequest = Exclude<MaintainerToCoordinator, BootstrapRequest | CloseRequest | StaleEpochNotice>;

/**
 * The coordinator of one host. Pure: everything goes through its context.
 *
 * Block statuses come in as records and leave as requests to the maintainer; answers go back to the workers. It places
 * dispatchers on workers, merges them and their progress, and obeys one owner at a time, by epoch. What the host's owner
 * tells (lost workers, lost maintainers, the fence) may come from any address: who can reach it is the topology's matter.
 */
export class Coordinator implements Actor<CoordinatorMessage> {
  readonly #parts: CoordinatorParts;
  readonly #workerIndex: ReadonlyMap<Address, number>;
  /** Until this host knows what it has. */
  #recovery: Recovery | undefined;
  readonly #pendingControl = new PendingControl();
  /** The latest owner that was lost while this host recovered. */
  #pendingLoss: number | undefined;

  constructor(context: ActorContext, options: ResolvedOptions) {
    this.#workerIndex = new Map(options.workers.map((worker, index) => [worker, index]));
    this.#parts = makeParts(context, options);
    if (!options.recover) return;
    const { placement, progress, outboxes, lifecycle, snapshotIds, tenure } = this.#parts;
    const noteTrigger = tenure.noteTrigger.bind(tenure);
    const parts = { context, workers: options.workers, placement, progress, outboxes, lifecycle, noteTrigger };
    tenure.recovering = true;
    this.#recovery = new Recovery(parts, snapshotIds.next());
    context.schedule(options.snapshotDeadline, timer('recovery'));
  }

  /** Block statuses from a worker, as many as there is room for. Allocates nothing. */
  receiveRecords(words: Uint32Array, at: number, count: number, _from: Address): number {
    const { path, flow } = this.#parts;
    let taken = 0;
    do {
      const before = path.pending.length;
      taken += path.records(words, at + taken * STATUS_WORDS, count - taken, flow.next);
      flow.acceptedRun(before);
    } while (taken < count && !flow.paused);
    return taken;
  }

  receive(message: CoordinatorMessage, from: Address): void {
    const { context, tenure, ownership } = this.#parts;
    switch (message.type) {
      case 'timer':
        if (from === context.self) this.#fire(message);
        return;
      case 'facts':
      case 'component-statuses':
      case 'worker-heartbeat':
      case 'worker-snapshot':
      case 'frozen':
      case 'redo-meta-written':
      case 'worker-error': {
        const worker = this.#workerIndex.get(from);
        if (worker === undefined || !this.#parts.placement.isOpen(worker)) this.#ignore(message.type, from);
        else this.#fromWorker(message, worker);
        return;
      }
      case 'worker-lost':
      case 'worker-replaced':
      case 'owner-lost':
      case 'fence':
        this.#fromHost(message, from);
        return;
      case 'bootstrap':
      case 'close':
        this.#control(message, from);
        return;
      case 'stale-epoch':
        context.log('warn', 'the maintainer refused a message of another epoch', { ...message });
        return;
      case 'answers':
      case 'post-bootstrap':
      case 'schedule':
      case 'checkpoint':
      case 'heartbeat-taken':
      case 'merge':
      case 'redo-meta':
      case 'redo-forward':
        if (message.type === 'post-bootstrap' && this.#recovery !== undefined) this.#control(message, from);
        else if (ownership.allows(from, message.epoch)) this.#obey(message);
        else tenure.refuse(message, from);
        return;
      default:
        this.#ignore((message as { type?: unknown }).type, from);
    }
  }

  turnEnd(): void {
    const { flow, heartbeats, lifecycle } = this.#parts;
    flow.turnEnd();
    heartbeats.turnEnd(lifecycle.announcing);
  }

  room(to: Address): void {
    const { ownership, tenure, flow, options, subscriptions, outboxes } = this.#parts;
    if (to === ownership.address) {
      tenure.flush();
      flow.flush();
      return;
    }
    if (to === options.source) subscriptions.flush();
    const worker = this.#workerIndex.get(to);
    if (worker !== undefined) outboxes[worker]!.flush();
  }

  stop(): void {
    this.#parts.flow.cut();
    this.#parts.heartbeats.flush();
  }

  inspect(): CoordinatorInspection {
    return inspectCoordinator(this.#parts, this.#recovery?.missing ?? []);
  }

  // ------------------------------------------------------------------ timers

  #fire({ name, id }: TimerMessage): void {
    const { flow, heartbeats, lifecycle, tenure, context } = this.#parts;
    switch (name) {
      case 'batch':
        flow.cut();
        return;
      case 'components':
        flow.flush();
        return;
      case 'heartbeat':
        lifecycle.tick();
        heartbeats.tick();
        return;
      case 'complete':
        this.#parts.complete.due();
        return;
      case 'error':
        heartbeats.repeatError();
        return;
      case 'resend':
        flow.resend();
        return;
      case 'snapshot':
        tenure.expire(id);
        return;
      case 'recovery': {
        const missing = this.#recovery?.missing ?? [];
        if (missing.length > 0) context.log('warn', 'workers have not yet told what they have', { missing });
      }
    }
  }

  // ------------------------------------------------------------------ the host's owner

  #fromHost(message: HostToCoordinator, from: Address): void {
    const { fence, outboxes, redo, workerLoss, lifecycle } = this.#parts;
    if (message.type === 'fence') {
      if (!fence.close()) return;
      lifecycle.forgetWaiting();
      for (const outbox of outboxes) outbox.send({ type: 'fence' }, 'control', false);
      return;
    }
    if (message.type === 'owner-lost') {
      if (this.#recovery === undefined) this.#parts.tenure.ownerLost(message.epoch);
      else this.#pendingLoss = Math.max(message.epoch, this.#pendingLoss ?? 0);
      return;
    }
    const worker = this.#workerIndex.get(message.worker);
    if (worker === undefined) {
      this.#ignore(`${message.type} ${message.worker}`, from);
      return;
    }
    if (message.type === 'worker-lost') {
      this.#lose(worker);
      return;
    }
    // One that was not said to be lost is lost now.
    this.#lose(worker);
    workerLoss.replace(worker);
    if (fence.closed) outboxes[worker]!.send({ type: 'fence' }, 'control', false);
    redo.newWorker(worker);
  }

  #lose(worker: number): void {
    const { workerLoss, complete, tenure, redo, flow } = this.#parts;
    if (!workerLoss.lose(worker)) return;
    complete.lost(worker);
    tenure.lostWorker(worker);
    redo.lostWorker();
    if (this.#recovery?.lost(worker) === true) this.#recovered();
    flow.regulate();
  }

  // ------------------------------------------------------------------ workers

  #fromWorker(message: WorkerToCoordinator, worker: number): void {
    const { path, progress, merges, redo, heartbeats, fence, context } = this.#parts;
    switch (message.type) {
      case 'facts':
        path.learn(message.mode, message.facts, message.lacksAdmissions === true);
        return;
      case 'component-statuses':
        this.#heard(worker, message.statuses, message.snapshot, message.unchanged === true);
        return;
      case 'worker-heartbeat':
        progress.heard(worker, message);
        if (message.hurry === true) heartbeats.hurry();
        return;
      case 'worker-snapshot':
        this.#snapshot(worker, message);
        return;
      case 'frozen':
        merges.frozen(message);
        return;
      case 'redo-meta-written':
        redo.wrote(message.resolvedTs);
        return;
      case 'worker-error':
        // F-12: whatever fails behind the fence is not the changefeed's failure.
        if (fence.closed) context.count('coordinator.errors-behind-fence');
        else heartbeats.fail(message.code, message.message);
    }
  }

  #heard(worker: number, statuses: ComponentStatuses, snapshot: number | undefined, unchanged: boolean): void {
    const { lifecycle, complete, tenure, flow } = this.#parts;
    lifecycle.heard(worker, statuses);
    if (snapshot !== undefined) complete.answered(snapshot, worker, unchanged);
    tenure.stopped();
    flow.regulate();
  }

  #snapshot(worker: number, message: WorkerSnapshot): void {
    if (this.#parts.complete.id === message.id) {
      this.#heard(worker, snapshotColumns(message), message.more === true ? undefined : message.id, false);
    } else if (this.#recovery?.take(worker, message) === true) this.#recovered();
    else this.#parts.tenure.snapshot(worker, message);
  }

  /** This host knows what it has: what waited for that is handled, in order. */
  #recovered(): void {
    const { context, placement, tenure } = this.#parts;
    this.#recovery = undefined;
    tenure.recovering = false;
    context.log('info', 'recovered from the workers', { dispatchers: placement.size });
    if (this.#pendingLoss !== undefined) tenure.ownerLost(this.#pendingLoss);
    for (let next = this.#pendingControl.pop(); next !== undefined; next = this.#pendingControl.pop()) {
      this.receive(next.message, next.from);
    }
  }

  // ------------------------------------------------------------------ maintainer

  /** What takes or ends an ownership waits until this host knows what it has (F-7). */
  #control(message: BootstrapRequest | CloseRequest | PostBootstrapRequest, from: Address): void {
    const { tenure, ownership } = this.#parts;
    if (this.#recovery !== undefined) {
      if (!this.#pendingControl.push(message, from)) this.#parts.context.count('coordinator.control-dropped');
    } else if (message.type === 'bootstrap') tenure.bootstrap(message, from);
    else if (message.type === 'close') tenure.close(message, from);
    else if (ownership.allows(from, message.epoch)) tenure.postBootstrap(message.epoch);
    else tenure.refuse(message, from);
  }

  #obey(message: OwnersRequest): void {
    const { tenure, lifecycle, merges, redo, heartbeats } = this.#parts;
    switch (message.type) {
      case 'answers':
        this.#answers(message);
        return;
      case 'schedule':
        tenure.create(message.create);
        lifecycle.remove(message.remove);
        return;
      case 'merge':
        if (!tenure.closing) merges.request(message);
        return;
      case 'redo-meta':
        redo.meta(message);
        return;
      case 'redo-forward':
        redo.forward(message.resolvedTs);
        return;
      case 'checkpoint':
        this.#parts.sinkCheckpoint.committed(message.checkpointTs);
        return;
      case 'heartbeat-taken':
        heartbeats.taken(message.confirm);
        return;
      case 'post-bootstrap':
        tenure.postBootstrap(message.epoch);
    }
  }

  #answers(message: AnswerRequest): void {
    const { path, flow, router, lifecycle, fence, context } = this.#parts;
    // Before they go on: the repeat that a hint or an action provokes must find its key free (T-I).
    const now = context.now();
    if (message.inReplyTo !== undefined) path.settleReply(message, now);
    else for (const answer of message.answers) path.settle(message.mode, answer, false, now);
    for (const answer of message.answers) if (answer.ignored !== undefined) lifecycle.hinted(answer.target);
    flow.scheduleResend();
    const isWrite = message.answers.some(({ action }) => action?.action === Action.WRITE);
    if (!isWrite || !fence.refuses('block write')) router.route(message);
    else router.route({ ...message, answers: message.answers.filter(({ action }) => action?.action !== Action.WRITE) });
  }

  #ignore(type: unknown, from: Address): void {
    this.#parts.context.count('coordinator.ignored');
    this.#parts.context.log('warn', 'a message that this coordinator does not expect', { type, from });
  }
}
