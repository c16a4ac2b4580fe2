import type { Address } from '../actor.js';
import type { ActorCell } from './actorCell.js';
import { deliverRecords } from './deliverRecords.js';
import type { LinkHandler, LinkReceiver, MessageKind } from './link.js';

/** One actor's way from one sender: the link, and what the actor has said about it. */
export class Inbound implements LinkHandler {
  readonly from: Address;
  readonly receiver: LinkReceiver;
  readonly #cell: ActorCell;
  paused = false;
  /** Records of the run in hand that were taken. */
  taken = 0;
  /** Records taken so far. */
  received = 0;
  messages = 0;
  /** Items that may have lain on the link when a drain began; it is over when they, or all, are handled. */
  #toDrain = 0;
  #broken = false;

  constructor(cell: ActorCell, from: Address, receiver: LinkReceiver) {
    this.#cell = cell;
    this.from = from;
    this.receiver = receiver;
  }

  get ready(): boolean {
    return !this.paused && !this.empty;
  }

  get empty(): boolean {
    return this.#broken || this.receiver.empty;
  }

  drain(limit: number): number {
    if (this.#broken) return 0;
    try {
      const handled = this.receiver.drain(limit, this);
      this.#toDrain -= handled;
      return handled;
    } catch (error) {
      // The link itself is damaged: nothing that comes from it can be trusted any more.
      this.#broken = true;
      this.#cell.fault(`the link from ${this.from}`, error, true);
      return 0;
    }
  }

  /** From now on {@link drained} tells when everything that lies on the link at this moment has been handled. */
  beginDrain(): void {
    this.#toDrain = this.empty ? 0 : this.receiver.capacity;
  }

  get drained(): boolean {
    return this.#toDrain <= 0 || this.empty;
  }

  records(words: Uint32Array, at: number, count: number): boolean {
    this.taken = 0;
    const goOn = deliverRecords(this.#cell, words, at, count, this);
    this.received += this.taken;
    return goOn;
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
