import type { HostToCoordinator, HostToMaintainer } from '@tidegate/protocol';
import type { Address } from '@tidegate/runtime';
import { MAINTAINER } from '../cluster/addresses.js';
import type { Cluster, ClusterParts } from '../cluster/cluster.js';
import { Random } from '../random.js';
import type { Agenda } from '../run/agenda.js';
import type { Fault, Mortal } from './fault.js';
import { topologyRequest } from './topologyRequest.js';

/** Milliseconds between two looks whether all that a dead worker had sent has arrived. */
const LOOK_AGAIN = 5;
/** Longest time in milliseconds until a cluster knows that a host is gone. */
const NOTICED = 1_000;

export interface CrashRoomParts extends Pick<ClusterParts, 'scenario' | 'life' | 'workload'> {
  readonly checkpointTs: () => bigint;
  /** Nobody is left to go on. */
  readonly processDied: () => void;
  /** An actor is dead. */
  readonly died: (address: Address) => void;
}

/** Brings about what goes wrong in a cluster, and what its owner does about it: tells those that live on, starts successors. */
export class CrashRoom {
  readonly #cluster: Cluster;
  readonly #agenda: Agenda;
  readonly #parts: CrashRoomParts;
  readonly #random: Random;
  /** Hosts that live, the maintainer's own first. One that is cut off is among them until nothing there can write any more. */
  #alive: number[];
  /** Hosts that are cut off and whose lease ends. */
  readonly #cutOff = new Set<number>();
  #maintainerLives = true;
  /** Dead actors whose successors are to come. */
  readonly #dead = new Set<Address>();
  readonly #fenced = new Set<Address>();

  constructor(cluster: Cluster, agenda: Agenda, parts: CrashRoomParts) {
    this.#cluster = cluster;
    this.#agenda = agenda;
    this.#parts = parts;
    this.#random = new Random(parts.scenario.seed ^ (0xdead + parts.life));
    this.#alive = cluster.hosts.map((_, i) => i + 1);
  }

  async happen(fault: Fault): Promise<void> {
    switch (fault.do) {
      case 'partition':
        this.#cluster.made.ways.get(this.#cluster.host(fault.host).way)?.part(fault.ms);
        break;
      case 'fence':
        await this.#fence(fault.host, fault.back);
        break;
      case 'slow':
        this.#slow(fault.host, fault.worker, fault.ms);
        break;
      case 'jump':
        this.#jump(fault.host, fault.ms);
        break;
      case 'crash':
        await this.#crash(fault.what, fault.host, fault.worker, fault.back);
        break;
      case 'hand-over':
        if (this.#maintainerLives)
          await this.#cluster.system.send(MAINTAINER, { type: 'stop', how: 'hand-over' } satisfies HostToMaintainer);
        break;
      case 'split':
      case 'merge':
      case 'move':
      case 'balance':
        await this.#changeTopology(fault.do);
        break;
      default:
        break;
    }
  }

  /** The maintainer has handed over: the next one begins. */
  handedOver(): void {
    if (this.#maintainerLives) this.#later(0, () => this.#startNext());
  }

  /** A worker learns that its host has lost its lease: calls under way are broken off, and none may begin. */
  fenced(address: Address): void {
    this.#fenced.add(address);
    this.#killSinks(address);
    for (const sink of this.#cluster.made.sinks.get(address) ?? []) sink.fenced = true;
  }

  /** Everything dies: of what sinks have in hand some still takes effect. */
  bury(): void {
    for (const address of this.#cluster.made.sinks.keys()) this.#killSinks(address);
  }

  async #crash(what: Mortal, host: number, worker: number, back: number): Promise<void> {
    if (!this.#alive.includes(host) && what !== 'maintainer') return;
    if (what === 'worker') await this.#crashWorker(host, worker, back);
    else if (what === 'host') await this.#crashHost(host, back);
    else if (what === 'maintainer') this.#crashControl([], back);
    else if (what === 'coordinator') this.#crashControl([host], back);
  }

  #killSinks(address: Address): void {
    for (const sink of this.#cluster.made.sinks.get(address) ?? []) sink.die(() => this.#random.chance(500));
  }

  #slow(host: number, worker: number, ms: number): void {
    const address = this.#cluster.host(host).workers[worker];
    const sinks = address === undefined ? [] : (this.#cluster.made.sinks.get(address) ?? []);
    const delay = this.#random.between(50, 2_000);
    for (const sink of sinks) sink.slowness = delay;
    this.#later(ms, () => {
      for (const sink of sinks) sink.slowness = 0;
    });
  }

  #jump(host: number, ms: number): void {
    const { source, workers, coordinator, way } = this.#cluster.host(host);
    const all = [source, ...workers, coordinator, way, ...(host === this.#alive[0] ? [MAINTAINER] : [])];
    this.#cluster.system.shiftClock(all, ms);
  }

  async #changeTopology(change: 'split' | 'merge' | 'move' | 'balance'): Promise<void> {
    if (!this.#maintainerLives) return;
    const { workload, scenario, checkpointTs } = this.#parts;
    const hosts = this.#alive.map((host) => this.#cluster.host(host).name);
    const request = topologyRequest(change, workload, checkpointTs(), {
      hosts,
      keys: scenario.workload.keys,
      random: this.#random,
    });
    if (request !== undefined) await this.#cluster.system.send(MAINTAINER, request);
  }

  async #crashWorker(host: number, worker: number, back: number): Promise<void> {
    const { system } = this.#cluster;
    const { coordinator, workers } = this.#cluster.host(host);
    const address = workers[worker];
    if (address === undefined || this.#dead.has(address)) return;
    this.#kill([address]);
    await this.#whenArrived(address, coordinator, async () => {
      if (!this.#dead.has(address)) return;
      await this.#tellCoordinator(coordinator, { type: 'worker-lost', worker: address });
      this.#later(back, async () => {
        if (!this.#dead.delete(address)) return;
        await system.restart(address);
        await this.#tellCoordinator(coordinator, { type: 'worker-replaced', worker: address });
      });
    });
  }

  /** What the dead had made visible is heard before anybody is told that they are dead. */
  async #whenArrived(from: Address, to: Address, then: () => Promise<void>): Promise<void> {
    const { threads } = await this.#cluster.system.inspect();
    const actors = threads.flatMap((thread) => (thread.state === 'running' ? thread.actors : []));
    const link = actors.find(({ address }) => address === to)?.inbound.find((inbound) => inbound.from === from);
    if (link === undefined || link.empty) await then();
    else this.#later(LOOK_AGAIN, () => this.#whenArrived(from, to, then));
  }

  /** The maintainer dies, and with it coordinators: what shares a control thread. A maintainer of the next epoch follows. */
  #crashControl(hosts: readonly number[], back: number): void {
    if (!this.#maintainerLives) return;
    const coordinators = hosts.map((host) => this.#cluster.host(host).coordinator);
    if (coordinators.some((address) => this.#dead.has(address))) return;
    this.#maintainerLives = false;
    this.#kill([MAINTAINER, ...coordinators]);
    this.#later(back, async () => {
      for (const host of hosts) {
        const { coordinator } = this.#cluster.host(host);
        this.#cluster.made.ways.get(this.#cluster.host(host).way)?.lose(coordinator);
        if (this.#dead.delete(coordinator)) await this.#cluster.restartCoordinator(host, true);
      }
      await this.#succeed();
    });
  }

  /** A whole host dies. If it was the maintainer's own, the next maintainer lives on another. */
  async #crashHost(host: number, back: number): Promise<void> {
    if (this.#alive.length === 1) {
      this.#parts.processDied();
      return;
    }
    const own = host === this.#alive[0];
    this.#alive = this.#alive.filter((each) => each !== host);
    const { source, workers, coordinator } = this.#cluster.host(host);
    this.#kill([source, ...workers, coordinator].filter((address) => !this.#dead.has(address)));
    if (own && this.#maintainerLives) {
      this.#maintainerLives = false;
      this.#kill([MAINTAINER]);
      this.#later(this.#random.below(NOTICED), () => this.#succeed());
    } else this.#later(this.#random.below(NOTICED), () => this.#tellHosts());
    this.#later(NOTICED + back, () => this.#rejoin(host));
  }

  async #fence(wanted: number, back: number): Promise<void> {
    const others = this.#alive.slice(1).filter((each) => !this.#cutOff.has(each));
    const host = others.includes(wanted) ? wanted : others.at(-1);
    if (host === undefined) return;
    const { source, workers, coordinator, way } = this.#cluster.host(host);
    if ([coordinator, ...workers].some((address) => this.#dead.has(address))) return;
    this.#cutOff.add(host);
    const lease = this.#random.below(NOTICED);
    const unheard = 2 * NOTICED + this.#random.below(back + 1);
    this.#cluster.made.ways.get(way)?.part(unheard);
    for (const worker of workers) this.#fenced.delete(worker);
    this.#later(lease, () => this.#tellCoordinator(coordinator, { type: 'fence' }));
    this.#later(lease, () => this.#whenFenced(host, workers));
    this.#later(unheard + NOTICED + back, () => this.#replace(host, [source, ...workers, coordinator]));
  }

  /** The tables of a host go elsewhere when nothing there can write any more: that is what a lease is for. */
  async #whenFenced(host: number, workers: readonly Address[]): Promise<void> {
    if (!this.#cutOff.has(host)) return;
    if (workers.every((worker) => this.#fenced.has(worker) || this.#dead.has(worker))) await this.#lost(host);
    else this.#later(LOOK_AGAIN, () => this.#whenFenced(host, workers));
  }

  /** What is left of it ends, and a new process takes its place, of which the maintainer hears only after the loss. */
  async #replace(host: number, zombies: readonly Address[]): Promise<void> {
    this.#kill(zombies.filter((address) => !this.#dead.has(address)));
    this.#cluster.made.ways.get(this.#cluster.host(host).way)?.lose(MAINTAINER);
    await this.#lost(host);
    await this.#rejoin(host);
  }

  /** Nothing on a host that was cut off can write any more: the others are told. */
  async #lost(host: number): Promise<void> {
    if (!this.#cutOff.delete(host)) return;
    this.#alive = this.#alive.filter((each) => each !== host);
    await this.#tellHosts();
  }

  async #rejoin(host: number): Promise<void> {
    const { source, workers, coordinator } = this.#cluster.host(host);
    this.#cluster.made.sourceTs = this.#parts.checkpointTs();
    for (const address of [source, ...workers]) {
      this.#dead.delete(address);
      await this.#cluster.system.restart(address);
    }
    this.#dead.delete(coordinator);
    this.#cluster.made.ways.get(this.#cluster.host(host).way)?.lose(coordinator);
    await this.#cluster.restartCoordinator(host, false);
    this.#alive.push(host);
    await this.#tellHosts();
  }

  /** A maintainer of the next epoch begins where the last one was. */
  async #succeed(): Promise<void> {
    if (this.#maintainerLives) return;
    const { epoch, system } = this.#cluster;
    for (const host of this.#alive) {
      const { coordinator } = this.#cluster.host(host);
      if (!this.#dead.has(coordinator)) await this.#tellCoordinator(coordinator, { type: 'owner-lost', epoch });
    }
    this.#dead.delete(MAINTAINER);
    await system.restart(MAINTAINER);
    this.#maintainerLives = true;
    await this.#startNext();
  }

  async #startNext(): Promise<void> {
    if (this.#maintainerLives) await this.#cluster.start(this.#parts.checkpointTs(), this.#alive);
  }

  async #tellHosts(): Promise<void> {
    if (!this.#maintainerLives) return;
    const message: HostToMaintainer = { type: 'hosts', hosts: this.#cluster.hostList(this.#alive) };
    await this.#cluster.system.send(MAINTAINER, message);
  }

  #kill(addresses: readonly Address[]): void {
    this.#cluster.system.crash(addresses);
    for (const address of addresses) {
      this.#dead.add(address);
      this.#killSinks(address);
      this.#parts.died(address);
    }
  }

  async #tellCoordinator(coordinator: Address, message: HostToCoordinator): Promise<void> {
    if (!this.#dead.has(coordinator)) await this.#cluster.system.send(coordinator, message);
  }

  #later(ms: number, what: () => void | Promise<void>): void {
    this.#agenda.add(this.#cluster.system.now + ms, what);
  }
}
