import type {
  AnswerRequest,
  BlockStatusRequest,
  BootstrapResponse,
  CoordinatorToMaintainer,
  HeartbeatRequest,
  HostId,
  HostToMaintainer,
  MaintainerEvent,
  MaintainerToCoordinator,
  Mode,
  PostBootstrapResponse,
  StartChangefeed,
} from '@tidegate/protocol';
import type { Actor, ActorContext, Address, Delivery, Timer } from '@tidegate/runtime';
import type { BarrierMessage } from './barrier/contracts.js';
import { Changefeed } from './changefeed.js';
import { MaintainerError } from './errors.js';
import { inspectMaintainer, type MaintainerSnapshot } from './inspect.js';
import { StatusBuffer } from './intake/statusBuffer.js';
import type { ResolvedOptions } from './options.js';
import { unknownAnswers } from './unknownAnswers.js';

/** The timer of the maintainer, which it sends to itself. */
interface Tick {
  readonly type: 'maintainer-tick';
}

/** Everything that a maintainer receives. */
export type MaintainerMessage = CoordinatorToMaintainer | HostToMaintainer | Tick;

/** Life of a maintainer. */
export type MaintainerPhase = 'idle' | 'bootstrapping' | 'running' | 'stopping' | 'faulted';

/** Resend rounds in one turn at most: each settles what the one before moved on. */
const ROUNDS = 8;

/**
 * The maintainer: one per changefeed. Owns the tasks, the barrier and the checkpoint, and decides everything that hosts
 * do together. What hosts report is buffered while it arrives and handled at the end of the turn (T-H).
 */
export class Maintainer implements Actor<MaintainerMessage> {
  readonly #context: ActorContext;
  readonly #options: ResolvedOptions;
  readonly #buffer: StatusBuffer;
  #phase: MaintainerPhase = 'idle';
  #changefeed: Changefeed | undefined;
  /** S-12: the own host has not yet answered the post-bootstrap request. */
  #postBootstrapOwed = false;
  /** The tasks are known: before, no checkpoint can be computed (K-1). */
  #initialised = false;
  #timer: Timer | undefined;
  #fault: { readonly code: string; readonly message: string } | undefined;

  constructor(context: ActorContext, options: ResolvedOptions) {
    this.#context = context;
    this.#options = options;
    this.#buffer = new StatusBuffer(options.statusCapacity);
  }

  get phase(): MaintainerPhase {
    return this.#phase;
  }

  /** What it has since it was started; for tests and tools. */
  get changefeed(): Changefeed | undefined {
    return this.#changefeed;
  }

  receive(message: MaintainerMessage, from: Address): void {
    this.#guarded(() => this.#dispatch(message, from));
  }

  /** The end of a burst: what it brought is handled at once, without waiting for a tick (T-E). */
  turnEnd(): void {
    this.#guarded(() => {
      if (this.#phase !== 'running' && this.#phase !== 'stopping') return;
      this.#buffer.drain({
        heartbeat: (heartbeat) => this.#heartbeat(heartbeat),
        statuses: (request) => this.#statuses(request),
        settled: (host, mode, seq) => this.#reply({ to: host, answers: [], inReplyTo: seq }, mode),
      });
      if (this.#phase === 'running') this.#advance();
    });
  }

  stop(): void {
    this.#quiet('stopping');
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  inspect(): MaintainerSnapshot {
    return inspectMaintainer({
      phase: this.#phase,
      fault: this.#fault,
      changefeed: this.#changefeed,
      buffer: this.#buffer,
      postBootstrapOwed: this.#postBootstrapOwed,
      now: this.#context.now(),
    });
  }

  #dispatch(message: MaintainerMessage, from: Address): void {
    if (this.#phase === 'faulted') this.#context.count('maintainer.ignored-after-fault');
    else if (message.type === 'start') this.#start(message);
    else if (message.type === 'stop') this.#quiet('stopping');
    else if (message.type === 'maintainer-tick') {
      if (from === this.#context.self) this.#tick();
    } else if (message.type === 'stale-epoch') this.#deposed(message.refusedEpoch, message.currentEpoch);
    else if (message.type === 'hosts' || message.type === 'topology' || message.type === 'redo-progress')
      this.#context.count(`maintainer.${message.type}-ignored`);
    else if (message.type === 'close-response') this.#context.count('maintainer.close-response');
    else this.#report(message, from);
  }

  #start(start: StartChangefeed): void {
    if (this.#phase !== 'idle') {
      this.#context.count('maintainer.repeated-start');
      return;
    }
    const context = this.#context;
    this.#changefeed = new Changefeed(start, this.#options, {
      now: () => context.now(),
      random: () => context.random(),
      observer: { event: (event) => this.#emit(event), count: (name, by) => context.count(name, by) },
    });
    this.#phase = 'bootstrapping';
    this.#askForBootstrap(this.#changefeed);
    this.#armTimer();
  }

  /** F-11: nothing is scheduled, resent or healed any more; what was in the buffer is not replayed (T-H). */
  #quiet(phase: 'stopping' | 'faulted'): void {
    if (this.#phase === 'faulted') return;
    this.#phase = phase;
    this.#postBootstrapOwed = false;
    this.#buffer.discard();
  }

  /** A message of a host. Those of another epoch are refused with their reason (T-B). */
  #report(message: BlockStatusRequest | HeartbeatRequest | BootstrapResponse | PostBootstrapResponse, from: Address): void {
    const changefeed = this.#changefeed;
    if (changefeed === undefined) {
      this.#context.count('maintainer.not-started');
      return;
    }
    if (message.epoch !== changefeed.epoch) {
      this.#context.count('maintainer.stale-epoch');
      const refusal = { refused: message.type, refusedEpoch: message.epoch, currentEpoch: changefeed.epoch };
      this.#context.send(from, { type: 'stale-epoch', from: changefeed.hosts.name(0), ...refusal }, 'control');
      return;
    }
    const host = changefeed.hosts.indexOf(message.from);
    if (host < 0) this.#context.count('maintainer.unknown-host');
    else if (message.type === 'heartbeat') this.#buffer.offerHeartbeat(message);
    else if (message.type === 'block-statuses') {
      if (this.#phase !== 'stopping') this.#buffer.offerStatuses(message);
    } else if (message.type === 'bootstrap-response') this.#bootstrapped(changefeed, host, message);
    else if (message.error !== undefined) this.#fail(message.error.code, `host "${message.from}": ${message.error.message}`);
    else this.#postBootstrapOwed = false;
  }

  #bootstrapped(changefeed: Changefeed, host: number, response: BootstrapResponse): void {
    if (this.#phase !== 'bootstrapping' || !changefeed.bootstrapper.answer(host, response)) return;
    changefeed.rebuild();
    this.#initialised = true;
    this.#phase = 'running';
    this.#postBootstrapOwed = true;
    this.#sendPostBootstrap(changefeed);
    for (const message of changefeed.pipeline.barrier.settleRebuilt()) this.#reply(message, changefeed.pipeline.mode);
    this.#emit({ type: 'bootstrapped', epoch: changefeed.epoch, tables: changefeed.tables });
  }

  /** E-4 */
  #heartbeat(heartbeat: HeartbeatRequest): void {
    const changefeed = this.#changefeed;
    if (changefeed === undefined) return;
    const { error } = heartbeat;
    if (error !== undefined && this.#phase === 'running') this.#fail(error.code, `host "${error.host}": ${error.message}`);
    changefeed.pipeline.heartbeat(changefeed.hosts.indexOf(heartbeat.from), heartbeat, this.#phase === 'running');
  }

  /** E-3 */
  #statuses(request: BlockStatusRequest): void {
    const changefeed = this.#changefeed;
    if (changefeed === undefined || this.#phase !== 'running') return;
    const { pipeline } = changefeed;
    const messages = request.mode === pipeline.mode ? pipeline.barrier.handle(request.from, request) : [unknownAnswers(request)];
    for (const message of messages) this.#reply(message, request.mode);
  }

  /** E-7 */
  #tick(): void {
    const changefeed = this.#changefeed;
    if (changefeed === undefined) return;
    this.#armTimer();
    if (this.#phase === 'bootstrapping') {
      this.#askForBootstrap(changefeed);
      return;
    }
    if (this.#phase === 'running') {
      if (this.#postBootstrapOwed) this.#sendPostBootstrap(changefeed);
      this.#resend(changefeed);
      this.#advance();
    }
    if (this.#initialised) this.#calculate(changefeed);
  }

  /** T-E: resends that something has just made due, and operators that are to be sent. */
  #advance(): void {
    const changefeed = this.#changefeed;
    if (changefeed === undefined) return;
    const { pipeline } = changefeed;
    for (let round = 0; round < ROUNDS && pipeline.barrier.takeProgress(); round++) this.#resend(changefeed);
    pipeline.scheduler.place();
    for (const { host, create, remove } of pipeline.operators.take(this.#context.now(), changefeed.committed.committedTs)) {
      this.#send(host, { type: 'schedule', epoch: changefeed.epoch, create, remove }, 'lossless');
    }
  }

  #resend({ pipeline }: Changefeed): void {
    for (const message of pipeline.barrier.resend(this.#context.now())) this.#reply(message, pipeline.mode);
  }

  /** K-1, K-7, K-12 */
  #calculate(changefeed: Changefeed): void {
    const { committed, epoch } = changefeed;
    const progress = changefeed.pipeline.progress();
    const before = committed.committedTs;
    if (progress === undefined || !committed.set(progress)) return;
    const checkpointTs = committed.committedTs;
    if (checkpointTs > before) this.#send(0, { type: 'checkpoint', epoch, checkpointTs }, { coalesce: 'checkpoint' });
    this.#context.emit(
      { type: 'checkpoint', checkpointTs, resolvedTs: progress.resolvedTs } satisfies MaintainerEvent,
      'checkpoint',
    );
  }

  #askForBootstrap(changefeed: Changefeed): void {
    const { epoch, startTs, trigger } = changefeed;
    for (const host of changefeed.bootstrapper.due(this.#context.now())) {
      // S-1: only the maintainer's own host is told of the trigger.
      this.#send(host, { type: 'bootstrap', epoch, startTs, ...(host === 0 && { trigger }) }, 'control');
    }
  }

  #sendPostBootstrap(changefeed: Changefeed): void {
    this.#send(0, { type: 'post-bootstrap', epoch: changefeed.epoch }, 'control');
  }

  #reply({ to, answers, inReplyTo }: BarrierMessage, mode: Mode): void {
    const changefeed = this.#changefeed as Changefeed;
    const message: AnswerRequest = {
      type: 'answers',
      epoch: changefeed.epoch,
      mode,
      ...(inReplyTo !== undefined && { inReplyTo }),
      answers,
    };
    this.#send(changefeed.hosts.indexOf(to as HostId), message, 'control');
  }

  /** Whatever is refused here has a retry owner: it is only counted. */
  #send(host: number, message: MaintainerToCoordinator, delivery: Delivery): void {
    const address = this.#changefeed?.hosts.coordinator(host) ?? '';
    if (!this.#context.send(address, message, delivery)) this.#context.count('maintainer.send-refused');
  }

  #emit(event: MaintainerEvent): void {
    this.#context.emit(event);
  }

  #armTimer(): void {
    this.#timer = this.#context.schedule(this.#options.tick, { type: 'maintainer-tick' } satisfies Tick);
  }

  /** Somebody with a higher epoch owns the changefeed now. */
  #deposed(refusedEpoch: number, currentEpoch: number): void {
    if (refusedEpoch !== this.#changefeed?.epoch || currentEpoch <= refusedEpoch) return;
    this.#fail(
      'STALE_EPOCH',
      `a maintainer of epoch ${currentEpoch} has taken the changefeed over from this one of epoch ${refusedEpoch}`,
    );
  }

  /** T-G: nothing that goes wrong in here leaves this actor; it faults this changefeed alone. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      const { code, dump } = error as { code?: unknown; dump?: unknown };
      const text = error instanceof Error ? error.message : String(error);
      const stack = error instanceof MaintainerError || !(error instanceof Error) ? undefined : error.stack;
      this.#fail(typeof code === 'string' ? code : 'MAINTAINER_INTERNAL', text, dump ?? stack);
    }
  }

  #fail(code: string, message: string, dump?: unknown): void {
    if (this.#phase === 'faulted') return;
    this.#quiet('faulted');
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#fault = { code, message };
    this.#context.log('error', message, { code });
    this.#emit({ type: 'fault', code, message, ...(dump !== undefined && { dump }) });
  }
}
