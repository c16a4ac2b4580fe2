import type { HostToCoordinator, HostToMaintainer } from '@tidegate/protocol';
import type { Address } from '@tidegate/runtime';
import { MAINTAINER } from '../cluster/addresses.js';
import type { Cluster, ClusterParts } from '../cluster/cluster.js';
import { Random } from '../random.js';
import type { Agenda } from '../run/agenda.js';
import type { Fault } from './fault.js';

/** Milliseconds between two looks whether all that a dead worker had sent has arrived. */
const LOOK_AGAIN = 5;

/** Brings about what goes wrong in a cluster, and what its owner does about it: tells those that live on, starts successors. */
export class CrashRoom {
  readonly #cluster: Cluster;
  readonly #agenda: Agenda;
  readonly #random: Random;

  constructor(cluster: Cluster, agenda: Agenda, { scenario, life }: Pick<ClusterParts, 'scenario' | 'life'>) {
    this.#cluster = cluster;
    this.#agenda = agenda;
    this.#random = new Random(scenario.seed ^ (0xdead + life));
  }

  async happen(fault: Fault): Promise<void> {
    switch (fault.do) {
      case 'partition':
        this.#cluster.made.ways.get(this.#cluster.host(fault.host).way)?.part(fault.ms);
        break;
      case 'slow':
        this.#slow(fault.host, fault.worker, fault.ms);
        break;
      case 'jump':
        this.#jump(fault.host, fault.ms);
        break;
      case 'crash':
        if (fault.what === 'worker') await this.#crashWorker(fault.host, fault.worker, fault.back);
        break;
      default:
        break;
    }
  }

  /** Everything dies: of what sinks have in hand some still takes effect. */
  bury(): void {
    for (const address of this.#cluster.made.sinks.keys()) this.#killSinks(address);
  }

  #killSinks(address: Address): void {
    for (const sink of this.#cluster.made.sinks.get(address) ?? []) sink.die(() => this.#random.chance(500));
  }

  #slow(host: number, worker: number, ms: number): void {
    const address = this.#cluster.host(host).workers[worker];
    const sinks = address === undefined ? [] : (this.#cluster.made.sinks.get(address) ?? []);
    const delay = this.#random.between(50, 2_000);
    for (const sink of sinks) sink.slowness = delay;
    this.#agenda.add(this.#cluster.system.now + ms, () => {
      for (const sink of sinks) sink.slowness = 0;
    });
  }

  #jump(host: number, ms: number): void {
    const { source, workers, coordinator, way } = this.#cluster.host(host);
    const all = [source, ...workers, coordinator, way, ...(host === 1 ? [MAINTAINER] : [])];
    this.#cluster.system.shiftClock(all, ms);
  }

  async #crashWorker(host: number, worker: number, back: number): Promise<void> {
    const { system } = this.#cluster;
    const { coordinator, workers } = this.#cluster.host(host);
    const address = workers[worker];
    if (address === undefined) return;
    system.crash(address);
    this.#killSinks(address);
    await this.#whenArrived(address, coordinator, async () => {
      await this.#tellCoordinator(coordinator, { type: 'worker-lost', worker: address });
      this.#agenda.add(system.now + back, async () => {
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
    else this.#agenda.add(this.#cluster.system.now + LOOK_AGAIN, () => this.#whenArrived(from, to, then));
  }

  async #tellCoordinator(coordinator: Address, message: HostToCoordinator): Promise<void> {
    await this.#cluster.system.send(coordinator, message);
  }

  async tellMaintainer(message: HostToMaintainer): Promise<void> {
    await this.#cluster.system.send(MAINTAINER, message);
  }
}
