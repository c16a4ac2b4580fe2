import type { StartChangefeed } from '@tidegate/protocol';
import { type Actor, type ActorContext, type Address, createStepped, type SteppedSystem } from '@tidegate/runtime';
import type { FaultPoint } from '../faults/points.js';
import type { UserSinkOptions } from '../kit/userSink.js';
import type { Oracle } from '../oracle/oracle.js';
import type { Scenario } from '../scenario.js';
import { ownersOf } from '../workload/routing.js';
import { snapshotAt, type Workload } from '../workload/workload.js';
import { type HostAddresses, hostAddresses, linksOf, MAINTAINER } from './addresses.js';
import { coordinatorPlacement, hostPlacements, type Made, maintainerPlacement } from './placements.js';
import type { WayEvent } from './way.js';

/** Makes one actor of a cluster; `make` gives the real one, from this or another context. */
export type WrapActor = (address: Address, context: ActorContext, make: (context: ActorContext) => Actor) => Actor;

/** What a cluster is put together from. */
export interface ClusterParts {
  readonly scenario: Scenario;
  readonly workload: Workload;
  /** One a pipeline; the second only with redo. */
  readonly oracles: readonly [Oracle, ...Oracle[]];
  /** Which life of the run this is, from 0. */
  readonly life: number;
  /** Milliseconds of the run before this life. */
  readonly offset: number;
  readonly startTs: bigint;
  /** Stands around every actor but the ways. Absent: the real ones as they are. */
  readonly wrap?: WrapActor | undefined;
  /** A user's own sink instead of the simulated ones. */
  readonly user?: Pick<UserSinkOptions, 'make' | 'bytesOf'> | undefined;
  /** An actor is made, the first one of its address or a successor. */
  readonly made?: ((address: Address, actor: Actor) => void) | undefined;
  readonly happened: (event: WayEvent) => void;
  /** A named point is reached: what is to happen there. */
  readonly atPoint: (point: FaultPoint, who: string) => 'fail' | 'die' | 'drop' | 'duplicate' | undefined;
}

/** The simulator keeps traces of its own. */
const TRACE = 1;

/** Hosts with the real actors and one maintainer, in one stepped system: one life of a run. */
export class Cluster {
  readonly system: SteppedSystem;
  readonly hosts: readonly HostAddresses[];
  readonly made: Made;
  readonly #parts: ClusterParts;
  #epoch: number;

  private constructor(system: SteppedSystem, hosts: readonly HostAddresses[], made: Made, parts: ClusterParts) {
    this.system = system;
    this.hosts = hosts;
    this.made = made;
    this.#parts = parts;
    // F-1: no maintainer of an earlier life has a larger one.
    this.#epoch = parts.life * 1_000;
  }

  static async create(parts: ClusterParts): Promise<Cluster> {
    const { scenario, life } = parts;
    const hosts = Array.from({ length: scenario.hosts }, (_, i) => hostAddresses(i + 1, scenario.workers));
    const made: Made = { ways: new Map(), sinks: new Map(), sourceTs: parts.startTs, workers: 0 };
    const actors = [...hosts.flatMap((host) => hostPlacements(host, parts, made)), maintainerPlacement(parts)];
    const seed = (scenario.seed + life * 0x9e3779b9) >>> 0;
    const system = await createStepped(
      { seed, links: linksOf(hosts, scenario.linkBytes), threads: [{ name: 'all', actors }], limits: { logLevel: 'error' } },
      { seed, traceLength: TRACE },
    );
    return new Cluster(system, hosts, made, parts);
  }

  /** Starts a maintainer of the next epoch at `startTs`, over the given hosts (counted from 1). */
  async start(startTs: bigint, hosts: readonly number[]): Promise<void> {
    const { workload, scenario } = this.#parts;
    const { tables } = snapshotAt(workload, startTs);
    await this.system.send(MAINTAINER, {
      type: 'start',
      epoch: ++this.#epoch,
      startTs,
      tables: tables.map(({ tableId, schemaId, splittable }) => ({ tableId, schemaId, splittable })),
      hosts: this.hostList(hosts),
      ...(workload.routing && { routes: ownersOf(tables, workload.routing) }),
      ...(scenario.redo && { redo: true }),
    } satisfies StartChangefeed);
  }

  get epoch(): number {
    return this.#epoch;
  }

  hostList(hosts: readonly number[]): StartChangefeed['hosts'] {
    return hosts.map((host) => {
      const { name, way } = this.host(host);
      return { host: name, coordinator: way };
    });
  }

  /** A host by its number, from 1. */
  host(host: number): HostAddresses {
    const found = this.hosts[host - 1];
    if (found === undefined) throw new RangeError(`there is no host ${host}: there are ${this.hosts.length}`);
    return found;
  }

  /** A successor of a coordinator that has died. `recover`: it asks the workers, which live on, what they have. */
  async restartCoordinator(host: number, recover: boolean): Promise<void> {
    const { address, create } = coordinatorPlacement(this.host(host), this.#parts, recover);
    await this.system.restart(address, create === undefined ? {} : { create });
  }

  /** From now on nothing goes wrong by itself. */
  heal(): void {
    for (const way of this.made.ways.values()) way.heal();
    for (const sink of [...this.made.sinks.values()].flat()) sink.slowness = 0;
  }
}
