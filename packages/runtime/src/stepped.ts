import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Address } from './actor.js';
import type { ActorCell } from './core/actorCell.js';
import { VirtualClock } from './core/clock.js';
import type { Inbound } from './core/inbound.js';
import type { DeliveryObserver } from './core/observation.js';
import { seededRandom } from './core/random.js';
import { SingleThread } from './core/singleThread.js';
import { type InFlight, RuntimeError } from './errors.js';
import type { ChangingPopulation, PlacementChange, StopReport, System } from './system.js';
import type { ActorPlacement, LinkDeclaration, Topology } from './topology.js';

/** Something that can happen next. */
export type Step =
  /** One burst of one link is delivered. */
  | { readonly type: 'deliver'; readonly from: Address; readonly to: Address }
  /** An actor gets its own posts, its fired timers, and messages from outside. */
  | { readonly type: 'self'; readonly to: Address }
  /** An actor learns where there is room again. */
  | { readonly type: 'room'; readonly to: Address }
  /** The clock moves to the next timer, which fires: its actor's `self` step becomes possible. */
  | { readonly type: 'timer'; readonly to: Address; readonly due: number };

export interface SteppedOptions {
  /** Seeds the choice of {@link SteppedSystem.step} and, where the topology has none, the actors. Default 1. */
  readonly seed?: number;
  /** Most records and messages that one `deliver` step hands over. Default 1. */
  readonly burst?: number;
  /** Last steps kept in {@link SteppedSystem.trace}. Default 10 000. */
  readonly traceLength?: number;
}

/** A system on a virtual clock in which nothing happens by itself. Same topology, seeds and choices: same run. */
export interface SteppedSystem extends System, ChangingPopulation {
  /** Milliseconds of the virtual clock. */
  readonly now: number;
  /** Steps taken so far, as text, oldest first. */
  readonly trace: readonly string[];
  /** Everything that can happen next, in a fixed order. The timer, if there is one, comes last. */
  enabled(): Step[];
  /** Takes one step: the given one, or one drawn from the seed (a timer only when nothing else is enabled). Undefined: nothing was enabled. */
  step(choice?: Step): Step | undefined;
  /** Steps, without moving the clock, until nothing more is enabled. Returns the number of steps. @throws RuntimeError beyond `maxSteps` (default 1 000 000). */
  runUntilIdle(maxSteps?: number): number;
  /** Moves the clock on, firing timers in order and running until idle after each. */
  advance(milliseconds: number): void;
  /** The clock jumps ahead: nothing fires until somebody steps, and then every overdue timer is a step of its own. */
  jump(milliseconds: number): void;
  /**
   * From now on these actors see a clock that is further ahead by `milliseconds`, whoever succeeds them too. Their timers
   * keep their delays: no timer fires earlier for it.
   *
   * @throws RuntimeError `RUNTIME_CLOCK` when it is negative: an actor's clock never goes back.
   */
  shiftClock(addresses: readonly Address[], milliseconds: number): void;
  /** Shows every delivery, before its receiver sees it. One observer at a time; undefined ends it. */
  observe(observer: DeliveryObserver | undefined): void;
}

const DEFAULT_MAX_STEPS = 1_000_000;

/**
 * Puts all actors of a topology on a virtual clock.
 *
 * `ask` and `stop` of the system settle while somebody steps; `stop` steps by itself.
 *
 * @throws TopologyError, StartError
 */
export async function createStepped(topology: Topology, options: SteppedOptions = {}): Promise<SteppedSystem> {
  const seed = options.seed ?? topology.seed ?? 1;
  const clock = new VirtualClock();
  const single = await SingleThread.create(topology, clock, topology.seed ?? seed);
  return new Stepped(single, clock, seed, options);
}

class Stepped implements SteppedSystem {
  readonly trace: string[] = [];
  readonly #single: SingleThread;
  readonly #clock: VirtualClock;
  readonly #draw: () => number;
  readonly #burst: number;
  readonly #traceLength: number;
  #stopping: Promise<StopReport> | undefined;

  constructor(single: SingleThread, clock: VirtualClock, seed: number, options: SteppedOptions) {
    this.#single = single;
    this.#clock = clock;
    this.#draw = seededRandom(seed);
    this.#burst = options.burst ?? 1;
    this.#traceLength = options.traceLength ?? 10_000;
    this.on = single.listeners.on.bind(single.listeners) as System['on'];
  }

  readonly on: System['on'];

  get now(): number {
    return this.#clock.now();
  }

  enabled(): Step[] {
    const { cells, timers } = this.#single.scheduler;
    const steps: Step[] = [];
    for (const cell of cells) {
      if (cell.state === 'dead') continue;
      const gone = cell.state === 'stopped' || cell.state === 'failed';
      for (const { from, ready, empty } of cell.inbound) {
        if (ready || (gone && !empty)) steps.push({ type: 'deliver', from, to: cell.address });
      }
      if (cell.selfReady) steps.push({ type: 'self', to: cell.address });
      if (cell.roomReady) steps.push({ type: 'room', to: cell.address });
    }
    const due = timers.nextDue;
    const next = timers.next;
    if (due !== undefined && next !== undefined) steps.push({ type: 'timer', to: next.cell.address, due });
    return steps;
  }

  step(choice?: Step): Step | undefined {
    const step = choice ?? this.#choose(this.enabled());
    if (step === undefined) return undefined;
    this.#take(step);
    return step;
  }

  runUntilIdle(maxSteps: number = DEFAULT_MAX_STEPS): number {
    for (let steps = 0; ; steps++) {
      const step = this.#choose(this.enabled().filter(({ type }) => type !== 'timer'));
      if (step === undefined) return steps;
      if (steps >= maxSteps)
        throw new RuntimeError('RUNTIME_NOT_IDLE', `not idle after ${maxSteps} steps; the last: ${this.trace.at(-1)}`);
      this.#take(step);
    }
  }

  advance(milliseconds: number): void {
    const { timers } = this.#single.scheduler;
    const end = this.now + milliseconds;
    this.runUntilIdle();
    for (let due = timers.nextDue; due !== undefined && due <= end; due = timers.nextDue) {
      this.#take(this.enabled().at(-1) as Step);
      this.runUntilIdle();
    }
    this.#clock.moveTo(end);
    this.#single.scheduler.checkWaiters();
  }

  jump(milliseconds: number): void {
    this.#clock.moveTo(this.now + milliseconds);
    this.#single.scheduler.checkWaiters();
  }

  shiftClock(addresses: readonly Address[], milliseconds: number): void {
    if (!(milliseconds >= 0))
      throw new RuntimeError('RUNTIME_CLOCK', `a clock cannot be shifted by ${milliseconds} ms: it must never go back`);
    for (const cell of this.#single.scheduler.cells) if (addresses.includes(cell.address)) cell.clockOffset += milliseconds;
  }

  observe(observer: DeliveryObserver | undefined): void {
    this.#single.scheduler.observer = observer;
  }

  crash(addresses: Address | readonly Address[]): readonly InFlight[] {
    const inFlight = this.#single.population.crash(addresses);
    this.#note(`crash ${[addresses].flat().join(' ')}`);
    return inFlight;
  }

  async restart(address: Address, change?: PlacementChange): Promise<void> {
    await this.#single.population.restart(address, change);
    this.#note(`restart ${address}`);
  }

  async addActors(placements: readonly ActorPlacement[], links?: readonly LinkDeclaration[]): Promise<void> {
    await this.#single.population.addActors(placements, links);
    this.#note(`add ${placements.map(({ address }) => address).join(' ')}`);
  }

  removeActors(addresses: readonly Address[]): void {
    this.#single.population.removeActors(addresses);
    this.#note(`remove ${addresses.join(' ')}`);
  }

  async inspect(): ReturnType<System['inspect']> {
    return this.#single.inspect('stepped');
  }

  async ask(address: Address, message: unknown, { deadline }: { readonly deadline: number }): Promise<unknown> {
    this.#single.requireRunning(this.#stopping !== undefined);
    return await this.#single.ask(address, message, deadline);
  }

  async send(address: Address, message: unknown): Promise<void> {
    this.#single.requireRunning(this.#stopping !== undefined);
    this.#single.scheduler.sendFromOutside(address, message);
  }

  stop(options?: Parameters<System['stop']>[0]): Promise<StopReport> {
    this.#stopping ??= this.#stop(options);
    return this.#stopping;
  }

  async terminate(): Promise<void> {
    this.#single.terminate();
    this.#single.scheduler.releaseWaiters();
  }

  async #stop(options: Parameters<System['stop']>[0]): Promise<StopReport> {
    const { scheduler } = this.#single;
    let report: StopReport | undefined;
    let failure: unknown;
    const stopping = this.#single.stop(options).then(
      (done) => {
        report = done;
      },
      (error: unknown) => {
        failure = error;
      },
    );
    while (report === undefined && failure === undefined) {
      // Effects of the actors (promises) go on between steps; only when all is still does time move.
      this.runUntilIdle();
      scheduler.checkWaiters();
      await nextTurn();
      if (report !== undefined || failure !== undefined || scheduler.ready) continue;
      const due = scheduler.nextDue;
      if (due !== undefined) this.advance(Math.max(0, due - this.now));
      await nextTurn();
    }
    await stopping;
    if (report === undefined) throw failure;
    this.#single.tell();
    return report;
  }

  #choose(steps: readonly Step[]): Step | undefined {
    const choices = steps.length > 1 && steps.at(-1)?.type === 'timer' ? steps.length - 1 : steps.length;
    return steps[choices > 1 ? this.#draw() % choices : 0];
  }

  #take(step: Step): void {
    const { scheduler } = this.#single;
    this.#record(step);
    if (step.type === 'timer') {
      const due = scheduler.timers.nextDue;
      if (due === undefined) throw impossible(step);
      this.#clock.moveTo(due);
      const timer = scheduler.timers.take(this.now);
      if (timer !== undefined) scheduler.fire(timer);
    } else {
      const cell = scheduler.cell(step.to);
      if (cell === undefined) throw impossible(step);
      if (step.type === 'self') cell.selfTurn();
      else if (step.type === 'room') cell.roomTurn();
      else cell.linkTurn(inboundOf(cell, step), this.#burst);
    }
    for (const cell of scheduler.cells) cell.flush();
    scheduler.checkWaiters();
    this.#single.tell();
  }

  #record(step: Step): void {
    const detail = step.type === 'deliver' ? ` from ${step.from}` : '';
    this.#note(`${step.type} ${step.to}${detail}`);
  }

  #note(what: string): void {
    if (this.trace.length >= this.#traceLength) this.trace.shift();
    this.trace.push(`${this.now} ${what}`);
  }
}

function inboundOf(cell: ActorCell, step: Step & { type: 'deliver' }): Inbound {
  const inbound = cell.inbound.find(({ from }) => from === step.from);
  if (inbound === undefined) throw impossible(step);
  return inbound;
}

function impossible(step: Step): RuntimeError {
  return new RuntimeError('RUNTIME_STEP', `no such step is possible now: ${JSON.stringify(step)}`);
}
