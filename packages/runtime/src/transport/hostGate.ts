import type { Address } from '../actor.js';
import { TransportError } from '../errors.js';
import type { HostName, RemoteAddress, SendOutcome, Transport, TransportEnd } from './transport.js';

/** Takes what a remote actor sends to a local one. Called outside of every turn. */
export type Arrival = (to: Address, message: unknown) => void;

/** Learns which other hosts come and go. */
export type HostWatcher = (host: HostName, state: 'joined' | 'lost') => void;

/** A host's end of a transport, shared by the peers that stand for actors elsewhere. */
export class HostGate {
  readonly host: HostName;
  readonly #arrivals = new Map<string, Arrival>();
  readonly #watchers = new Set<HostWatcher>();
  readonly #present = new Set<HostName>();
  #end: TransportEnd | undefined;
  /** Messages of remote actors for which there is no peer here. */
  unroutable = 0;

  private constructor(host: HostName) {
    this.host = host;
  }

  /** @throws TransportError when the name is taken. */
  static async open(transport: Transport, host: HostName): Promise<HostGate> {
    const gate = new HostGate(host);
    gate.#end = await transport.attach(host, {
      message: (from, to, message) => gate.#arrive(from, to, message),
      joined: (other) => gate.#told(other, 'joined'),
      lost: (other) => gate.#told(other, 'lost'),
    });
    return gate;
  }

  /** Hosts that are there, as far as this one was told. */
  get present(): ReadonlySet<HostName> {
    return this.#present;
  }

  /** Told at once of those that are there. Returns a function that takes the watcher away. */
  watch(watcher: HostWatcher): () => void {
    this.#watchers.add(watcher);
    for (const host of this.#present) watcher(host, 'joined');
    return () => {
      this.#watchers.delete(watcher);
    };
  }

  /** From now on `arrival` gets what `remote` sends to actors here, instead of whoever got it before. */
  register(remote: RemoteAddress, arrival: Arrival): void {
    if (remote.host === this.host)
      throw new TransportError(
        `${remote.actor} of ${remote.host} lives on this host: link to it instead of placing a peer for it`,
      );
    this.#arrivals.set(key(remote), arrival);
  }

  send(from: Address, to: RemoteAddress, message: unknown): SendOutcome {
    return this.#end === undefined ? 'closed' : this.#end.send(from, to, message);
  }

  /** Leaves the transport. */
  async close(): Promise<void> {
    await this.#end?.close();
  }

  #arrive(from: RemoteAddress, to: Address, message: unknown): void {
    const arrival = this.#arrivals.get(key(from));
    if (arrival === undefined) this.unroutable++;
    else arrival(to, message);
  }

  #told(host: HostName, state: 'joined' | 'lost'): void {
    if (state === 'joined') this.#present.add(host);
    else this.#present.delete(host);
    for (const watcher of [...this.#watchers]) watcher(host, state);
  }
}

function key({ host, actor }: RemoteAddress): string {
  return JSON.stringify([host, actor]);
}
