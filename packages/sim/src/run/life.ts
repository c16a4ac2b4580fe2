import { setImmediate as nextTurn } from 'node:timers/promises';
import { type CreateDispatchers, type CreateMany, configsOf, type MaintainerEvent } from '@tidegate/protocol';
import type { Delivered, Step } from '@tidegate/runtime';
import { MAINTAINER } from '../cluster/addresses.js';
import { Cluster, type ClusterParts } from '../cluster/cluster.js';
import { CrashRoom } from '../faults/crashRoom.js';
import { type Fault, faultText } from '../faults/fault.js';
import type { FaultPoint, PointFaults } from '../faults/points.js';
import { ActorWatch, boundsOf } from '../oracle/actorWatch.js';
import { DeliveryWatch } from '../oracle/deliveryWatch.js';
import type { Oracle } from '../oracle/oracle.js';
import { RouteWatch } from '../oracle/routeWatch.js';
import type { Violations } from '../oracle/violation.js';
import { Agenda } from './agenda.js';
import type { Choices } from './choices.js';

export interface LifeParts extends Omit<ClusterParts, 'atPoint'> {
  readonly violations: Violations;
  readonly choices: Choices;
  readonly points: PointFaults;
  /** Faults that have happened: each happens once in a run. */
  readonly past: Set<Fault>;
  /** Sees every delivery. */
  readonly observe: ((delivered: Delivered) => void) | undefined;
  /** A line of the story. */
  readonly tell: (text: string) => void;
}

/**
 * How a life ended. `failed`: a sink failed as it was told to, and the changefeed ended with its error. `refused`: a DDL claims
 * a target that it does not get, and somebody stops the changefeed to change the rules.
 */
export type LifeEnd = 'finished' | 'failed' | 'refused' | 'crashed' | 'violated';

/** Steps from one look at the queues of all actors to the next, beside those at faults. */
const BOUNDS_EVERY = 500;
/** Milliseconds without anything going wrong after which a run must be over. */
const PATIENCE = 1_800_000;
/** Milliseconds that a changefeed goes on at most after it has refused a DDL. */
const LONGEST_HEARING = 30_000;

/** One life of a run: a cluster from its start to the end of the log, its death, or a violation. */
export class Life {
  readonly cluster: Cluster;
  readonly agenda: Agenda = new Agenda();
  checkpointTs: bigint;
  /** The error with which the changefeed ended. */
  failure: string | undefined;
  readonly #parts: LifeParts;
  readonly #room: CrashRoom;
  readonly #oracle: Oracle;
  readonly watch: DeliveryWatch;
  readonly routes: RouteWatch;
  /** Looks into the actors. */
  readonly actors: ActorWatch;
  readonly #stalled = new Map<string, number>();
  readonly #stepFaults: Fault[];
  /** Faults that points have brought about and that happen after the step in hand. */
  readonly #due: Fault[] = [];
  /** When somebody will have heard of the DDL that is refused. */
  #refusedAt = Number.POSITIVE_INFINITY;
  /** A sink was told to fail. */
  #mayFail = false;
  #crashed = false;
  #healed = false;

  private constructor(parts: LifeParts, cluster: Cluster, actors: ActorWatch) {
    this.#parts = parts;
    this.#oracle = parts.oracles[0];
    this.watch = new DeliveryWatch(parts.workload, parts.violations, parts.oracles);
    this.routes = new RouteWatch(parts.workload, parts.violations, this.#oracle);
    this.checkpointTs = parts.startTs;
    this.cluster = cluster;
    this.actors = actors;
    this.#room = new CrashRoom(this.cluster, this.agenda, {
      ...parts,
      checkpointTs: () => this.checkpointTs,
      died: (address) => {
        this.watch.died(address);
        this.actors.died(address);
      },
      processDied: () => {
        this.#crashed = true;
      },
    });
    const { faults } = parts.scenario;
    this.#stepFaults = faults
      .filter((fault) => 'step' in fault.when && !parts.past.has(fault))
      .sort((one, other) => stepOf(one) - stepOf(other));
    for (const fault of faults) {
      if ('ms' in fault.when && fault.when.ms >= parts.offset && !parts.past.has(fault))
        this.agenda.add(fault.when.ms - parts.offset, () => this.#happen(fault), true);
    }
    const { system } = this.cluster;
    system.observe((delivered) => this.#observe(delivered));
    system.on('fault', (fault) => parts.violations.report('FAULT', fault.message));
    system.on('event', ({ event }) => this.#event(event as { readonly type: string }));
  }

  static async create(parts: LifeParts): Promise<Life> {
    // Points are reached only in steps, when there is a life to tell.
    const living: { life?: Life } = {};
    const actors = new ActorWatch(parts.violations, boundsOf(parts.scenario));
    const cluster = await Cluster.create({
      ...parts,
      atPoint: (point, who) => living.life?.atPoint(point, who),
      made: (address, actor) => actors.made(address, actor),
    });
    const life = new Life(parts, cluster, actors);
    living.life = life;
    await cluster.start(
      parts.startTs,
      cluster.hosts.map((_, i) => i + 1),
    );
    return life;
  }

  /** Steps until the life is over. */
  async run(maxSteps: number): Promise<LifeEnd> {
    const { violations, choices, workload } = this.#parts;
    const { system } = this.cluster;
    const patience = PATIENCE + this.#lastFault();
    while (!violations.any) {
      if (choices.count % BOUNDS_EVERY === 0) this.look();
      if (this.#due.length > 0 || this.#stepDue || this.#overdue) await this.#attend();
      if (this.#crashed) return this.#end('crashed');
      if (this.failure !== undefined) return this.#end('failed');
      if (this.checkpointTs >= workload.endTs) return 'finished';
      if (system.now >= this.#refusedAt) return this.#end('refused');
      const step = choices.choose(this.#possible(), system.now);
      if (step === undefined) {
        const { next } = this.agenda;
        if (next === undefined)
          violations.report('I-12', `nothing more can happen, and the checkpoint is at ${this.checkpointTs}`);
        else system.jump(next - system.now);
      } else if (step.type === 'timer' && this.agenda.next !== undefined && step.due > this.agenda.next)
        system.jump(Math.max(0, this.agenda.next - system.now));
      else system.step(step);
      // A user's sink waits for promises: they settle before anything else happens.
      if (this.#parts.user !== undefined) await nextTurn();
      if (choices.count > maxSteps) violations.report('I-12', `not finished after ${maxSteps} steps; ${await this.#stuck()}`);
      if (system.now > patience)
        violations.report('I-12', `not finished ${PATIENCE} ms after the last fault; ${await this.#stuck()}`);
    }
    return 'violated';
  }

  /** Looks into the actors: at their queues, and at the routes. */
  look(): void {
    this.actors.checkBounds();
    this.routes.check(this.actors.inspect(MAINTAINER));
  }

  /** From now on nothing goes wrong; waits until everything that died has its successor. */
  async heal(): Promise<void> {
    this.#healed = true;
    this.agenda.spareFaults();
    this.#stalled.clear();
    this.cluster.heal();
    const last = this.agenda.last;
    if (last !== undefined) await this.advance(Math.max(0, last - this.cluster.system.now));
  }

  /** Lets time pass, with everything that is on the agenda. */
  async advance(milliseconds: number): Promise<void> {
    const { system } = this.cluster;
    const end = system.now + milliseconds;
    await this.#takeDue();
    while (system.now < end) {
      const { next } = this.agenda;
      system.advance(Math.min(end, Math.max(next ?? end, system.now)) - system.now);
      await this.#takeDue();
    }
  }

  /** A named point is reached. What it brings about beyond the call or message in hand happens after the step. */
  atPoint(point: FaultPoint, who: string): 'fail' | 'die' | 'drop' | 'duplicate' | undefined {
    if (this.#healed) return undefined;
    let fate: 'fail' | 'die' | 'drop' | 'duplicate' | undefined;
    for (const fault of this.#parts.points.reach(point, who)) {
      this.#parts.tell(`fault: ${faultText(fault)}, reached by ${who}`);
      if (fault.do === 'fail') {
        this.#mayFail = true;
        this.#eachOracle((oracle) => oracle.broken());
        fate = 'fail';
      } else if (fault.do === 'drop' || fault.do === 'duplicate') fate = fault.do;
      else {
        // The death of whoever reached the point is meant, wherever it is.
        const here = this.#located(fault, who);
        this.#due.push(here);
        if (here.do === 'crash' && here.what !== 'maintainer' && here.what !== 'coordinator') fate = 'die';
      }
    }
    return fate;
  }

  get #stepDue(): boolean {
    const first = this.#stepFaults[0];
    return first !== undefined && stepOf(first) <= this.#parts.choices.count;
  }

  get #overdue(): boolean {
    const { next } = this.agenda;
    return next !== undefined && next <= this.cluster.system.now;
  }

  #located(fault: Fault, who: string): Fault {
    if (fault.do === 'stall') return { ...fault, who };
    const place = /^h(\d+)\/(?:worker-(\d+))?/.exec(who);
    if (fault.do !== 'crash' || place === null) return fault;
    return { ...fault, host: Number(place[1]), worker: Number(place[2] ?? fault.worker) };
  }

  /** Everything that is due besides steps. */
  async #attend(): Promise<void> {
    while (this.#stepDue) await this.#happen(this.#stepFaults.shift() as Fault);
    for (const fault of this.#due.splice(0)) await this.#happen(fault);
    await this.#takeDue();
  }

  async #takeDue(): Promise<void> {
    const { system } = this.cluster;
    for (let what = this.agenda.take(system.now); what !== undefined; what = this.agenda.take(system.now)) await what();
  }

  async #happen(fault: Fault): Promise<void> {
    const { tell, past } = this.#parts;
    past.add(fault);
    this.look();
    tell(`fault: ${faultText(fault)}`);
    if (fault.do === 'stall') this.#stall(fault.who, fault.ms);
    else if (fault.do === 'crash' && fault.what === 'process') this.#crashed = true;
    else await this.#room.happen(fault);
  }

  #stall(who: string, ms: number): void {
    const until = this.cluster.system.now + ms;
    this.#stalled.set(who, Math.max(until, this.#stalled.get(who) ?? 0));
    this.agenda.add(until, () => {
      if ((this.#stalled.get(who) ?? 0) <= this.cluster.system.now) this.#stalled.delete(who);
    });
  }

  #possible(): readonly Step[] {
    const steps = this.cluster.system.enabled();
    if (this.#stalled.size === 0) return steps;
    // A timer that fires only puts something into its actor's queue.
    return steps.filter((step) => step.type === 'timer' || !this.#stalled.has(step.to));
  }

  #end(how: LifeEnd): LifeEnd {
    this.#room.bury();
    return how;
  }

  /** Milliseconds until somebody hears of a refusal: drawn from the seed. */
  #hearing(): number {
    return (Math.imul(this.#parts.scenario.seed, 0x9e3779b1) >>> 0) % LONGEST_HEARING;
  }

  /** When the last fault by the clock is over, in the clock of this life. */
  #lastFault(): number {
    const { scenario, offset } = this.#parts;
    const ends = scenario.faults.map(
      (fault) => ('ms' in fault.when ? fault.when.ms : 0) + ('ms' in fault ? fault.ms : 'back' in fault ? fault.back : 0),
    );
    return Math.max(0, scenario.network.until - offset, ...ends.map((end) => end - offset));
  }

  #observe(delivered: Delivered): void {
    this.#parts.observe?.(delivered);
    this.watch.delivered(delivered);
    const { kind, content, to } = delivered;
    if (kind === 'record') this.#eachOracle((oracle) => oracle.status(content as Uint32Array, 0));
    if (kind !== 'message' || !to.includes('/worker-')) return;
    const { type } = content as { readonly type?: string };
    if (type === 'fence') this.#room.fenced(to);
    else if (type === 'create' || type === 'create-many') {
      for (const config of configsOf(content as CreateDispatchers | CreateMany)) {
        this.#eachOracle((oracle) => oracle.created(config));
        this.routes.created(config);
      }
    }
  }

  #eachOracle(what: (oracle: Oracle) => void): void {
    for (const oracle of this.#parts.oracles) what(oracle);
  }

  #event(event: {
    readonly type: string;
    readonly checkpointTs?: bigint;
    readonly message?: string;
    readonly code?: string;
  }): void {
    const { violations, tell } = this.#parts;
    this.watch.event(event as MaintainerEvent);
    if (this.routes.event(event as MaintainerEvent, this.cluster.epoch)) {
      tell('a DDL claims a target that another table has');
      this.#refusedAt = Math.min(this.#refusedAt, this.cluster.system.now + this.#hearing());
    }
    if (event.type === 'checkpoint' && event.checkpointTs !== undefined) {
      this.#oracle.checkpoint(event.checkpointTs);
      this.checkpointTs = event.checkpointTs;
    } else if (event.type === 'fault') {
      tell(`the changefeed has ended: ${event.message}`);
      this.failure = event.message ?? event.type;
      if (!this.#mayFail) violations.report('FAULT', `${event.code ?? 'fault'}: ${this.failure}`);
    } else if (event.type === 'stopped') this.#room.handedOver();
    else if (event.type === 'source-failed') violations.report('SOURCE', `${event.code}: ${event.message}`);
  }

  async #stuck(): Promise<string> {
    const { threads } = await this.cluster.system.inspect();
    const actors = threads.flatMap((thread) => (thread.state === 'running' ? thread.actors : []));
    const maintainer = actors.find(({ address }) => address === 'maintainer')?.detail;
    const text = JSON.stringify(maintainer, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
    return `the checkpoint is at ${this.checkpointTs} of ${this.#parts.workload.endTs}; the maintainer says ${text?.slice(0, 2_000)}`;
  }
}

function stepOf({ when }: Fault): number {
  return 'step' in when ? when.step : Number.POSITIVE_INFINITY;
}
