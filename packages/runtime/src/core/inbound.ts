import type { Address } from '../actor.js';
import type { ActorCell } from './actorCell.js';
import type { LinkHandler, LinkReceiver, MessageKind } from './link.js';

/** One actor's way from one sender: the link, and what the actor has said about it. */
export class Inbound implements LinkHandler {
  readonly from: Address;
  readonly receiver: LinkReceiver;
  readonly #cell: ActorCell;
  paused = false;
  records = 0;
  messages = 0;
  /** Items that may have lain on the link when a drain began; it is over when they, or all, are handled. */
  #toDrain = 0;

  constructor(cell: ActorCell, from: Address, receiver: LinkReceiver) {
    this.#cell = cell;
    this.from = from;
    this.receiver = receiver;
  }

  get ready(): boolean {
    return !this.paused && !this.receiver.empty;
  }

  drain(limit: number): number {
    const handled = this.receiver.drain(limit, this);
    this.#toDrain -= handled;
    return handled;
  }

  /** From now on {@link drained} tells when everything that lies on the link at this moment has been handled. */
  beginDrain(): void {
    this.#toDrain = this.receiver.empty ? 0 : this.receiver.capacity;
  }

  get drained(): boolean {
    return this.#toDrain <= 0 || this.receiver.empty;
  }

  record(words: Uint32Array, at: number): boolean {
    this.records++;
    return this.#cell.onRecord(words, at, this);
  }

  message(kind: MessageKind, id: number, message: unknown): boolean {
    this.messages++;
    return this.#cell.onMessage(kind, id, message, this);
  }

  undecodable(error: Error): boolean {
    this.messages++;
    return this.#cell.onUndecodable(error, this);
  }
}
