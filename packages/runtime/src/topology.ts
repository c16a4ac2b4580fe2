import type { ActorFactory, Address, LogLevel } from './actor.js';
import { TopologyError } from './errors.js';

/** Where one actor lives and what it is made from. Exactly one of `module` and `create` is given. */
export interface ActorPlacement {
  readonly address: Address;
  /** URL of the module that exports the factory. The only way on threads. */
  readonly module?: string | URL;
  /** Name of the factory among the module's exports. Default `createActor`. */
  readonly factory?: string;
  /** The factory itself, for the stepped and local bindings. */
  readonly create?: ActorFactory<never>;
  /** Handed to the factory; structured-cloneable. */
  readonly options?: unknown;
  /** Handed to the factory of a successor instead. Default: `options`. */
  readonly restartOptions?: unknown;
  /** Milliseconds between calls of the actor's `tick`. Absent: never. */
  readonly tickInterval?: number;
}

/** How often a thread that died is replaced: at most `limit` times `within` so many milliseconds; then its death is a fault. */
export interface RestartPolicy {
  readonly limit: number;
  readonly within: number;
}

/**
 * How a thread sleeps, on threads. `event-loop`: whatever comes to its event loop goes on. `blocking`: the event loop stands still, a
 * wake-up by a lane takes about half the time, and promises, timers and I/O of modules are looked at between two sleeps, every five
 * seconds if nothing else wakes it: for threads whose actors are pure.
 */
export type ThreadParking = 'event-loop' | 'blocking';

/** A thread and the actors on it. The stepped and local bindings run all threads of a topology in one. */
export interface ThreadPlacement {
  readonly name: string;
  readonly actors: readonly ActorPlacement[];
  /** Limits of the thread's heap, in MiB, as `node:worker_threads` takes them. */
  readonly resourceLimits?: {
    readonly maxOldGenerationSizeMb?: number;
    readonly maxYoungGenerationSizeMb?: number;
    readonly codeRangeSizeMb?: number;
    readonly stackSizeMb?: number;
  };
  /** Default `event-loop`. */
  readonly parking?: ThreadParking;
  /** What happens when it dies, on threads. Default `never`: that is a fault. */
  readonly restart?: RestartPolicy | 'never';
}

/** A way from one actor to another. Only declared links exist. */
export interface LinkDeclaration {
  readonly from: Address;
  readonly to: Address;
  /** Bytes of the lane: a power of two, at least 4 096. A record takes 32. On one thread, a message too. Default 1 MiB. */
  readonly capacityBytes?: number;
  /** Bytes of it that only `control` messages may use. Default an eighth, at most 16 KiB. */
  readonly reserveBytes?: number;
  /** Messages that may wait in the sender's outbox. Default 1 024. */
  readonly outbox?: number;
}

/** Everything that a binding needs in order to run a system. */
export interface Topology {
  readonly threads: readonly ThreadPlacement[];
  readonly links: readonly LinkDeclaration[];
  /** Field names of the message shapes that lanes carry compactly, in one fixed order. Other shapes travel self-described. */
  readonly structures?: readonly (readonly string[])[];
  /**
   * Actors (or threads, standing for their actors) in the order in which a stop takes them; those of one inner list stop
   * together. What is not named stops last. Default: in the order of `threads`.
   */
  readonly stopOrder?: readonly (string | readonly string[])[];
  /** Seed of all `random()`; default 1 when stepped, drawn at the start otherwise. */
  readonly seed?: number;
  readonly limits?: Partial<Limits>;
}

/** Bounds of what is not a link. Every one has a counter in the snapshot. */
export interface Limits {
  /** Deliveries to one actor from one link before its turn ends. */
  readonly burst: number;
  /** Posts, fired timers and outside messages waiting for one actor. At the bound: posts fail the actor, outside messages are refused. */
  readonly selfQueue: number;
  /** Timers of one actor. At the bound the actor fails. */
  readonly timers: number;
  /** Asks of one actor without outcome. At the bound an ask fails at once (`refused`). */
  readonly asks: number;
  /** Emitted events, and likewise log lines, of one thread not yet taken. At the bound the oldest without a key is dropped and counted. */
  readonly events: number;
  /** Dead letters told one by one; beyond it they are only counted. */
  readonly deadLetters: number;
  /** Milliseconds above which a turn is logged and counted as `slow-turns` of its actor (E-1). Never when stepped. */
  readonly slowTurn: number;
  /** The lowest level that is told. */
  readonly logLevel: LogLevel;
  /** Milliseconds for threads and factories to come up. */
  readonly start: number;
}

export const DEFAULT_LIMITS: Limits = {
  burst: 4_096,
  selfQueue: 65_536,
  timers: 65_536,
  asks: 4_096,
  events: 1_024,
  deadLetters: 256,
  slowTurn: 1_000,
  logLevel: 'info',
  start: 30_000,
};

const CELL_BYTES = 32;
const DEFAULT_CAPACITY_BYTES = 1 << 20;
const MIN_CAPACITY_BYTES = 4_096;
const MAX_DEFAULT_RESERVE_BYTES = 16 * 1_024;
const DEFAULT_OUTBOX = 1_024;

/** A link with its defaults filled in. */
export type Link = Required<LinkDeclaration>;

/** Fills in the defaults of a link. */
export function completeLink(link: LinkDeclaration): Link {
  const capacityBytes = link.capacityBytes ?? DEFAULT_CAPACITY_BYTES;
  return {
    from: link.from,
    to: link.to,
    capacityBytes,
    reserveBytes: link.reserveBytes ?? Math.min(capacityBytes >>> 3, MAX_DEFAULT_RESERVE_BYTES),
    outbox: link.outbox ?? DEFAULT_OUTBOX,
  };
}

/** Fills in the default limits. */
export function completeLimits(limits: Partial<Limits> | undefined): Limits {
  return { ...DEFAULT_LIMITS, ...limits };
}

/** Throws a {@link TopologyError} that names what is wrong, if anything is. */
export function checkTopology(topology: Topology, binding: 'threads' | 'single'): void {
  const threads = new Set<string>();
  const addresses = new Set<Address>();
  for (const thread of topology.threads) {
    if (threads.has(thread.name)) throw new TopologyError(`two threads are called ${thread.name}`);
    threads.add(thread.name);
    checkRestart(thread);
    for (const actor of thread.actors) {
      if (addresses.has(actor.address)) throw new TopologyError(`two actors have the address ${actor.address}`);
      addresses.add(actor.address);
      checkPlacement(actor, binding);
    }
  }
  if (addresses.size === 0) throw new TopologyError('the topology places no actor');
  const seen = new Set<string>();
  for (const link of topology.links) checkLink(link, addresses, seen);
}

function checkRestart({ name, restart }: ThreadPlacement): void {
  if (restart === undefined || restart === 'never') return;
  const { limit, within } = restart;
  if (!Number.isSafeInteger(limit) || limit < 1 || !(within > 0))
    throw new TopologyError(
      `restart of thread ${name} is ${limit} times within ${within} ms: it takes a whole number from 1 and a positive time, or 'never'`,
    );
}

function checkPlacement(actor: ActorPlacement, binding: 'threads' | 'single'): void {
  if (actor.address === '' || actor.address.startsWith('@')) {
    throw new TopologyError(`'${actor.address}' is no address: it must not be empty nor begin with @`);
  }
  if ((actor.module === undefined) === (actor.create === undefined)) {
    throw new TopologyError(`actor ${actor.address} needs either a module or a create function, and not both`);
  }
  if (binding === 'threads' && actor.module === undefined) {
    throw new TopologyError(`actor ${actor.address} has a create function, which cannot move to a thread: give its module's URL`);
  }
  if (actor.tickInterval !== undefined && !(actor.tickInterval > 0)) {
    throw new TopologyError(
      `tickInterval of ${actor.address} is ${actor.tickInterval}; it must be a positive number of milliseconds`,
    );
  }
}

function checkLink(link: LinkDeclaration, addresses: ReadonlySet<Address>, seen: Set<string>): void {
  const name = `link ${link.from} to ${link.to}`;
  for (const end of [link.from, link.to]) {
    if (!addresses.has(end)) throw new TopologyError(`${name} names ${end}, which no thread places`);
  }
  const key = JSON.stringify([link.from, link.to]);
  if (seen.has(key)) throw new TopologyError(`${name} is declared twice`);
  seen.add(key);
  const { capacityBytes, reserveBytes, outbox } = completeLink(link);
  const isPowerOfTwo = Number.isInteger(Math.log2(capacityBytes));
  if (!isPowerOfTwo || capacityBytes < MIN_CAPACITY_BYTES) {
    throw new TopologyError(
      `${name}: capacityBytes is ${capacityBytes}; it must be a power of two, at least ${MIN_CAPACITY_BYTES}`,
    );
  }
  if (
    !Number.isInteger(reserveBytes) ||
    reserveBytes < 0 ||
    reserveBytes % CELL_BYTES !== 0 ||
    reserveBytes > capacityBytes / 2
  ) {
    throw new TopologyError(
      `${name}: reserveBytes is ${reserveBytes}; it must be a multiple of ${CELL_BYTES} from 0 to half the capacity`,
    );
  }
  if (!Number.isInteger(outbox) || outbox < 0)
    throw new TopologyError(`${name}: outbox is ${outbox}; it must be a whole number from 0`);
}
