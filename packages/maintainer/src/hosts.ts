import type { HostId } from '@tidegate/protocol';
import { MaintainerStartError } from './errors.js';

/** Stands for "bound to no host" in tables of tasks. */
export const NO_HOST = 0xffff;

/** The hosts that take dispatchers, as small indexes. The first is the maintainer's own: it has the table triggers. */
export class Hosts {
  readonly #names: HostId[] = [];
  readonly #coordinators: string[] = [];
  readonly #index = new Map<HostId, number>();

  /** Throws {@link MaintainerStartError} for an empty list, a name that stands twice, or too many hosts. */
  constructor(hosts: readonly { readonly host: HostId; readonly coordinator: string }[]) {
    if (hosts.length === 0) throw new MaintainerStartError("it names no host; give at least the maintainer's own");
    if (hosts.length >= NO_HOST) throw new MaintainerStartError(`${hosts.length} hosts are more than ${NO_HOST - 1}`);
    for (const { host, coordinator } of hosts) {
      if (this.#index.has(host)) throw new MaintainerStartError(`host "${host}" stands twice in the list of hosts`);
      this.#index.set(host, this.#names.length);
      this.#names.push(host);
      this.#coordinators.push(coordinator);
    }
  }

  get size(): number {
    return this.#names.length;
  }

  /** Index of a host, -1 when it is not one of ours. */
  indexOf(host: HostId): number {
    return this.#index.get(host) ?? -1;
  }

  /** Name of the host at `index`; empty for {@link NO_HOST}. */
  name(index: number): HostId {
    return this.#names[index] ?? '';
  }

  /** Address of the coordinator of the host at `index`. */
  coordinator(index: number): string {
    return this.#coordinators[index] ?? '';
  }
}
