import type { DispatcherId, MaintainerEvent, SpanSelector } from '@tidegate/protocol';
import { type EmittedEvent, startThreads, type ThreadsSystem } from '@tidegate/runtime';
import { errorMessage, HostError } from './errors.js';
import { HostEmitter, type HostEvents, type HostListener } from './events.js';
import type { FinishReport, Host, HostStopReport } from './hostContract.js';
import { hostError } from './hostError.js';
import { type CheckedHostOptions, checkDeadline, checkOptions, type HostOptions } from './options.js';
import { Replacement, startOf } from './replacement.js';
import { requestTopology } from './requestTopology.js';
import { type HostSnapshot, readSystem } from './snapshot.js';
import type { SourceHostEvent, StartSnapshot } from './sourceMessages.js';
import { hostTopology, MAINTAINER, SOURCE } from './topology.js';

/** Milliseconds that an actor has to answer a question of the host. */
const ASK_DEADLINE = 5_000;
/** Milliseconds that a stop takes at most when none are given, and when the host has failed. */
const STOP_DEADLINE = 30_000;
const FAILED_STOP_DEADLINE = 3_000;
/** The longest that a Node timer waits. */
const LONGEST_DEADLINE = 2 ** 31 - 1;
/** Of a stop's time, what is kept for the threads themselves after draining. */
const THREAD_SHARE = 0.3;

/**
 * Starts a host: its threads, the user's source and sinks, and the changefeed.
 *
 * @throws HostError, always: `HOST_OPTION` for a bad option, `HOST_MODULE` for a bad module, `HOST_THREAD` for a thread that
 * does not come up; for what the source or sink throws while opening its own `code`, if it has one. No thread is left then.
 */
export async function startHost(options: HostOptions): Promise<Host> {
  const checked = checkOptions(options);
  let system: ThreadsSystem;
  try {
    system = await startThreads(hostTopology(checked));
  } catch (error) {
    throw hostError(error);
  }
  const host = new RunningHost(system, checked);
  try {
    await host.begin();
  } catch (error) {
    await system.terminate();
    throw host.failure ?? hostError(error);
  }
  return host;
}

class RunningHost implements Host {
  readonly finished: Promise<FinishReport>;
  readonly #system: ThreadsSystem;
  readonly #options: CheckedHostOptions;
  readonly #emitter = new HostEmitter();
  #resolve!: (report: FinishReport) => void;
  #reject!: (error: Error) => void;
  #state: HostSnapshot['state'] = 'running';
  #checkpointTs: bigint;
  #resolvedTs: bigint;
  #endTs: bigint | undefined;
  #redoTs: bigint | undefined;
  /** The error that `finished` will reject with. */
  #failure: HostError | undefined;
  /** Nobody asked for the stop: the source was replicated to its end. */
  #endsByItself = false;
  /** The changefeed cannot make progress: draining is pointless. */
  #lost = false;
  #lastLook: HostSnapshot | undefined;
  #stopping: Promise<HostStopReport> | undefined;
  /** When the stop that goes on is to be over, on the clock of `performance.now`. */
  #stopsBy = Number.POSITIVE_INFINITY;
  #cutOff: NodeJS.Timeout | undefined;
  #checkpointWaiters: (() => void)[] = [];
  readonly #replacement: Replacement;

  constructor(system: ThreadsSystem, options: CheckedHostOptions) {
    this.#system = system;
    this.#options = options;
    this.#checkpointTs = options.startTs;
    this.#resolvedTs = options.startTs;
    this.finished = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Errors are told as events too; an unobserved rejection must not bring the user's process down.
    this.finished.catch(() => undefined);
    this.#replacement = new Replacement(system, options, {
      checkpointTs: () => this.#checkpointTs,
      lost: (loss) => this.#emitter.emit('thread-lost', loss),
      replaced: (replacement) => this.#emitter.emit('thread-replaced', replacement),
      fail: (error) => this.#fail(error),
    });
    system.on('event', (emitted) => this.#take(emitted));
    system.on('fault', (error) => this.#fail(hostError(error)));
    system.on('log', ({ level, from, text, fields }) =>
      this.#emitter.emit('log', { level, from, text, ...(fields && { fields }) }),
    );
  }

  /** Asks the source what exists, and starts the changefeed with it. */
  async begin(): Promise<void> {
    const snapshot = (await this.#system.ask(
      SOURCE,
      { type: 'source-snapshot' },
      { deadline: this.#options.startDeadline },
    )) as StartSnapshot;
    this.#checkpointTs = snapshot.startTs;
    this.#resolvedTs = snapshot.startTs;
    await this.#system.send(MAINTAINER, startOf(this.#options, this.#options.epoch, snapshot));
  }

  /** What has ended the host, if anything has. */
  get failure(): HostError | undefined {
    return this.#failure;
  }

  on<Name extends keyof HostEvents>(name: Name, listener: HostListener<Name>): void {
    this.#emitter.on(name, listener);
  }

  off<Name extends keyof HostEvents>(name: Name, listener: HostListener<Name>): void {
    this.#emitter.off(name, listener);
  }

  split(table: SpanSelector, keys: readonly Uint8Array[]): Promise<readonly DispatcherId[]> {
    return requestTopology(this.#system, { type: 'topology', change: 'split', ...table, keys });
  }

  merge(table: SpanSelector): Promise<readonly DispatcherId[]> {
    return requestTopology(this.#system, { type: 'topology', change: 'merge', ...table });
  }

  async inspect(): Promise<HostSnapshot> {
    // Once threads have begun to end there is less and less to see: then the last look at all of them says more.
    if (this.#lastLook === undefined) {
      const seen = readSystem(await this.#system.inspect());
      if (this.#lastLook === undefined) return this.#look(seen);
    }
    return this.#look(this.#lastLook);
  }

  async replace(thread: string): Promise<void> {
    try {
      if (thread === SOURCE)
        throw new HostError('HOST_THREAD', 'thread source cannot be replaced: what it has read would be lost');
      await this.#system.replace(thread);
    } catch (error) {
      throw hostError(error);
    }
  }

  async stop(options: { readonly deadline?: number } = {}): Promise<HostStopReport> {
    const deadline = Math.min(checkDeadline(options.deadline ?? STOP_DEADLINE), LONGEST_DEADLINE);
    if (this.#stopping === undefined) this.#stopping = this.#stop(deadline);
    else if (options.deadline !== undefined) this.#cutOffIn(deadline);
    return await this.#stopping;
  }

  #look(parts: Pick<HostSnapshot, 'source' | 'coordinator' | 'maintainer' | 'workers' | 'threads'>): HostSnapshot {
    return {
      ...parts,
      state: this.#state,
      checkpointTs: this.#checkpointTs,
      resolvedTs: this.#resolvedTs,
      ...(this.#redoTs !== undefined && { redoTs: this.#redoTs }),
      ...(this.#endTs !== undefined && { endTs: this.#endTs }),
    };
  }

  #take({ event }: EmittedEvent): void {
    const told = event as MaintainerEvent | SourceHostEvent;
    switch (told.type) {
      case 'checkpoint':
        this.#checkpointTs = told.checkpointTs;
        this.#resolvedTs = told.resolvedTs;
        this.#emitter.emit('checkpoint', told);
        this.#wakeDrain();
        this.#finishIfDone();
        break;
      case 'redo':
        this.#redoTs = told.resolvedTs;
        this.#emitter.emit('redo', told);
        break;
      case 'source-end':
        this.#endTs = told.endTs;
        this.#hurry();
        this.#finishIfDone();
        break;
      case 'source-snapshot':
        void this.#replacement.take(told);
        break;
      case 'start-refused':
        this.#fail(new HostError('HOST_CHANGEFEED', told.text));
        break;
      case 'source-failed':
        if (told.lost) this.#fail(this.#replacement.reasonOf(told));
        else this.#failGracefully(new HostError(told.code, told.message));
        break;
      case 'fault':
        this.#fail(new HostError(told.code, told.message));
        break;
      case 'stopped':
      case 'host-joined':
      case 'host-lost':
        // Of hand-overs and of several hosts (HOSTS.md), which this facade does not have.
        break;
      default:
        this.#emitter.emit(told.type, told as never);
    }
  }

  /** Only the checkpoint is waited for. Without it sinks would keep what they gather until their next interval: later, not worse. */
  #hurry(): void {
    this.#system.send(SOURCE, { type: 'hurry' }).catch(() => undefined);
  }

  #finishIfDone(): void {
    if (this.#endTs === undefined || this.#checkpointTs < this.#endTs || this.#stopping !== undefined) return;
    this.#endsByItself = true;
    void this.stop();
  }

  /** The source is at fault: what it delivered before is replicated, then the error is raised. */
  #failGracefully(error: HostError): void {
    this.#failure ??= error;
    void this.stop();
  }

  /** The changefeed is at fault: nothing more can become durable. */
  #fail(error: HostError): void {
    if (this.#lost || this.#ended) return;
    this.#lost = true;
    this.#failure ??= error;
    this.#wakeDrain();
    this.#stopping ??= this.#stop(FAILED_STOP_DEADLINE);
  }

  /** Somebody cannot wait as long as the stop that goes on would. */
  #cutOffIn(milliseconds: number): void {
    const by = performance.now() + milliseconds;
    if (this.#ended || by >= this.#stopsBy) return;
    this.#stopsBy = by;
    clearTimeout(this.#cutOff);
    this.#cutOff = setTimeout(() => {
      this.#wakeDrain();
      void this.#system.terminate();
    }, milliseconds);
  }

  #wakeDrain(): void {
    for (const wake of this.#checkpointWaiters.splice(0)) wake();
  }

  get #ended(): boolean {
    return this.#state === 'stopped' || this.#state === 'failed';
  }

  async #stop(deadline: number): Promise<HostStopReport> {
    let report: HostStopReport;
    try {
      report = await this.#stopInOrder(deadline);
    } catch (error) {
      // A defect of ours: nobody may wait for ever because of it, nor may a thread be left.
      this.#failure ??= new HostError('HOST_INTERNAL', `the stop failed: ${errorMessage(error)}`, { cause: error });
      await this.#system.terminate();
      report = { finished: false, unfinished: [this.#failure.message], checkpointTs: this.#checkpointTs };
    }
    if (this.#endsByItself && !report.finished) {
      const what = report.unfinished.join('; ');
      this.#failure ??= new HostError('HOST_CUT_OFF', `everything up to ${this.#endTs} is durable, but not closed: ${what}`);
    }
    this.#end();
    return report;
  }

  async #stopInOrder(deadline: number): Promise<HostStopReport> {
    this.#stopsBy = performance.now() + deadline;
    const left = () => Math.max(1, this.#stopsBy - performance.now());
    this.#state = 'stopping';
    const unfinished = await this.#drain(left() * (1 - THREAD_SHARE));
    this.#lastLook = this.#look(readSystem(await this.#system.inspect()));
    const stop = await this.#system.stop({ deadline: left() });
    for (const actor of stop.actors) {
      if (actor.outcome !== 'stopped')
        unfinished.push(`${actor.address}: ${actor.outcome}${actor.why === undefined ? '' : ` (${actor.why})`}`);
    }
    if (stop.actors.every(({ outcome }) => outcome === 'stopped'))
      for (const thread of stop.terminated) unfinished.push(`thread ${thread} did not end by itself`);
    for (const { from, to, messages, records } of stop.unfinished)
      unfinished.push(`${from} to ${to}: ${messages} messages and ${records} records reached nobody`);
    return { finished: unfinished.length === 0 && stop.clean, unfinished, checkpointTs: this.#checkpointTs };
  }

  /** Reads no more, and waits until the checkpoint has reached what was read. Returns what is missing. */
  async #drain(milliseconds: number): Promise<string[]> {
    if (this.#lost) return ['the changefeed failed before what was read became durable'];
    if (this.#endsByItself) return [];
    const until = performance.now() + milliseconds;
    try {
      const target = (await this.#system.ask(
        SOURCE,
        { type: 'hold' },
        { deadline: Math.min(ASK_DEADLINE, milliseconds) },
      )) as bigint;
      this.#hurry();
      while (this.#checkpointTs < target && !this.#lost && performance.now() < Math.min(until, this.#stopsBy))
        await this.#nextCheckpoint(until);
      if (this.#checkpointTs >= target) return [];
      return [`the checkpoint is at ${this.#checkpointTs} and not yet at ${target}, up to which the source was read`];
    } catch (error) {
      return [`the source does not answer: ${errorMessage(error)}`];
    }
  }

  #nextCheckpoint(until: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(1, until - performance.now()));
      this.#checkpointWaiters.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #end(): void {
    clearTimeout(this.#cutOff);
    if (this.#failure !== undefined) {
      this.#state = 'failed';
      this.#emitter.emit('error', this.#failure);
      this.#reject(this.#failure);
      return;
    }
    this.#state = 'stopped';
    const snapshot = this.#look(this.#lastLook ?? { workers: {}, threads: [] });
    this.#resolve({ endTs: this.#endTs ?? this.#checkpointTs, checkpointTs: this.#checkpointTs, snapshot });
  }
}
