import type { Address } from '../actor.js';

/** Name of a host. */
export type HostName = string;

/** An actor on some host. */
export interface RemoteAddress {
  readonly host: HostName;
  readonly actor: Address;
}

/**
 * What became of a send. `sent`: it is on its way, and may still be lost. Otherwise the message is gone: `full` (the queue
 * to that host), `unknown` (no such host is attached, as far as this end knows), `closed` (this end).
 */
export type SendOutcome = 'sent' | 'full' | 'unknown' | 'closed';

/** What one end of a transport tells. It is called neither inside of a `send`, nor after `close`. */
export interface TransportListener {
  message(from: RemoteAddress, to: Address, message: unknown): void;
  /** The host is attached, for the first time or again. Told once for each that was attached before this end, too. */
  joined(host: HostName): void;
  /** The host is gone; what was on its way to it, and not yet from it, may be lost. */
  lost(host: HostName): void;
}

/** One host's end of a transport. */
export interface TransportEnd {
  readonly host: HostName;
  /** Hosts that are attached now, as far as this end knows, without itself. */
  readonly peers: ReadonlySet<HostName>;
  /** Never waits. The message is immutable from now on. */
  send(from: Address, to: RemoteAddress, message: unknown): SendOutcome;
  /** Leaves: the others learn of it, what is queued may be lost. Twice does nothing. */
  close(): Promise<void>;
}

/**
 * Carries messages between hosts, and promises little: each send is bounded, never waits and may be lost. Messages from one
 * host to another keep their order while both live; none comes twice; what was sent to a host that was lost never
 * reaches the one that joins under its name later. Whoever needs more repeats himself (T-I, section 27).
 */
export interface Transport {
  /** @throws TransportError when a host of that name is attached. */
  attach(host: HostName, listener: TransportListener): Promise<TransportEnd>;
}

/** Messages that one host may have on the way to another (section 1). */
export const DEFAULT_PEER_QUEUE = 16_384;
