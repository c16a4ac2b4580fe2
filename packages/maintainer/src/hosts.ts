import type { HostId } from '@tidegate/protocol';
import { MaintainerStartError } from './errors.js';
import { growColumn, grownCapacity } from './span/columns.js';

/** Stands for "bound to no host" in tables of tasks. */
export const NO_HOST = 0xffff;

/** Life of a host. */
const GONE = 0;
/** Alive; what it has is not yet known (T-10). */
const JOINING = 1;
/** It takes dispatchers. */
const READY = 2;

/**
 * The hosts that take dispatchers, as small indexes. The first is the maintainer's own: it has the table triggers and is
 * never lost. A host that comes back gets the index that it had; the index of a lost one is given to another name only when
 * no other is left and nothing refers to it any more.
 */
export class Hosts {
  readonly #names: HostId[] = [];
  readonly #coordinators: string[] = [];
  readonly #index = new Map<HostId, number>();
  readonly #limit: number;
  #life: Uint8Array = new Uint8Array(0);

  /** All of `hosts` take dispatchers. Throws {@link MaintainerStartError} for an empty list, a name that stands twice, or too many. */
  constructor(hosts: readonly { readonly host: HostId; readonly coordinator: string }[], limit: number = NO_HOST - 1) {
    this.#limit = limit;
    if (hosts.length === 0) throw new MaintainerStartError("it names no host; give at least the maintainer's own");
    if (hosts.length > limit) throw new MaintainerStartError(`${hosts.length} hosts are more than ${limit}`);
    for (const { host, coordinator } of hosts) {
      if (this.#index.has(host)) throw new MaintainerStartError(`host "${host}" stands twice in the list of hosts`);
      this.ready(this.#claim(this.#names.length, host, coordinator));
    }
  }

  /** One more than the largest index; some of those below it may be lost. */
  get size(): number {
    return this.#names.length;
  }

  /** Index of a host that is alive, -1 when it is not one of ours. */
  indexOf(host: HostId): number {
    const index = this.#index.get(host) ?? -1;
    return this.isAlive(index) ? index : -1;
  }

  /** Name of the host at `index`; empty for {@link NO_HOST}. */
  name(index: number): HostId {
    return this.#names[index] ?? '';
  }

  /** Address of the coordinator of the host at `index`. */
  coordinator(index: number): string {
    return this.#coordinators[index] ?? '';
  }

  /** It is spoken to. */
  isAlive(index: number): boolean {
    return (this.#life[index] ?? GONE) !== GONE;
  }

  /** It takes dispatchers. */
  isReady(index: number): boolean {
    return this.#life[index] === READY;
  }

  /** Indexes of the hosts that are alive. */
  alive(): number[] {
    return this.#names.flatMap((_, index) => (this.isAlive(index) ? [index] : []));
  }

  /**
   * T-10: a host has come. It is alive and takes no dispatchers until {@link ready}. `isUsed` says whether anything still
   * refers to an index. Returns its index, or -1 when there are as many hosts as can be.
   */
  join(host: HostId, coordinator: string, isUsed: (index: number) => boolean = () => true): number {
    const known = this.#index.get(host);
    if (known !== undefined) return this.#claim(known, host, coordinator);
    if (this.#names.length < this.#limit) return this.#claim(this.#names.length, host, coordinator);
    const free = this.#names.findIndex((_, index) => !this.isAlive(index) && !isUsed(index));
    if (free < 0) return -1;
    this.#index.delete(this.name(free));
    return this.#claim(free, host, coordinator);
  }

  /** T-10: it has said what it has. */
  ready(index: number): void {
    this.#life[index] = READY;
  }

  /** T-9: it is gone. */
  lose(index: number): void {
    this.#life[index] = GONE;
  }

  #claim(index: number, host: HostId, coordinator: string): number {
    if (index >= this.#life.length) this.#life = growColumn(this.#life, grownCapacity(this.#life.length, index + 1));
    this.#names[index] = host;
    this.#coordinators[index] = coordinator;
    this.#index.set(host, index);
    this.#life[index] = JOINING;
    return index;
  }
}
