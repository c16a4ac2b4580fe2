import type { MaintainerEvent, StartChangefeed } from '@tidegate/protocol';
import { type EmittedEvent, type System, startThreads } from '@tidegate/runtime';
import { errorCode, errorMessage, HostError } from './errors.js';
import { HostEmitter, type HostEvents, type HostListener } from './events.js';
import { type CheckedHostOptions, checkOptions, type HostOptions } from './options.js';
import { type HostSnapshot, readSystem } from './snapshot.js';
import type { SourceHostEvent, SourceSnapshot } from './sourceMessages.js';
import { COORDINATOR, hostTopology, MAINTAINER, SOURCE } from './topology.js';

/** A finite source was replicated to its end, and the host has stopped. */
export interface FinishReport {
  /** Last commit ts of the source. */
  readonly endTs: bigint;
  readonly checkpointTs: bigint;
  /** The last look at the host, taken before its threads ended. */
  readonly snapshot: HostSnapshot;
}

/** How a stop went. */
export interface HostStopReport {
  /** Everything that the source had delivered is durable, and every thread ended by itself. */
  readonly finished: boolean;
  /** What could not be finished before the deadline, in words. */
  readonly unfinished: readonly string[];
  readonly checkpointTs: bigint;
}

/** Milliseconds that an actor has to answer a question of the host. */
const ASK_DEADLINE = 5_000;
/** Milliseconds that a stop takes at most when none are given, and when the host has failed. */
const STOP_DEADLINE = 30_000;
const FAILED_STOP_DEADLINE = 3_000;
/** Of a stop's time, what is kept for the threads themselves after draining. */
const THREAD_SHARE = 0.3;

/**
 * Starts a host: its threads, the user's source and sinks, and the changefeed.
 *
 * @throws HostError `HOST_OPTION` for a bad option, `HOST_MODULE` for a bad module; whatever the source or sink throws while opening.
 */
export async function startHost(options: HostOptions): Promise<Host> {
  const checked = checkOptions(options);
  let system: System;
  try {
    system = await startThreads(hostTopology(checked));
  } catch (error) {
    throw rootError(error);
  }
  const host = new RunningHost(system, checked);
  try {
    await host.begin();
  } catch (error) {
    await system.terminate();
    throw rootError(error);
  }
  return host;
}

/** A running host. */
export interface Host {
  /**
   * Settles when a finite source is fully replicated and the host has stopped, or when {@link stop} has; rejects with the
   * error that ended the host. It is safe to leave it unobserved: errors are also emitted as `error`.
   */
  readonly finished: Promise<FinishReport>;
  on<Name extends keyof HostEvents>(name: Name, listener: HostListener<Name>): void;
  off<Name extends keyof HostEvents>(name: Name, listener: HostListener<Name>): void;
  /** Looks at everything. A thread that does not answer is reported as such. After the end: the last look. */
  inspect(): Promise<HostSnapshot>;
  /**
   * Stops: reads no more, lets what was read become durable and the checkpoint follow, then ends the threads.
   *
   * @param options.deadline milliseconds for all of it, default 30 000; what is not done by then is cut off and named.
   */
  stop(options?: { readonly deadline?: number }): Promise<HostStopReport>;
}

class RunningHost implements Host {
  readonly finished: Promise<FinishReport>;
  readonly #system: System;
  readonly #options: CheckedHostOptions;
  readonly #emitter = new HostEmitter();
  #resolve!: (report: FinishReport) => void;
  #reject!: (error: Error) => void;
  #state: HostSnapshot['state'] = 'running';
  #checkpointTs: bigint;
  #resolvedTs: bigint;
  #endTs: bigint | undefined;
  /** The error that `finished` will reject with. */
  #failure: Error | undefined;
  /** The changefeed cannot make progress: draining is pointless. */
  #lost = false;
  #lastLook: HostSnapshot | undefined;
  #stopping: Promise<HostStopReport> | undefined;
  #checkpointWaiters: (() => void)[] = [];

  constructor(system: System, options: CheckedHostOptions) {
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
    system.on('event', (emitted) => this.#take(emitted));
    system.on('fault', (error) => this.#fail(rootError(error)));
    system.on('log', ({ level, from, text, fields }) =>
      this.#emitter.emit('log', { level, from, text, ...(fields && { fields }) }),
    );
  }

  /** Asks the source what exists, and starts the changefeed with it. */
  async begin(): Promise<void> {
    const snapshot = (await this.#system.ask(SOURCE, { type: 'source-snapshot' }, { deadline: ASK_DEADLINE })) as SourceSnapshot;
    const start: StartChangefeed = {
      type: 'start',
      epoch: this.#options.epoch,
      startTs: snapshot.startTs,
      tables: snapshot.tables.map(({ tableId, schemaId, splittable }) => ({ tableId, schemaId, splittable })),
      hosts: [{ host: this.#options.name, coordinator: COORDINATOR }],
    };
    this.#checkpointTs = snapshot.startTs;
    this.#resolvedTs = snapshot.startTs;
    await this.#system.send(MAINTAINER, start);
  }

  on<Name extends keyof HostEvents>(name: Name, listener: HostListener<Name>): void {
    this.#emitter.on(name, listener);
  }

  off<Name extends keyof HostEvents>(name: Name, listener: HostListener<Name>): void {
    this.#emitter.off(name, listener);
  }

  async inspect(): Promise<HostSnapshot> {
    if (this.#state !== 'stopped' && this.#state !== 'failed')
      this.#lastLook = this.#look(readSystem(await this.#system.inspect()));
    return this.#look(this.#lastLook ?? { workers: {}, threads: [] });
  }

  stop(options: { readonly deadline?: number } = {}): Promise<HostStopReport> {
    this.#stopping ??= this.#stop(options.deadline ?? STOP_DEADLINE);
    return this.#stopping;
  }

  #look(parts: Pick<HostSnapshot, 'source' | 'coordinator' | 'maintainer' | 'workers' | 'threads'>): HostSnapshot {
    return {
      ...parts,
      state: this.#state,
      checkpointTs: this.#checkpointTs,
      resolvedTs: this.#resolvedTs,
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
        for (const wake of this.#checkpointWaiters.splice(0)) wake();
        this.#finishIfDone();
        break;
      case 'barrier':
        this.#emitter.emit('barrier', told);
        break;
      case 'barrier-stuck':
        this.#emitter.emit('barrier-stuck', told);
        break;
      case 'bootstrapped':
        this.#emitter.emit('bootstrapped', told);
        break;
      case 'source-end':
        this.#endTs = told.endTs;
        this.#finishIfDone();
        break;
      case 'source-failed':
        void this.#failGracefully(new HostError(told.code, told.message));
        break;
      case 'fault':
        this.#fail(new HostError(told.code, told.message));
        break;
    }
  }

  #finishIfDone(): void {
    if (this.#endTs !== undefined && this.#checkpointTs >= this.#endTs && this.#stopping === undefined) void this.stop();
  }

  /** The source is at fault: what it delivered before is replicated, then the error is raised. */
  async #failGracefully(error: Error): Promise<void> {
    this.#failure ??= error;
    await this.stop();
  }

  /** The changefeed is at fault: nothing more can become durable. */
  #fail(error: Error): void {
    if (this.#lost || this.#state === 'stopped' || this.#state === 'failed') return;
    this.#lost = true;
    this.#failure ??= error;
    for (const wake of this.#checkpointWaiters.splice(0)) wake();
    this.#stopping ??= this.#stop(FAILED_STOP_DEADLINE);
  }

  async #stop(deadline: number): Promise<HostStopReport> {
    const began = performance.now();
    const left = () => Math.max(1, deadline - (performance.now() - began));
    this.#state = 'stopping';
    const unfinished = await this.#drain(left() * (1 - THREAD_SHARE));
    try {
      this.#lastLook = this.#look(readSystem(await this.#system.inspect()));
    } catch (error) {
      unfinished.push(`the host could not be inspected: ${errorMessage(error)}`);
    }
    const stop = await this.#system.stop({ deadline: left() });
    for (const actor of stop.actors) {
      if (actor.outcome !== 'stopped')
        unfinished.push(`${actor.address}: ${actor.outcome}${actor.why === undefined ? '' : ` (${actor.why})`}`);
    }
    const report = { finished: unfinished.length === 0 && stop.clean, unfinished, checkpointTs: this.#checkpointTs };
    this.#end();
    return report;
  }

  /** Reads no more, and waits until the checkpoint has reached what was read. Returns what is missing. */
  async #drain(milliseconds: number): Promise<string[]> {
    if (this.#lost) return ['the changefeed failed before what was read became durable'];
    const until = performance.now() + milliseconds;
    try {
      const target = (await this.#system.ask(
        SOURCE,
        { type: 'hold' },
        { deadline: Math.min(ASK_DEADLINE, milliseconds) },
      )) as bigint;
      while (this.#checkpointTs < target && !this.#lost && performance.now() < until) await this.#nextCheckpoint(until);
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

/** The error that started it: a thread's or an actor's fault wraps what the user's module or an actor threw. */
function rootError(error: unknown): Error {
  let root: unknown = error;
  while (root instanceof Error && root.cause instanceof Error) root = root.cause;
  if (root instanceof Error && typeof (root as { code?: unknown }).code === 'string') return root;
  return new HostError(errorCode(error, 'HOST_THREAD'), errorMessage(root), { cause: error });
}
