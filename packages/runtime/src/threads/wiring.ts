import { createLane, Doorbell, LaneConsumer } from '@tidegate/ring';
import type { Address } from '../actor.js';
import { Codec } from '../core/codec.js';
import type { InFlight } from '../errors.js';
import {
  type ActorPlacement,
  completeLimits,
  completeLink,
  type Link,
  type ThreadPlacement,
  type Topology,
} from '../topology.js';
import { laneContents } from './laneContents.js';
import type { ThreadSpec } from './threadSpec.js';

function actorSpec(placement: ActorPlacement, incarnation: number): ThreadSpec['actors'][number] {
  const { create: _, module, restartOptions, options, ...rest } = placement;
  const given = incarnation > 0 && restartOptions !== undefined ? restartOptions : options;
  return { ...rest, module: String(module), ...(given !== undefined && { options: given }) };
}

type WiredLink = Link & { readonly lane?: SharedArrayBuffer };

/**
 * The lanes and doorbells of a system. They belong to the main thread and outlive the threads at their ends: after a
 * thread's death what was published is still there, and a successor could take its sides over.
 */
export class Wiring {
  readonly #topology: Topology;
  readonly #seed: number;
  readonly #threadOf: ReadonlyMap<Address, string>;
  readonly #doorbells: ReadonlyMap<string, SharedArrayBuffer>;
  readonly #links: readonly WiredLink[];

  constructor(topology: Topology, seed: number) {
    this.#topology = topology;
    this.#seed = seed;
    this.#threadOf = new Map(
      topology.threads.flatMap(({ name, actors }) => actors.map(({ address }) => [address, name] as const)),
    );
    this.#doorbells = new Map(topology.threads.map(({ name }) => [name, Doorbell.create()]));
    const { fingerprint } = new Codec(topology.structures);
    this.#links = topology.links.map((declaration) => {
      const link = completeLink(declaration);
      if (this.#threadOf.get(link.from) === this.#threadOf.get(link.to)) return link;
      const { capacityBytes, reserveBytes } = link;
      return { ...link, lane: createLane({ capacityBytes, reserveBytes, fingerprint, name: `${link.from}>${link.to}` }) };
    });
  }

  /** What a thread is started with, ports aside. */
  specOf(placement: ThreadPlacement, incarnation: number): Omit<ThreadSpec, 'controlPort' | 'reportPort'> {
    const { name } = placement;
    const isHere = (address: Address): boolean => this.#threadOf.get(address) === name;
    return {
      name,
      actors: placement.actors.map((actor) => actorSpec(actor, incarnation)),
      links: this.#links
        .filter(({ from, to }) => isHere(from) || isHere(to))
        .map((link) =>
          link.lane === undefined ? link : { ...link, peerDoorbell: this.#doorbellOf(isHere(link.from) ? link.to : link.from) },
        ),
      addresses: [...this.#threadOf.keys()],
      doorbell: this.#doorbells.get(name) as SharedArrayBuffer,
      parking: placement.parking ?? 'event-loop',
      structures: this.#topology.structures ?? [],
      limits: completeLimits(this.#topology.limits),
      seed: this.#seed,
      incarnation,
    };
  }

  /** What lies on lanes from or to one of `actors` and nobody has taken. One side of each must be gone. */
  inFlight(actors: readonly Address[]): InFlight[] {
    const left: InFlight[] = [];
    for (const { from, to, lane } of this.#links) {
      if (lane === undefined || !(actors.includes(from) || actors.includes(to))) continue;
      const contents = laneContents(lane);
      if (contents.records + contents.messages > 0) left.push({ from, to, ...contents });
    }
    return left;
  }

  /** Drops what lies on the lanes to `actors`, whose threads are dead and to whom nobody sends: their successors begin with nothing. */
  clear(actors: readonly Address[]): void {
    for (const { to, lane } of this.#links) {
      if (lane === undefined || !actors.includes(to)) continue;
      const consumer = LaneConsumer.attach(lane, { takeOver: true });
      while (!consumer.empty) consumer.drain(consumer.capacityCells, { record: () => undefined, frame: () => undefined });
    }
  }

  #doorbellOf(address: Address): SharedArrayBuffer {
    return this.#doorbells.get(this.#threadOf.get(address) as string) as SharedArrayBuffer;
  }
}
