import type { Address } from '../actor.js';
import { AskError, type InFlight, RuntimeError } from '../errors.js';
import { type ActorStop, DEFAULT_STOP_DEADLINE, type StopOptions, type StopReport, type SystemSnapshot } from '../system.js';
import { checkTopology, completeLimits, type Topology } from '../topology.js';
import type { AskOutcome } from './asks.js';
import type { Clock } from './clock.js';
import { Listeners, raise } from './listeners.js';
import { Population } from './population.js';
import { Scheduler } from './scheduler.js';
import { stopActors } from './stopActors.js';
import { stopGroups } from './stopOrder.js';

/** What the stepped and the local binding share: all actors of a topology on one scheduler, memory links between them. */
export class SingleThread {
  readonly population: Population;
  readonly #topology: Topology;
  readonly seed: number;
  readonly scheduler: Scheduler;
  readonly listeners: Listeners = new Listeners();
  /** Set by who runs the scheduler. */
  onTerminate: () => void = () => {};
  #terminated = false;

  private constructor(topology: Topology, clock: Clock, seed: number) {
    this.#topology = topology;
    this.seed = seed;
    this.scheduler = new Scheduler('main', clock, completeLimits(topology.limits), [], seed);
    this.population = new Population(this.scheduler);
  }

  /** @throws TopologyError, StartError */
  static async create(topology: Topology, clock: Clock, seed: number): Promise<SingleThread> {
    checkTopology(topology, 'single');
    const single = new SingleThread(topology, clock, seed);
    await single.population.addActors(
      topology.threads.flatMap((thread) => thread.actors),
      topology.links,
    );
    return single;
  }

  /** Tells listeners what has gathered. To be called outside of turns. */
  tell(): void {
    const { reports } = this.scheduler;
    if (reports.pending) this.listeners.tell(reports.take());
    for (const fault of reports.faults.splice(0)) {
      if (this.listeners.fault(fault)) continue;
      this.terminate();
      raise(fault);
    }
  }

  inspect(binding: 'stepped' | 'local'): SystemSnapshot {
    return { binding, seed: this.seed, threads: [{ ...this.scheduler.report(), state: 'running' }] };
  }

  ask(address: Address, message: unknown, deadline: number): Promise<unknown> {
    const { scheduler } = this;
    let outcome: AskOutcome | undefined;
    scheduler.sendFromOutside(address, message, (given) => {
      outcome = given;
      scheduler.wake();
    });
    return scheduler
      .until(() => outcome !== undefined, scheduler.clock.now() + deadline)
      .then(() => {
        if (outcome === undefined) throw new AskError(address, 'deadline');
        if ('error' in outcome) throw outcome.error;
        return outcome.reply;
      });
  }

  /** Stops all actors in order. Somebody must go on running the scheduler. */
  async stop(options: StopOptions = {}): Promise<StopReport> {
    const { scheduler } = this;
    const until = scheduler.clock.now() + (options.deadline ?? DEFAULT_STOP_DEADLINE);
    const actors: ActorStop[] = [];
    const unfinished: InFlight[] = [];
    for (const group of stopGroups(this.#everybody, options.order)) {
      const outcomes = await Promise.all(group.map((address) => stopActors(scheduler, [address], until)));
      for (const outcome of outcomes.flat()) {
        actors.push(outcome.stop);
        unfinished.push(...outcome.unfinished);
      }
    }
    return {
      clean: !this.#terminated && unfinished.length === 0 && actors.every(({ outcome }) => outcome === 'stopped'),
      actors,
      terminated: [],
      unfinished,
    };
  }

  /** The topology, and behind it who was added later. */
  get #everybody(): Topology {
    const threads = [...this.#topology.threads];
    const placed = new Set(threads.flatMap(({ actors }) => actors.map(({ address }) => address)));
    const added = this.population.placements.filter(({ address }) => !placed.has(address));
    return { ...this.#topology, threads: [...threads, { name: '@added', actors: added }] };
  }

  /** No actor receives anything more. */
  terminate(): void {
    this.#terminated = true;
    for (const cell of this.scheduler.cells) void cell.abort();
    for (const cell of this.scheduler.cells) cell.close();
    this.onTerminate();
  }

  get terminated(): boolean {
    return this.#terminated;
  }

  /** @throws RuntimeError when the system has been stopped. */
  requireRunning(stopped: boolean): void {
    if (stopped || this.#terminated) throw new RuntimeError('RUNTIME_STOPPED', 'the system has been stopped');
  }
}
