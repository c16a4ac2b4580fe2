import type { ActorContext, Address, Delivery } from '@tidegate/runtime';

/**
 * The way to one receiver that keeps, in order, what was refused for want of room, until there is some. Beyond the bound
 * droppable messages are dropped and counted: their senders send them again. The others are kept; how many there can be is
 * bounded by the dispatchers they are about.
 */
export class Outbox {
  /** Messages dropped at the bound. */
  dropped = 0;
  readonly #context: ActorContext;
  readonly #to: Address;
  readonly #bound: number;
  #closed = false;
  #waiting: { message: unknown; readonly delivery: Delivery }[] = [];

  constructor(context: ActorContext, to: Address, bound: number) {
    this.#context = context;
    this.#to = to;
    this.#bound = bound;
  }

  /** Messages that wait. */
  get length(): number {
    return this.#waiting.length;
  }

  send(message: unknown, delivery: Delivery, droppable: boolean): void {
    if (this.#closed) return;
    if (this.#waiting.length === 0 && this.#context.send(this.#to, message, delivery)) return;
    if (typeof delivery === 'object' && this.#replace(message, delivery.coalesce)) return;
    if (droppable && this.#waiting.length >= this.#bound) this.dropped++;
    else this.#waiting.push({ message, delivery });
  }

  /** The receiver is gone: what waits goes, and nothing is sent until {@link open}. */
  close(): void {
    this.#closed = true;
    this.#waiting = [];
  }

  open(): void {
    this.#closed = false;
  }

  /** Sends what waits as far as there is room. */
  flush(): void {
    let sent = 0;
    for (const { message, delivery } of this.#waiting) {
      if (!this.#context.send(this.#to, message, delivery)) break;
      sent++;
    }
    if (sent > 0) this.#waiting = this.#waiting.slice(sent);
  }

  /** A message that coalesces takes the place of the earlier one that waits. */
  #replace(message: unknown, key: string): boolean {
    const earlier = this.#waiting.find(({ delivery }) => typeof delivery === 'object' && delivery.coalesce === key);
    if (earlier === undefined) return false;
    earlier.message = message;
    return true;
  }
}
