import type {
  BlockStatusRequest,
  BootstrapResponse,
  CloseResponse,
  CoordinatorToMaintainer,
  HeartbeatRequest,
  HostsChanged,
  HostToMaintainer,
  MaintainerEvent,
  PostBootstrapResponse,
  RedoProgress,
  StaleEpochNotice,
  StartChangefeed,
  StopChangefeed,
} from '@tidegate/protocol';
import type { Actor, ActorContext, Address } from '@tidegate/runtime';
import { Changefeed } from './changefeed.js';
import { MaintainerError } from './errors.js';
import { inspectMaintainer, type MaintainerSnapshot } from './inspect.js';
import { StatusBuffer } from './intake/statusBuffer.js';
import type { StopHow } from './lifecycle/closing.js';
import { Departure } from './lifecycle/departure.js';
import { changeHosts } from './lifecycle/hostChanges.js';
import { askForBootstrap, isHeard } from './lifecycle/joining.js';
import { requestTopology } from './lifecycle/topologyRequests.js';
import type { ResolvedOptions } from './options.js';
import { type Tick, Ticks } from './ticks.js';
import { advance, calculate, confirmHeartbeat, resend, restOf, sendPostBootstrap } from './turn.js';
import { unknownAnswers } from './unknownAnswers.js';

/** What a maintainer obeys only in the epoch that it runs in (T-B). */
type Report = BlockStatusRequest | HeartbeatRequest | BootstrapResponse | PostBootstrapResponse | CloseResponse | RedoProgress;

/** Everything that a maintainer receives. */
export type MaintainerMessage = CoordinatorToMaintainer | HostToMaintainer | Tick;

/** Life of a maintainer. */
export type MaintainerPhase = 'idle' | 'bootstrapping' | 'running' | 'stopping' | 'stopped' | 'faulted';

/**
 * The maintainer: one per changefeed. Owns the tasks, the barriers and the checkpoint, and decides everything that hosts
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
  /** F-11: asked before the bootstrap was done, and carried out after it. */
  #handOverAsked = false;
  #departure: Departure | undefined;
  readonly #ticks: Ticks;
  #fault: { readonly code: string; readonly message: string } | undefined;

  constructor(context: ActorContext, options: ResolvedOptions) {
    this.#context = context;
    this.#options = options;
    this.#ticks = new Ticks(context, options.tick);
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
    const isHurried = message.type === 'heartbeat' && message.hurry === true;
    if (message.type !== 'maintainer-tick') this.#armTicks(isHurried ? 0 : undefined);
  }

  /** The end of a burst: what it brought is handled at once, without waiting for a tick (T-E). */
  turnEnd(): void {
    this.#guarded(() => {
      const changefeed = this.#changefeed;
      if (changefeed === undefined || (this.#phase !== 'running' && this.#phase !== 'stopping')) return;
      this.#buffer.drain({
        heartbeat: (heartbeat) => this.#heartbeat(changefeed, heartbeat),
        confirmed: (from, confirm) => this.#phase === 'running' && confirmHeartbeat(changefeed, from, confirm),
        statuses: (request) => this.#statuses(changefeed, request),
        settled: (to, mode, inReplyTo) => changefeed.outlet.answer({ to, answers: [], inReplyTo }, mode),
        redo: (_, resolvedTs) => this.#redoProgress(changefeed, resolvedTs),
      });
      if (this.#phase === 'running') advance(changefeed, this.#context.now());
      else this.#finishDeparture();
    });
  }

  stop(): void {
    this.#buffer.discard();
    this.#end(this.#phase === 'faulted' ? 'faulted' : 'stopped');
  }

  inspect(): MaintainerSnapshot {
    return inspectMaintainer({
      phase: this.#phase,
      fault: this.#fault,
      changefeed: this.#changefeed,
      departure: this.#departure,
      buffer: this.#buffer,
      postBootstrapOwed: this.#postBootstrapOwed,
      now: this.#context.now(),
    });
  }

  #dispatch(message: MaintainerMessage, from: Address): void {
    if (message.type === 'start') this.#start(message);
    else if (this.#phase === 'faulted') this.#context.count('maintainer.ignored-after-fault');
    else if (message.type === 'stop') this.#stop(message);
    else if (message.type === 'topology') {
      this.#context.reply(requestTopology(this.#phase === 'running' ? this.#changefeed : undefined, message));
    } else if (message.type === 'maintainer-tick') {
      if (from === this.#context.self && message.epoch === this.#changefeed?.epoch) this.#tick(this.#changefeed);
    } else if (this.#changefeed === undefined || this.#phase === 'stopped') this.#context.count('maintainer.not-running');
    else if (message.type === 'hosts') this.#hostsChanged(this.#changefeed, message);
    else if (message.type === 'stale-epoch') this.#deposed(this.#changefeed, message);
    else this.#report(this.#changefeed, message, from);
  }

  /** F-13: only what has fully stopped gives way, and only to a larger epoch. */
  #start(start: StartChangefeed): void {
    const current = this.#changefeed?.epoch ?? 0;
    const isQuiet = this.#phase === 'stopping' && this.#departure?.how === 'quiet';
    const isOver = isQuiet || this.#phase === 'idle' || this.#phase === 'stopped' || this.#phase === 'faulted';
    if (!isOver || start.epoch <= current) {
      this.#context.count('maintainer.repeated-start');
      const why = isOver ? 'its epoch must be larger (F-1)' : `that one is ${this.#phase}: stop it first (F-13)`;
      const text = `a start with epoch ${start.epoch} is refused, for epoch ${current} was here before; ${why}`;
      this.#emit({ type: 'start-refused', epoch: start.epoch, currentEpoch: current, text });
      return;
    }
    this.#end('idle');
    this.#buffer.discard();
    this.#changefeed = undefined;
    this.#departure = undefined;
    this.#fault = undefined;
    this.#handOverAsked = false;
    this.#initialised = false;
    const changefeed = new Changefeed(start, this.#options, this.#context, {
      event: (event) => this.#emit(event),
      count: (name, by) => this.#context.count(name, by),
    });
    this.#changefeed = changefeed;
    this.#phase = 'bootstrapping';
    askForBootstrap(changefeed, this.#context.now());
  }

  #stop(stop: StopChangefeed): void {
    const how = stop.how ?? 'quiet';
    const changefeed = this.#changefeed;
    if (changefeed === undefined || this.#phase === 'stopped') {
      // Nothing is left to stop: whoever asks hears so.
      const epoch = changefeed?.epoch ?? 0;
      if (how !== 'quiet') this.#emit({ type: 'stopped', epoch, how });
    } else if (how === 'hand-over' && this.#phase === 'bootstrapping') this.#handOverAsked = true;
    else this.#depart(changefeed, how);
  }

  /** F-11: nothing is scheduled, resent or healed any more; what was in the buffer is not replayed (T-H). */
  #depart(changefeed: Changefeed, how: StopHow): void {
    if (this.#departure === undefined) this.#departure = new Departure(changefeed, how, this.#options.operatorResend);
    else this.#departure.raise(how);
    this.#phase = 'stopping';
    this.#postBootstrapOwed = false;
    this.#buffer.discard();
    this.#departure.send(this.#context.now());
    this.#finishDeparture();
  }

  #finishDeparture(): void {
    const departure = this.#departure;
    if (this.#phase !== 'stopping' || departure === undefined || departure.how === 'quiet' || !departure.done) return;
    this.#end('stopped');
    this.#emit({ type: 'stopped', epoch: this.#changefeed?.epoch ?? 0, how: departure.how });
  }

  /** T-9, T-10, K-2: before anything else of the hosts is looked at. */
  #hostsChanged(changefeed: Changefeed, message: HostsChanged): void {
    const { lost, joined } = changeHosts(changefeed, message, this.#phase === 'stopping');
    for (const host of lost) {
      this.#buffer.forget(host);
      this.#departure?.hostLost(host);
      this.#emit({ type: 'host-lost', host });
    }
    for (const host of joined) this.#emit({ type: 'host-joined', host });
    if (this.#phase === 'stopping') this.#finishDeparture();
    else {
      this.#finishBootstrap(changefeed);
      askForBootstrap(changefeed, this.#context.now());
    }
  }

  /** A message of a host. Those of another epoch are refused with their reason (T-B). */
  #report(changefeed: Changefeed, message: Report, from: Address): void {
    if (message.epoch !== changefeed.epoch) {
      this.#context.count('maintainer.stale-epoch');
      const refusal = { refused: message.type, refusedEpoch: message.epoch, currentEpoch: changefeed.epoch };
      this.#context.send(from, { type: 'stale-epoch', from: changefeed.hosts.name(0), ...refusal }, 'control');
    } else if (changefeed.hosts.indexOf(message.from) < 0) this.#context.count('maintainer.unknown-host');
    else if (!isHeard(changefeed, message)) this.#context.count('maintainer.not-yet-joined');
    else if (message.type === 'close-response') {
      if (message.success) this.#departure?.hostClosed(message.from);
    } else if (message.type === 'heartbeat') this.#buffer.offerHeartbeat(message);
    else if (this.#phase === 'stopping') this.#context.count('maintainer.ignored-while-stopping');
    else if (message.type === 'block-statuses') this.#buffer.offerStatuses(message);
    else if (message.type === 'redo-progress') this.#buffer.offerRedoProgress(message);
    else if (message.type === 'bootstrap-response') this.#bootstrapped(changefeed, message);
    else if (message.error !== undefined) this.#fail(message.error.code, `host "${message.from}": ${message.error.message}`);
    else this.#postBootstrapOwed = false;
  }

  #bootstrapped(changefeed: Changefeed, response: BootstrapResponse): void {
    if (!changefeed.bootstrapper.answer(response.from, response, this.#context.now())) return;
    changefeed.hostReady(changefeed.hosts.indexOf(response.from));
    // T-10: what it has changes nothing; what of it is nobody's, its heartbeats bring up (E-8).
    if (this.#phase === 'running') changefeed.bootstrapper.clear();
    else this.#finishBootstrap(changefeed);
  }

  #finishBootstrap(changefeed: Changefeed): void {
    if (this.#phase !== 'bootstrapping' || !changefeed.bootstrapper.complete) return;
    changefeed.rebuild();
    this.#initialised = true;
    this.#phase = 'running';
    if (this.#handOverAsked) {
      this.#depart(changefeed, 'hand-over');
      return;
    }
    this.#postBootstrapOwed = true;
    sendPostBootstrap(changefeed);
    for (const { barrier, mode } of changefeed.pipelines) {
      for (const message of barrier.settleRebuilt()) changefeed.outlet.answer(message, mode);
    }
    this.#emit({ type: 'bootstrapped', epoch: changefeed.epoch, tables: changefeed.tables });
  }

  /** E-4 */
  #heartbeat(changefeed: Changefeed, heartbeat: HeartbeatRequest): void {
    const { error } = heartbeat;
    const isRunning = this.#phase === 'running';
    if (error !== undefined && isRunning) this.#fail(error.code, `host "${error.host}": ${error.message}`);
    const host = changefeed.hosts.indexOf(heartbeat.from);
    for (const pipeline of changefeed.pipelines) pipeline.heartbeat(host, heartbeat, this.#phase === 'running');
    if (heartbeat.statuses !== undefined) this.#departure?.statuses(heartbeat.statuses);
  }

  /** E-3 */
  #statuses(changefeed: Changefeed, request: BlockStatusRequest): void {
    if (this.#phase !== 'running') return;
    const barrier = changefeed.pipelineOf(request.mode)?.barrier;
    const messages = barrier === undefined ? [unknownAnswers(request)] : barrier.handle(request.from, request);
    for (const message of messages) changefeed.outlet.answer(message, request.mode);
  }

  /** K-11 */
  #redoProgress({ redo, outlet, epoch }: Changefeed, resolvedTs: bigint): void {
    if (redo === undefined) this.#context.count('maintainer.redo-progress-ignored');
    else if (this.#phase === 'running' && redo.progressed(resolvedTs, this.#context.now())) {
      outlet.sendAll({ type: 'redo-forward', epoch, resolvedTs }, { coalesce: 'redo-forward' });
      this.#context.emit({ type: 'redo', resolvedTs } satisfies MaintainerEvent, 'redo');
    }
  }

  /** E-7 */
  #tick(changefeed: Changefeed): void {
    this.#ticks.fired();
    const now = this.#context.now();
    if (this.#phase === 'stopping') this.#departure?.send(now);
    else askForBootstrap(changefeed, now);
    if (this.#phase === 'running') {
      if (this.#postBootstrapOwed) sendPostBootstrap(changefeed);
      resend(changefeed, this.#context);
      advance(changefeed, now);
    }
    if (this.#initialised && this.#departure?.boundsHold !== false) calculate(changefeed, this.#context);
    const isQuiet = this.#phase === 'running' && !this.#postBootstrapOwed;
    this.#armTicks(isQuiet ? restOf(changefeed, this.#options.tick, now) : undefined);
  }

  #emit(event: MaintainerEvent): void {
    this.#context.emit(event);
  }

  #armTicks(delay?: number): void {
    if (this.#changefeed !== undefined && isLive(this.#phase)) this.#ticks.arm(this.#changefeed.epoch, delay);
  }

  /** Somebody with a higher epoch owns the changefeed now, or a host cannot be taken over yet. */
  #deposed(changefeed: Changefeed, { refused, refusedEpoch, currentEpoch, from }: StaleEpochNotice): void {
    if (refusedEpoch !== changefeed.epoch || this.#phase === 'stopping') return;
    if (currentEpoch > refusedEpoch) {
      this.#fail(
        'STALE_EPOCH',
        `a maintainer of epoch ${currentEpoch} has taken the changefeed over from this one of epoch ${refusedEpoch}`,
      );
    } else if (refused === 'bootstrap') {
      const message = `epoch ${refusedEpoch} is closed there, or another maintainer has it`;
      changefeed.bootstrapper.refuse(from, { code: 'STALE_EPOCH', message }, this.#context.now());
    } else if (currentEpoch === 0 && changefeed.hosts.isReady(changefeed.hosts.indexOf(from))) {
      // It may be that the news of its loss is on its way; what was there and what is there now is for that to say, not for us.
      this.#context.count('maintainer.host-without-epoch');
      this.#context.log('warn', 'a host knows no epoch: another process is there than the one that joined', {
        host: from,
        advice: 'say that it is lost (`hosts` without it), and then that it is there',
      });
    }
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
    this.#buffer.discard();
    this.#end('faulted');
    this.#fault = { code, message };
    this.#context.log('error', message, { code });
    this.#context.emit({ type: 'fault', code, message, ...(dump !== undefined && { dump }) } satisfies MaintainerEvent, 'fault');
  }

  /** Nothing happens by itself any more. */
  #end(phase: MaintainerPhase): void {
    this.#phase = phase;
    this.#postBootstrapOwed = false;
    this.#ticks.cancel();
  }
}

function isLive(phase: MaintainerPhase): boolean {
  return phase === 'bootstrapping' || phase === 'running' || phase === 'stopping';
}
