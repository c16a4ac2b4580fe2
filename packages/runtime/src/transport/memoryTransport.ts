import { TransportError } from '../errors.js';
import {
  DEFAULT_PEER_QUEUE,
  type HostName,
  type RemoteAddress,
  type SendOutcome,
  type Transport,
  type TransportEnd,
  type TransportListener,
} from './transport.js';

/** A message on its way. */
export interface Envelope {
  readonly from: RemoteAddress;
  readonly to: RemoteAddress;
  readonly message: unknown;
}

/** Messages on their way from one host to another. */
export interface WaySnapshot {
  readonly from: HostName;
  readonly to: HostName;
  readonly queued: number;
}

export interface MemoryTransportOptions {
  /** Messages that one host may have on the way to another. Default 16 384. */
  readonly capacity?: number;
  /**
   * Nothing arrives by itself: whoever drives it calls {@link MemoryTransport.deliver} and {@link MemoryTransport.drop}, so that
   * delay, loss and the order between hosts are choices like any other. Default false: messages arrive in a later turn of
   * the event loop.
   */
  readonly manual?: boolean;
  /** Sees what is sent and says whether it is lost on the way; the sender does not learn of it. */
  readonly loses?: (envelope: Envelope) => boolean;
}

interface End {
  readonly listener: TransportListener;
  readonly peers: Set<HostName>;
  open: boolean;
}

interface Way {
  readonly from: HostName;
  readonly to: HostName;
  readonly queue: Envelope[];
  pumping: boolean;
}

/** A transport between hosts of one process. Messages are handed over by reference. */
export class MemoryTransport implements Transport {
  readonly #capacity: number;
  readonly #manual: boolean;
  readonly #loses: (envelope: Envelope) => boolean;
  readonly #ends = new Map<HostName, End>();
  readonly #ways = new Map<string, Way>();
  /** Pairs that cannot reach each other, as `from to`. */
  readonly #cuts = new Set<string>();
  /** Messages lost on the way: by `loses`, by `drop`, over a cut, or with a host. */
  lost = 0;

  /** @throws TransportError when the capacity is no whole number from 1. */
  constructor(options: MemoryTransportOptions = {}) {
    this.#capacity = options.capacity ?? DEFAULT_PEER_QUEUE;
    this.#manual = options.manual ?? false;
    this.#loses = options.loses ?? (() => false);
    if (!Number.isSafeInteger(this.#capacity) || this.#capacity < 1)
      throw new TransportError(`capacity is ${this.#capacity}; it must be a whole number of messages from 1`);
  }

  async attach(host: HostName, listener: TransportListener): Promise<TransportEnd> {
    if (this.#ends.has(host))
      throw new TransportError(`a host called ${host} is attached already: close its end first, or choose another name`);
    const peers = new Set(this.#ends.keys());
    const end: End = { listener, peers, open: true };
    this.#ends.set(host, end);
    for (const [name, other] of this.#ends) {
      if (name === host) continue;
      other.peers.add(host);
      this.#tell(() => other.open && other.listener.joined(host));
      this.#tell(() => end.open && listener.joined(name));
    }
    return {
      host,
      peers,
      send: (from, to, message) => this.#send(end, { from: { host, actor: from }, to, message }),
      close: async () => {
        if (end.open) this.lose(host);
      },
    };
  }

  /** The host is gone at this moment, without a word; what is on its way from and to it is lost. The others learn of it. */
  lose(host: HostName): void {
    const end = this.#ends.get(host);
    if (end === undefined) return;
    end.open = false;
    this.#ends.delete(host);
    for (const way of this.#ways.values()) if (way.from === host || way.to === host) this.lost += way.queue.splice(0).length;
    for (const other of this.#ends.values()) {
      other.peers.delete(host);
      this.#tell(() => other.open && other.listener.lost(host));
    }
  }

  /** From now on everything from one host to the other is lost, and nobody learns of it, until {@link mend}. */
  cut(from: HostName, to: HostName): void {
    this.#cuts.add(key(from, to));
  }

  mend(from: HostName, to: HostName): void {
    this.#cuts.delete(key(from, to));
  }

  /** Ways on which something is, in a fixed order. */
  get ways(): WaySnapshot[] {
    const ways = [...this.#ways.values()].filter(({ queue }) => queue.length > 0);
    return ways.map(({ from, to, queue }) => ({ from, to, queued: queue.length }));
  }

  /** Hands over the first message on a way. Undefined: there is none. */
  deliver(from: HostName, to: HostName): Envelope | undefined {
    const envelope = this.#take(from, to);
    const end = this.#ends.get(to);
    if (envelope !== undefined && end !== undefined) end.listener.message(envelope.from, envelope.to.actor, envelope.message);
    return envelope;
  }

  /** Loses the first message on a way. Undefined: there is none. */
  drop(from: HostName, to: HostName): Envelope | undefined {
    const envelope = this.#take(from, to);
    if (envelope !== undefined) this.lost++;
    return envelope;
  }

  #take(from: HostName, to: HostName): Envelope | undefined {
    return this.#ways.get(key(from, to))?.queue.shift();
  }

  #send(end: End, envelope: Envelope): SendOutcome {
    if (!end.open) return 'closed';
    const { from, to } = envelope;
    if (!end.peers.has(to.host)) return 'unknown';
    const way = this.#wayOf(from.host, to.host);
    if (way.queue.length >= this.#capacity) return 'full';
    if (this.#cuts.has(key(from.host, to.host)) || this.#loses(envelope)) {
      this.lost++;
      return 'sent';
    }
    way.queue.push(envelope);
    if (!this.#manual) this.#pump(way);
    return 'sent';
  }

  #wayOf(from: HostName, to: HostName): Way {
    const name = key(from, to);
    let way = this.#ways.get(name);
    if (way === undefined) {
      way = { from, to, queue: [], pumping: false };
      this.#ways.set(name, way);
    }
    return way;
  }

  #pump(way: Way): void {
    if (way.pumping) return;
    way.pumping = true;
    setImmediate(() => {
      way.pumping = false;
      // What comes while these are handed over has its own turn.
      for (let left = way.queue.length; left > 0 && way.queue.length > 0; left--) this.deliver(way.from, way.to);
      if (way.queue.length > 0) this.#pump(way);
    });
  }

  /** Never inside of the call that caused it; at once where somebody drives, who calls from nobody's turn. */
  #tell(news: () => unknown): void {
    if (this.#manual) news();
    else setImmediate(news);
  }
}

function key(from: HostName, to: HostName): string {
  return JSON.stringify([from, to]);
}
