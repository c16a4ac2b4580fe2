import type { Address } from './actor.js';
import { Listeners, raise, withinDeadline } from './core/listeners.js';
import { drawSeed } from './core/seed.js';
import { stopGroups } from './core/stopOrder.js';
import {
  type ActorFaultError,
  AskError,
  ControlError,
  MailboxFullError,
  RuntimeError,
  StartError,
  ThreadDeathError,
  TopologyError,
} from './errors.js';
import {
  DEFAULT_STOP_DEADLINE,
  type StopOptions,
  type StopReport,
  type System,
  type SystemSnapshot,
  type ThreadSnapshot,
  type ThreadsSystem,
} from './system.js';
import { Replacer } from './threads/replacer.js';
import { stopThreads } from './threads/stopThreads.js';
import { type Death, ThreadHandle } from './threads/threadHandle.js';
import type { OutsideOutcome } from './threads/threadSpec.js';
import { Wiring } from './threads/wiring.js';
import { checkTopology, completeLimits, type ThreadPlacement, type Topology } from './topology.js';

/** Time for a control call that only has to be taken, in milliseconds. */
const CONTROL_DEADLINE = 5_000;
const INSPECT_DEADLINE = 1_000;
/** What listeners to a thread's replacement may take. */
const LISTENER_DEADLINE = 5_000;

/**
 * Runs a topology on worker threads, one piscina task each, with lanes between them. Settles when every actor is made and
 * has been told to begin. The process stays alive until the system is stopped, and ends by itself after.
 *
 * @throws TopologyError, StartError (nothing runs then)
 */
export async function startThreads(topology: Topology): Promise<ThreadsSystem> {
  checkTopology(topology, 'threads');
  const system = new ThreadSystem(topology);
  await system.start();
  return system;
}

class ThreadSystem implements ThreadsSystem {
  readonly #topology: Topology;
  readonly #seed: number;
  readonly #listeners = new Listeners();
  readonly #wiring: Wiring;
  /** Who is replaced leaves his place here to his successor. */
  readonly #threads: ThreadHandle[];
  readonly #replacer: Replacer;
  #stopping: Promise<StopReport> | undefined;
  #terminating = false;
  /** As long as the start goes on, a fault fails it: nobody can listen yet. */
  #failStart: ((fault: ActorFaultError | ThreadDeathError) => void) | undefined;

  constructor(topology: Topology) {
    this.#topology = topology;
    this.#seed = topology.seed ?? drawSeed();
    this.#wiring = new Wiring(topology, this.#seed);
    this.#threads = topology.threads.map((placement) => this.#create(placement, 0));
    this.#replacer = new Replacer({
      threads: this.#threads,
      placements: topology.threads,
      startDeadline: completeLimits(topology.limits).start,
      ending: () => this.#ending,
      create: (placement, incarnation) => this.#create(placement, incarnation),
      lost: (loss) => this.#listeners.tellAndWait('thread-lost', loss, LISTENER_DEADLINE),
      replaced: (replacement) => this.#listeners.tellAndWait('thread-replaced', replacement, LISTENER_DEADLINE),
      clear: (actors) => this.#wiring.clear(actors),
      giveUp: (death) => this.#fault(death),
    });
  }

  #create(placement: ThreadPlacement, incarnation: number): ThreadHandle {
    return new ThreadHandle(placement, this.#wiring.specOf(placement, incarnation), {
      reports: (batch) => this.#listeners.tell(batch),
      actorFault: (fault) => this.#fault(fault),
      death: (thread, death) => this.#onDeath(thread, death),
    });
  }

  get #ending(): boolean {
    return this.#stopping !== undefined || this.#terminating;
  }

  async start(): Promise<void> {
    const { start } = completeLimits(this.#topology.limits);
    const early = new Promise<never>((_resolve, reject) => {
      this.#failStart = (fault) => reject(failedEarly(fault));
    });
    try {
      await Promise.race([early, this.#bringUp(start)]);
    } catch (error) {
      await this.terminate();
      throw error;
    } finally {
      this.#failStart = undefined;
    }
  }

  async #bringUp(deadline: number): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.ready(deadline)));
    await Promise.all(this.#threads.map((thread) => thread.control.call('start', deadline, (remote) => remote.start())));
  }

  on: System['on'] = (name, listener) => this.#listeners.on(name, listener);

  async inspect(): Promise<SystemSnapshot> {
    const threads = await Promise.all(this.#threads.map(inspectThread));
    return { binding: 'threads', seed: this.#seed, threads };
  }

  async ask(address: Address, message: unknown, { deadline }: { readonly deadline: number }): Promise<unknown> {
    const thread = this.#threadOf(address);
    return settle(
      address,
      await thread.control
        .call<OutsideOutcome>('ask', deadline, (remote) => remote.ask(address, message, deadline))
        .catch((error: unknown) => {
          if (!(error instanceof ControlError)) throw error;
          throw new AskError(address, thread.state === 'running' ? 'deadline' : 'thread-dead');
        }),
    );
  }

  async send(address: Address, message: unknown): Promise<void> {
    const thread = this.#threadOf(address);
    settle(
      address,
      await thread.control
        .call<OutsideOutcome>('send', CONTROL_DEADLINE, (remote) => remote.send(address, message))
        .catch((error: unknown) => {
          if (!(error instanceof ControlError) || thread.state === 'running') throw error;
          throw new AskError(address, 'thread-dead');
        }),
    );
  }

  stop(options: Parameters<System['stop']>[0] = {}): Promise<StopReport> {
    this.#stopping ??= this.#stop(options);
    return this.#stopping;
  }

  async #stop(options: StopOptions): Promise<StopReport> {
    const start = performance.now();
    this.#replacer.end();
    const deadline = options.deadline ?? DEFAULT_STOP_DEADLINE;
    const groups = stopGroups(this.#topology, options.order);
    // Who is being brought up would only have to be stopped.
    await Promise.all(this.#threads.filter(({ state }) => state === 'starting').map((thread) => thread.terminate()));
    await withinDeadline(this.#replacer.idle, deadline);
    const left = Math.max(0, deadline - (performance.now() - start));
    const threads = [...this.#threads];
    return await stopThreads(threads, groups, left, () => this.#wiring.inFlight(threads.flatMap(({ actors }) => actors)));
  }

  async replace(name: string): Promise<void> {
    const thread = this.#threads.find((candidate) => candidate.name === name);
    if (thread === undefined) throw new TopologyError(`the topology has no thread ${name} that could be replaced`);
    if (this.#ending) throw new RuntimeError('RUNTIME_STOPPED', 'the system has been stopped');
    await this.#replacer.plan(thread);
  }

  async terminate(): Promise<void> {
    this.#terminating = true;
    this.#replacer.end();
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }

  #threadOf(address: Address): ThreadHandle {
    if (this.#ending) throw new RuntimeError('RUNTIME_STOPPED', 'the system has been stopped');
    const thread = this.#threads.find(({ actors }) => actors.includes(address));
    if (thread === undefined) throw new AskError(address, 'unknown-address');
    return thread;
  }

  /** The lanes are still there, and the dead thread can store nothing more. One that never came up is its start's concern. */
  #onDeath(thread: ThreadHandle, death: Death): void {
    if (this.#terminating || thread.wasStarting) return;
    this.#replacer.onDeath(thread, new ThreadDeathError(thread.name, death, thread.actors, this.#wiring.inFlight(thread.actors)));
  }

  #fault(error: ActorFaultError | ThreadDeathError): void {
    // A thread that a stop has cut off is told in the stop's report.
    if (error instanceof ThreadDeathError && error.reason === 'terminated' && this.#ending) return;
    if (this.#failStart !== undefined) {
      this.#failStart(error);
      return;
    }
    if (this.#listeners.fault(error)) return;
    this.terminate().then(
      () => raise(error),
      () => raise(error),
    );
  }
}

function failedEarly(fault: ActorFaultError | ThreadDeathError): StartError {
  return new StartError(`thread ${fault.thread}`, `it failed before the others were there: ${fault.message}`, { cause: fault });
}

function settle(address: Address, outcome: OutsideOutcome): unknown {
  if (outcome.type === 'failed') throw new AskError(address, outcome.reason);
  if (outcome.type === 'full') throw new MailboxFullError(address, 'the queue for the outside', outcome.limit);
  return outcome.value;
}

async function inspectThread(thread: ThreadHandle): Promise<ThreadSnapshot> {
  const { name, state, death } = thread;
  if (state === 'dead') return { name, state, ...(death && { why: `${death.reason}, exit code ${death.exitCode}` }) };
  if (state === 'stopped') return { name, state };
  try {
    const report = await thread.control.call('inspect', INSPECT_DEADLINE, (remote) => remote.inspect());
    return { ...report, state: 'running' };
  } catch (error) {
    return { name, state: 'unresponsive', why: error instanceof Error ? error.message : String(error) };
  }
}
