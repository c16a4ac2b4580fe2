import type { Address } from '../actor.js';
import { AskError, type InFlight, RuntimeError } from '../errors.js';
import { type ActorStop, DEFAULT_STOP_DEADLINE, type StopOptions, type StopReport, type SystemSnapshot } from '../system.js';
import { checkTopology, completeLimits, completeLink, type Topology } from '../topology.js';
import type { ActorCell } from './actorCell.js';
import type { AskOutcome } from './asks.js';
import type { Clock } from './clock.js';
import { Listeners, raise } from './listeners.js';
import { loadActor } from './loadActor.js';
import { MemoryLink } from './memoryLink.js';
import { Scheduler } from './scheduler.js';
import { stopActors } from './stopActors.js';
import { stopGroups } from './stopOrder.js';

/** What the stepped and the local binding share: all actors of a topology on one scheduler, memory links between them. */
export class SingleThread {
  readonly topology: Topology;
  readonly seed: number;
  readonly scheduler: Scheduler;
  readonly listeners: Listeners = new Listeners();
  /** Set by who runs the scheduler. */
  onTerminate: () => void = () => {};
  #terminated = false;

  private constructor(topology: Topology, clock: Clock, seed: number) {
    const addresses = topology.threads.flatMap((thread) => thread.actors.map((actor) => actor.address));
    this.topology = topology;
    this.seed = seed;
    this.scheduler = new Scheduler('main', clock, completeLimits(topology.limits), new Set(addresses), seed);
  }

  /** @throws TopologyError, StartError */
  static async create(topology: Topology, clock: Clock, seed: number): Promise<SingleThread> {
    checkTopology(topology, 'single');
    const single = new SingleThread(topology, clock, seed);
    const { scheduler } = single;
    const placements = topology.threads.flatMap((thread) => thread.actors);
    const cells = placements.map((placement) => scheduler.add(placement.address, placement.tickInterval));
    for (const declaration of topology.links) {
      const { from, to, capacityBytes, reserveBytes, outbox } = completeLink(declaration);
      const link = new MemoryLink(capacityBytes, reserveBytes);
      scheduler.cell(from)?.connect(to, { sender: link, outbox });
      scheduler.cell(to)?.connect(from, { receiver: link });
    }
    for (const [i, placement] of placements.entries()) {
      const cell = cells[i] as ActorCell;
      cell.start(await loadActor(placement, scheduler.contextOf(cell)));
    }
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
    for (const group of stopGroups(this.topology, options.order)) {
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

  /** No actor receives anything more. */
  terminate(): void {
    this.#terminated = true;
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
