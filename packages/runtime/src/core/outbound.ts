import type { Address, Delivery, RecordOutlet } from '../actor.js';
import type { LinkSender, MessageKind } from './link.js';

interface Waiting {
  readonly kind: MessageKind;
  readonly id: number;
  message: unknown;
  readonly control: boolean;
  readonly key: string | undefined;
}

/** Places beyond the outbox's bound that only control messages and replies may take. */
const CONTROL_PLACES = 64;

/**
 * One actor's way to one receiver: the link, and before it the outbox in which lossless messages wait for room. Order is
 * that of sending: as long as anything waits, nothing goes past it, records included.
 */
export class Outbound implements RecordOutlet {
  readonly to: Address;
  readonly #link: LinkSender;
  readonly #bound: number;
  readonly #keys = new Map<string, Waiting>();
  #queue: Waiting[] = [];
  #first = 0;
  #dirty = false;
  #refused = false;
  /** The receiver has died, and has no successor yet. */
  severed = false;
  /** The actor was refused before the receiver died, and has not been told that it need not wait any more. */
  #owesRoom = false;
  /** Messages handed to the link so far. */
  sent = 0;
  /** Offers of messages or records that were refused. */
  refusals = 0;
  /** Messages that took the place of an earlier one with their key. */
  coalesced = 0;

  constructor(to: Address, link: LinkSender, bound: number) {
    this.to = to;
    this.#link = link;
    this.#bound = bound;
  }

  get words(): Uint32Array {
    return this.#link.words;
  }

  get backlog(): number {
    return this.#queue.length - this.#first;
  }

  claim(): number {
    if (this.severed) return this.#refuseRecord();
    const at = this.backlog > 0 ? -1 : this.#link.claimRecord();
    if (at < 0) return this.#refuseRecord();
    this.#dirty = true;
    return at;
  }

  claimRun(most: number): number {
    const count = this.severed || this.backlog > 0 ? 0 : this.#link.claimRecords(most);
    if (count === 0) this.#refuse();
    else this.#dirty = true;
    return count;
  }

  get runAt(): number {
    return this.#link.runAt;
  }

  /** False: refused, nothing has changed. */
  send(kind: MessageKind, id: number, message: unknown, delivery: Delivery): boolean {
    if (this.severed) return false;
    const key = typeof delivery === 'object' ? delivery.coalesce : undefined;
    const control = delivery === 'control';
    if (this.backlog === 0 && this.#link.offer(kind, id, message, control)) {
      this.#dirty = true;
      this.sent++;
      return true;
    }
    if (delivery === 'refusable') return this.#refuse();
    const earlier = key === undefined ? undefined : this.#keys.get(key);
    if (earlier !== undefined) {
      earlier.message = message;
      this.coalesced++;
      return true;
    }
    if (this.backlog >= this.#bound + (control ? CONTROL_PLACES : 0)) return this.#refuse();
    const waiting: Waiting = { kind, id, message, control, key };
    this.#queue.push(waiting);
    if (key !== undefined) this.#keys.set(key, waiting);
    return true;
  }

  /** Moves what waits onto the link as far as there is room. Throws what encoding throws; that message is gone then. */
  flush(): void {
    if (this.backlog === 0 || !this.#worthTrying()) return;
    try {
      while (this.#first < this.#queue.length && this.#offerFirst()) this.#first++;
    } catch (error) {
      // What cannot travel at all must not be in the way for ever.
      this.#first++;
      throw error;
    } finally {
      this.#compact();
    }
  }

  publish(): void {
    if (!this.#dirty) return;
    this.#dirty = false;
    this.#link.publish();
  }

  /** Drops what this turn put on the link: after a throw, when a record may be half-written. */
  abort(): void {
    if (!this.#dirty) return;
    this.#dirty = false;
    this.#link.abort();
  }

  /** Whether {@link flush} or {@link takeRoom} would get anywhere. */
  get ready(): boolean {
    if (this.severed) return this.#owesRoom;
    if (this.backlog > 0) return this.#worthTrying();
    return this.#refused && this.#link.hasRoom(false);
  }

  /** True once after a refusal, when nothing waits any more and the link has room again. */
  takeRoom(): boolean {
    if (this.severed) {
      const owed = this.#owesRoom;
      this.#owesRoom = false;
      return owed;
    }
    if (!this.#refused || this.backlog > 0 || !this.#link.hasRoom(false)) return false;
    this.#refused = false;
    return true;
  }

  /**
   * The receiver has died: what waits goes to `bury`, nothing more is sent. Who was refused is told once, so that a message
   * that it holds back becomes a dead letter instead of being in its way.
   */
  sever(bury: (message: unknown) => void): void {
    if (this.severed) return;
    this.abort();
    this.severed = true;
    this.#owesRoom = this.#refused;
    this.drop(bury);
  }

  /** The receiver has a successor: whoever was refused since is told as soon as there is room. */
  reconnect(): void {
    this.severed = false;
    this.#refused ||= this.#owesRoom;
    this.#owesRoom = false;
  }

  /** Takes what waits out of the outbox. */
  drop(bury: (message: unknown) => void): void {
    const queue = this.#queue.slice(this.#first);
    this.#queue = [];
    this.#first = 0;
    this.#refused = false;
    this.#keys.clear();
    for (const waiting of queue) bury(waiting.message);
  }

  #offerFirst(): boolean {
    const waiting = this.#queue[this.#first] as Waiting;
    if (waiting.key !== undefined) this.#keys.delete(waiting.key);
    if (!this.#link.offer(waiting.kind, waiting.id, waiting.message, waiting.control)) {
      if (waiting.key !== undefined) this.#keys.set(waiting.key, waiting);
      return false;
    }
    this.#dirty = true;
    this.sent++;
    return true;
  }

  #compact(): void {
    if (this.#first === this.#queue.length) {
      this.#queue = [];
      this.#first = 0;
    } else if (this.#first > this.#queue.length / 2) {
      this.#queue.splice(0, this.#first);
      this.#first = 0;
    }
  }

  #worthTrying(): boolean {
    return this.#link.hasRoom((this.#queue[this.#first] as Waiting).control);
  }

  #refuseRecord(): -1 {
    this.#refuse();
    return -1;
  }

  #refuse(): false {
    this.#refused = true;
    this.refusals++;
    return false;
  }
}
