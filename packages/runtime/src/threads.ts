import type { Address } from './actor.js';
import { Listeners, raise } from './core/listeners.js';
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
} from './errors.js';
import { DEFAULT_STOP_DEADLINE, type StopReport, type System, type SystemSnapshot, type ThreadSnapshot } from './system.js';
import { stopThreads } from './threads/stopThreads.js';
import { type Death, ThreadHandle } from './threads/threadHandle.js';
import type { OutsideOutcome } from './threads/threadSpec.js';
import { Wiring } from './threads/wiring.js';
import { checkTopology, completeLimits, type Topology } from './topology.js';

/** Time for a control call that only has to be taken, in milliseconds. */
const CONTROL_DEADLINE = 5_000;
const INSPECT_DEADLINE = 1_000;

/**
 * Runs a topology on worker threads, one piscina task each, with lanes between them. Settles when every actor is made and
 * has been told to begin. The process stays alive until the system is stopped, and ends by itself after.
 *
 * @throws TopologyError, StartError (nothing runs then)
 */
export async function startThreads(topology: Topology): Promise<System> {
  checkTopology(topology, 'threads');
  const system = new ThreadSystem(topology);
  await system.start();
  return system;
}

class ThreadSystem implements System {
  readonly #topology: Topology;
  readonly #seed: number;
  readonly #listeners = new Listeners();
  readonly #wiring: Wiring;
  readonly #threads: readonly ThreadHandle[];
  #stopping: Promise<StopReport> | undefined;
  #terminating = false;
  /** As long as the start goes on, a fault fails it: nobody can listen yet. */
  #failStart: ((fault: ActorFaultError | ThreadDeathError) => void) | undefined;

  constructor(topology: Topology) {
    this.#topology = topology;
    this.#seed = topology.seed ?? drawSeed();
    this.#wiring = new Wiring(topology, this.#seed);
    const observer = {
      reports: this.#listeners.tell.bind(this.#listeners),
      actorFault: this.#fault.bind(this),
      death: this.#onDeath.bind(this),
    };
    this.#threads = topology.threads.map((placement) => new ThreadHandle(placement, this.#wiring.specOf(placement), observer));
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
      await thread.control.call<OutsideOutcome>('send', CONTROL_DEADLINE, (remote) => remote.send(address, message)),
    );
  }

  stop(options: Parameters<System['stop']>[0] = {}): Promise<StopReport> {
    this.#stopping ??= stopThreads(
      this.#threads,
      stopGroups(this.#topology, options.order),
      options.deadline ?? DEFAULT_STOP_DEADLINE,
      () => this.#wiring.inFlight(this.#threads.flatMap(({ actors }) => actors)),
    );
    return this.#stopping;
  }

  async terminate(): Promise<void> {
    this.#terminating = true;
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }

  #threadOf(address: Address): ThreadHandle {
    if (this.#stopping !== undefined || this.#terminating)
      throw new RuntimeError('RUNTIME_STOPPED', 'the system has been stopped');
    const thread = this.#threads.find(({ actors }) => actors.includes(address));
    if (thread === undefined) throw new AskError(address, 'unknown-address');
    return thread;
  }

  /** The place where recovery would begin: the lanes are still there, and the dead thread can store nothing more. */
  #onDeath(thread: ThreadHandle, death: Death): void {
    if (this.#terminating || thread.wasStarting) return;
    for (const other of this.#threads) {
      if (other.state !== 'running') continue;
      // What lies on lanes to the dead stays there; what waits before them is buried, and asks end.
      other.control.call('sever', CONTROL_DEADLINE, (remote) => remote.sever(thread.actors)).catch(() => undefined);
    }
    // A thread that a stop has cut off is told in the stop's report.
    if (death.reason === 'terminated') return;
    this.#fault(new ThreadDeathError(thread.name, death, thread.actors, this.#wiring.inFlight(thread.actors)));
  }

  #fault(error: ActorFaultError | ThreadDeathError): void {
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
