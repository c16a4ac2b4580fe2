import type { CoordinatorToSource, SubscribeMany } from '@tidegate/protocol';
import type { ActorContext, Address } from '@tidegate/runtime';
import type { Placement } from './placement.js';

const UNSUBSCRIBE = 1 << 24;
const HANDLE_MASK = UNSUBSCRIBE - 1;
/** As many in a row go as columns, fewer one by one; and at most so many in one message: 34 bytes each, for the smallest lane. */
const MANY = 64;
const MOST = 600;

/**
 * What the source is still to be told, in order: two words an order, made into a message when there is room for it. At most
 * two orders wait for each dispatcher, so their number is the bound.
 */
export class Subscriptions {
  readonly #context: ActorContext;
  readonly #source: Address;
  readonly #workers: readonly Address[];
  readonly #placement: Placement;
  #orders = new Uint32Array(128);
  #head = 0;
  #tail = 0;

  constructor(context: ActorContext, source: Address, workers: readonly Address[], placement: Placement) {
    this.#context = context;
    this.#source = source;
    this.#workers = workers;
    this.#placement = placement;
  }

  /** Orders that wait. */
  get length(): number {
    return (this.#tail - this.#head) / 2;
  }

  subscribe(handle: number): void {
    this.#placement.markSubscribed(handle);
    this.#push(handle, this.#placement.generation(handle));
  }

  /** Does nothing for a dispatcher that is not subscribed. */
  unsubscribe(handle: number): void {
    if (this.#placement.isSubscribed(handle)) this.#push(handle | UNSUBSCRIBE, this.#placement.generation(handle));
  }

  /** Sends what waits as far as there is room. */
  flush(): void {
    while (this.#head < this.#tail) {
      const run = this.#run();
      if (run >= MANY) {
        if (!this.#context.send(this.#source, this.#many(run), 'lossless')) return;
        this.#head += run * 2;
        continue;
      }
      const message = this.#message(this.#orders[this.#head]!, this.#orders[this.#head + 1]!);
      if (message !== undefined && !this.#context.send(this.#source, message, 'lossless')) return;
      this.#head += 2;
    }
    this.#head = 0;
    this.#tail = 0;
  }

  /** How many orders from the first one on are subscriptions to complete tables. */
  #run(): number {
    const placement = this.#placement;
    let run = 0;
    for (let at = this.#head; at < this.#tail && run < MOST; at += 2, run++) {
      const order = this.#orders[at]!;
      if (order >= UNSUBSCRIBE || !placement.has(order, this.#orders[at + 1]!)) break;
      if (placement.isRemoving(order) || placement.range(order) !== undefined) break;
    }
    return run;
  }

  #many(rows: number): SubscribeMany {
    const placement = this.#placement;
    const message = {
      type: 'subscribe-many',
      workers: this.#workers,
      worker: new Uint8Array(rows),
      handle: new Uint32Array(rows),
      generation: new Uint32Array(rows),
      mode: new Uint8Array(rows),
      tableId: new Float64Array(rows),
      startTs: new BigUint64Array(rows),
    } as const;
    for (let row = 0; row < rows; row++) {
      const handle = this.#orders[this.#head + row * 2]!;
      message.worker[row] = placement.worker(handle);
      message.handle[row] = handle;
      message.generation[row] = placement.generation(handle);
      message.mode[row] = placement.mode(handle);
      message.tableId[row] = placement.tableId(handle);
      message.startTs[row] = placement.startTs(handle);
    }
    return message;
  }

  #message(order: number, generation: number): CoordinatorToSource | undefined {
    const handle = order & HANDLE_MASK;
    if (order >= UNSUBSCRIBE) return { type: 'unsubscribe', handle, generation };
    const placement = this.#placement;
    // Removed while the order waited.
    if (!placement.has(handle, generation) || placement.isRemoving(handle)) return undefined;
    const range = placement.range(handle);
    return {
      type: 'subscribe',
      handle,
      generation,
      mode: placement.mode(handle),
      tableId: placement.tableId(handle),
      startTs: placement.startTs(handle),
      ...(range && { range }),
      worker: this.#workers[placement.worker(handle)]!,
    };
  }

  #push(order: number, generation: number): void {
    if (this.#tail === this.#orders.length) {
      const waiting = this.#orders.subarray(this.#head, this.#tail);
      const room = waiting.length * 2 > this.#orders.length ? this.#orders.length * 2 : this.#orders.length;
      const orders = new Uint32Array(room);
      orders.set(waiting);
      this.#orders = orders;
      this.#tail -= this.#head;
      this.#head = 0;
    }
    this.#orders[this.#tail++] = order;
    this.#orders[this.#tail++] = generation;
  }
}
