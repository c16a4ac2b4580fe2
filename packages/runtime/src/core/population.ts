import type { Address } from '../actor.js';
import { type InFlight, RuntimeError, TopologyError } from '../errors.js';
import type { ChangingPopulation, PlacementChange } from '../system.js';
import { type ActorPlacement, checkTopology, completeLink, type Link, type LinkDeclaration, type Topology } from '../topology.js';
import type { ActorCell } from './actorCell.js';
import { loadActor } from './loadActor.js';
import { MemoryLink } from './memoryLink.js';
import type { Scheduler } from './scheduler.js';
import { emptyLink } from './unfinished.js';
import { forget, reconnect, sever } from './ways.js';

interface Way {
  readonly link: Link;
  readonly memory: MemoryLink;
}

/** Who lives on a scheduler, and the memory links between them: actors come, die, are replaced and leave. */
export class Population implements ChangingPopulation {
  readonly #scheduler: Scheduler;
  readonly #ways: Way[] = [];
  readonly #placements = new Map<Address, ActorPlacement>();
  /** Addresses whose successor is being made. */
  readonly #restarting = new Set<Address>();

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  get placements(): readonly ActorPlacement[] {
    return [...this.#placements.values()];
  }

  /** @throws TopologyError, StartError; a StartError leaves the new actors dead. */
  async addActors(placements: readonly ActorPlacement[], declarations: readonly LinkDeclaration[] = []): Promise<void> {
    this.#check(placements, declarations);
    const scheduler = this.#scheduler;
    for (const placement of placements) {
      this.#placements.set(placement.address, placement);
      scheduler.add(placement.address, placement.tickInterval);
    }
    for (const declaration of declarations) {
      const link = completeLink(declaration);
      const memory = new MemoryLink(link.capacityBytes, link.reserveBytes);
      this.#ways.push({ link, memory });
      scheduler.cell(link.from)?.connect(link.to, { sender: memory, outbox: link.outbox });
      scheduler.cell(link.to)?.connect(link.from, { receiver: memory });
    }
    try {
      for (const placement of placements) {
        const cell = scheduler.cell(placement.address) as ActorCell;
        cell.start(await loadActor(placement, scheduler.contextOf(cell)));
      }
    } catch (error) {
      this.crash(placements.map(({ address }) => address));
      throw error;
    }
  }

  /**
   * Actors die without a word, all at one moment. Returns what lay on their links then: what was for them is gone, what is from them
   * is still delivered.
   */
  crash(which: Address | readonly Address[]): InFlight[] {
    const addresses = typeof which === 'string' ? [which] : which;
    const dead = addresses.map((address) => this.#cell(address));
    const inTurn = dead.find((cell) => cell.inTurn);
    if (inTurn !== undefined)
      throw new RuntimeError(
        'RUNTIME_IN_TURN',
        `${inTurn.address} cannot be made to die in the middle of its turn: do it between steps`,
      );
    for (const cell of dead) cell.die();
    const gone = new Set(addresses);
    for (const cell of this.#scheduler.cells) sever(cell, gone);
    return this.#clear(gone);
  }

  /**
   * Makes a successor under the same address and links. One that still lives dies first.
   *
   * @throws StartError: the address stays dead.
   */
  async restart(address: Address, change: PlacementChange = {}): Promise<void> {
    const scheduler = this.#scheduler;
    const predecessor = this.#cell(address);
    if (this.#restarting.has(address))
      throw new RuntimeError('RUNTIME_RESTART', `${address} is being restarted already: wait for that to end`);
    if (predecessor.state !== 'dead') this.crash([address]);
    const placement = changed(this.#placements.get(address) as ActorPlacement, change);
    this.#check([placement], [], address);
    this.#restarting.add(address);
    try {
      const successor = scheduler.successorOf(predecessor, placement.tickInterval);
      // It may send while it is made; it receives only when it stands in its predecessor's place.
      for (const { link, memory } of this.#ways) {
        if (link.from === address) successor.connect(link.to, { sender: memory, outbox: link.outbox });
        if (link.to === address) successor.connect(link.from, { receiver: memory });
      }
      // What comes from now on waits for it: what its factory asks for may be answered before it is made.
      for (const cell of scheduler.cells) if (cell.state !== 'dead') reconnect(cell, new Set([address]));
      const actor = await loadActor(placement, scheduler.contextOf(successor)).catch((error: unknown) => {
        for (const cell of scheduler.cells) sever(cell, new Set([address]));
        this.#clear(new Set([address]));
        throw error;
      });
      if (scheduler.cell(address) !== predecessor)
        throw new RuntimeError('RUNTIME_RESTART', `${address} was removed while its successor was made`);
      this.#placements.set(address, placement);
      scheduler.replace(predecessor, successor);
      for (const outbound of successor.outbound.values())
        if (scheduler.cell(outbound.to)?.state === 'dead') outbound.sever(() => undefined);
      successor.start(actor);
    } finally {
      this.#restarting.delete(address);
    }
  }

  /** Actors die and are forgotten, with their links and what lies on them. */
  removeActors(addresses: readonly Address[]): void {
    this.crash(addresses.filter((address) => this.#cell(address).state !== 'dead'));
    const leaving = new Set(addresses);
    for (const address of leaving) {
      this.#scheduler.remove(this.#cell(address));
      this.#placements.delete(address);
    }
    for (const cell of this.#scheduler.cells) forget(cell, leaving);
    const kept = this.#ways.filter(({ link }) => !leaving.has(link.from) && !leaving.has(link.to));
    this.#ways.splice(0, this.#ways.length, ...kept);
  }

  /** Empties the links to those who are gone, and counts what lies on links to and from them. */
  #clear(gone: ReadonlySet<Address>): InFlight[] {
    const inFlight: InFlight[] = [];
    for (const { link, memory } of this.#ways) {
      const { from, to } = link;
      if (!gone.has(from) && !gone.has(to)) continue;
      const { records, messages } = gone.has(to) ? emptyLink(memory) : memory.contents();
      if (records + messages > 0) inFlight.push({ from, to, records, messages });
    }
    return inFlight;
  }

  #cell(address: Address): ActorCell {
    const cell = this.#scheduler.cell(address);
    if (cell === undefined) throw new TopologyError(`there is no actor ${address}: add it first`);
    return cell;
  }

  #check(placements: readonly ActorPlacement[], declarations: readonly LinkDeclaration[], replaced?: Address): void {
    const others = this.placements.filter(({ address }) => address !== replaced);
    const topology: Topology = {
      threads: [{ name: 'all', actors: [...others, ...placements] }],
      links: [...this.#ways.map(({ link }) => link), ...declarations],
    };
    checkTopology(topology, 'single');
  }
}

/** `restartOptions` stand for `options`; `module` and `create` exclude each other: a change of one replaces the other. */
function changed(placement: ActorPlacement, change: PlacementChange): ActorPlacement {
  const { module, create, ...rest } = placement;
  const options = rest.restartOptions !== undefined ? { options: rest.restartOptions } : {};
  const origin =
    change.module !== undefined || change.create !== undefined ? {} : { ...(module && { module }), ...(create && { create }) };
  return { ...rest, ...options, ...origin, ...change };
}
