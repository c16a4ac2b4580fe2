import type { Actor, ActorContext, Address } from '../actor.js';
import type { HostGate } from './hostGate.js';
import { DEFAULT_PEER_QUEUE, type RemoteAddress } from './transport.js';

/** Whom a peer stands for, and the way there. */
export interface PeerOptions {
  readonly gate: HostGate;
  readonly remote: RemoteAddress;
  /** Arrivals that may wait for the peer's turn. Default 16 384. */
  readonly arrivals?: number;
}

/** An arrival on its way through the peer's own queue. */
class Arrived {
  readonly to: Address;
  readonly message: unknown;

  constructor(to: Address, message: unknown) {
    this.to = to;
    this.message = message;
  }
}

export interface PeerSnapshot {
  readonly remote: RemoteAddress;
  /** The remote's host is there, as far as this one was told. */
  readonly present: boolean;
  /** Arrivals that wait for the peer's turn. */
  readonly waiting: number;
}

/**
 * An actor that stands for one on another host. What local actors send to it goes over the transport to the actor it stands for;
 * what that one sends to local actors comes from the peer's address. So an actor need not know who lives where.
 *
 * Losses are silent, as on any way between hosts, and counted: `sent`, `lost-full`, `lost-unknown`, `lost-closed` of what goes
 * out, `arrived`, `lost-waiting` (too many arrivals at once) and `lost-refused` (no room on the way to the local receiver) of
 * what comes in. Records do not travel; one sent to a peer is a fault of its sender's wiring.
 */
export function createPeer(context: ActorContext, options: PeerOptions): Actor {
  return new Peer(context, options);
}

class Peer implements Actor {
  readonly remote = true;
  readonly #context: ActorContext;
  readonly #gate: HostGate;
  readonly #remote: RemoteAddress;
  #waiting = 0;

  constructor(context: ActorContext, { gate, remote, arrivals = DEFAULT_PEER_QUEUE }: PeerOptions) {
    this.#context = context;
    this.#gate = gate;
    this.#remote = remote;
    gate.register(remote, (to, message) => {
      if (this.#waiting >= arrivals) {
        context.count('lost-waiting');
        return;
      }
      this.#waiting++;
      context.post(new Arrived(to, message));
    });
  }

  receive(message: unknown, from: Address): void {
    const context = this.#context;
    if (message instanceof Arrived) {
      this.#waiting--;
      // A stranger's choice of receiver must not make noise here: without a link it is a dead letter.
      context.count(context.send(message.to, message.message) ? 'arrived' : 'lost-refused');
      return;
    }
    const outcome = this.#gate.send(from, this.#remote, message);
    context.count(outcome === 'sent' ? 'sent' : `lost-${outcome}`);
  }

  inspect(): PeerSnapshot {
    return { remote: this.#remote, present: this.#gate.present.has(this.#remote.host), waiting: this.#waiting };
  }
}
