import type { Actor, Address } from '../actor.js';
import { ActorFaultError, AskError, type AskFailure, MailboxFullError } from '../errors.js';
import { type AskOutcome, Asks, once } from './asks.js';
import type { CellHost } from './cellHost.js';
import { Inbound } from './inbound.js';
import { type LinkReceiver, type LinkSender, MessageKind } from './link.js';
import { messageType } from './messageType.js';
import { Outbound } from './outbound.js';
import { type ActorState, OUTSIDE, type SelfItem } from './selfItem.js';
import { answer } from './ways.js';

type EndReason = 'receiver-failed' | 'receiver-stopped' | 'thread-dead';

/**
 * One actor with its mailbox, outboxes and timers. A turn delivers a bounded burst, calls `turnEnd`, and only then makes
 * visible what the actor sent.
 */
export class ActorCell {
  readonly address: Address;
  readonly host: CellHost;
  readonly inbound: Inbound[] = [];
  readonly outbound: Map<Address, Outbound> = new Map();
  readonly asks: Asks;
  /** How many actors had the address before. */
  readonly incarnation: number;
  readonly counters: Map<string, number> = new Map();
  state: ActorState = 'starting';
  inTurn = false;
  timers = 0;
  turns = 0;
  /** Milliseconds by which the actor's clock is ahead of the system's. */
  clockOffset = 0;
  /** Answers the message in hand, when it was asked. */
  answer: ((outcome: AskOutcome) => void) | undefined;
  readonly #tickInterval: number | undefined;
  #actor: Actor<unknown> | undefined;
  #self: SelfItem[] = [];
  #nextInbound = 0;
  #aborted = false;

  constructor(address: Address, host: CellHost, tickInterval?: number, incarnation = 0) {
    this.address = address;
    this.host = host;
    this.incarnation = incarnation;
    this.asks = new Asks(incarnation);
    this.#tickInterval = tickInterval;
  }

  /** Called while the system is put together. */
  connect(peer: Address, way: { sender: LinkSender; outbox: number } | { receiver: LinkReceiver }): void {
    if ('receiver' in way) this.inbound.push(new Inbound(this, peer, way.receiver));
    else this.outbound.set(peer, new Outbound(peer, way.sender, way.outbox));
  }

  now(): number {
    return this.host.clock.now() + this.clockOffset;
  }

  get actor(): Actor<unknown> | undefined {
    return this.#actor;
  }

  /** From now on the actor receives. */
  start(actor: Actor<unknown>): void {
    this.#actor = actor;
    if (this.state !== 'starting') return; // It has failed while it was made.
    this.state = 'running';
    this.#scheduleTick();
  }

  // ------------------------------------------------------------------ turns

  /** Whether a turn would do anything. */
  get ready(): boolean {
    if (this.state === 'dead') return false;
    if (this.selfReady) return true;
    for (const inbound of this.inbound) if (inbound.ready || (this.gone && !inbound.empty)) return true;
    return this.roomReady;
  }

  get selfReady(): boolean {
    return this.#self.length > 0;
  }

  get roomReady(): boolean {
    for (const outbound of this.outbound.values()) if (outbound.ready) return true;
    return false;
  }

  /** One turn. Returns how much was delivered. */
  turn(): number {
    if (this.state === 'dead') return 0;
    const handled = this.roomTurn() + this.selfTurn();
    let delivered = 0;
    const count = this.inbound.length;
    // Another link is first in each turn; a burst bounds what one may take.
    const first = this.#nextInbound++ % (count || 1);
    for (let i = 0; i < count; i++)
      delivered += this.#drain(this.inbound[(first + i) % count] as Inbound, this.host.limits.burst);
    if (delivered > 0) this.#endTurn();
    return handled + delivered;
  }

  /** A turn with at most `limit` items of one link. */
  linkTurn(inbound: Inbound, limit: number): number {
    const delivered = this.#drain(inbound, limit);
    if (delivered > 0) this.#endTurn();
    return delivered;
  }

  /** A turn with what the actor has posted to itself, its fired timers, and messages from outside. */
  selfTurn(): number {
    if (this.#self.length === 0) return 0;
    const items = this.#self;
    this.#self = [];
    for (const item of items) this.#onSelf(item);
    this.#endTurn();
    return items.length;
  }

  /** A turn that tells the actor where there is room again, if anywhere. */
  roomTurn(): number {
    let told = 0;
    this.flush();
    for (const outbound of this.outbound.values()) {
      if (!outbound.takeRoom() || this.state !== 'running' || this.#actor?.room === undefined) continue;
      told++;
      this.#guard('room', () => this.#actor?.room?.(outbound.to));
    }
    if (told > 0) this.#endTurn();
    return told;
  }

  /** Moves what waits in outboxes onto links that have room, and makes all that lies on links visible. */
  flush(): void {
    for (const outbound of this.outbound.values()) {
      if (outbound.backlog > 0) this.#guard(`sending to ${outbound.to}`, () => outbound.flush());
      outbound.publish();
    }
  }

  /** Calls the actor's `stop` in a turn, and gives what it returned. */
  stopTurn(): void | Promise<void> {
    if (this.state !== 'running') return undefined;
    const result = this.#guard('stop', () => this.#actor?.stop?.());
    this.#endTurn();
    if (!this.gone) this.state = 'stopping';
    return result;
  }

  /** The system does not wait for the actor any longer: it is told once, if it is there to be told. */
  async abort(): Promise<void> {
    if (this.#aborted || this.gone) return;
    this.#aborted = true;
    // How it goes is nobody's concern any more.
    await this.#guard('abort', () => this.#actor?.abort?.())?.catch(() => undefined);
  }

  /** The actor is gone without a word: what it had not made visible, its outboxes, posts, timers and asks vanish. */
  die(): void {
    this.state = 'dead';
    this.host.timers.remove(({ cell }) => cell === this);
    this.timers = 0;
    for (const outbound of this.outbound.values()) outbound.sever(() => undefined);
    this.#forget();
  }

  /** The end of a stop: the actor receives nothing more. What waits in its outboxes still goes out. */
  close(): void {
    if (this.gone) return;
    this.state = 'stopped';
    this.#forget();
  }

  #endTurn(): void {
    this.turns++;
    if (!this.gone) this.#guard('turnEnd', () => this.#actor?.turnEnd?.());
    this.flush();
  }

  #drain(inbound: Inbound, limit: number): number {
    if (this.gone || !inbound.paused) {
      this.inTurn = true;
      try {
        return inbound.drain(limit);
      } finally {
        this.inTurn = false;
      }
    }
    return 0;
  }

  // ------------------------------------------------------------------ deliveries

  onMessage(kind: MessageKind, id: number, message: unknown, inbound: Inbound): boolean {
    if (kind === MessageKind.REPLY || kind === MessageKind.REFUSAL) {
      if (this.gone) return true;
      this.#observe('reply', inbound.from, message);
      const error = kind === MessageKind.REFUSAL ? new AskError(inbound.from, message as AskFailure) : undefined;
      this.#guard('ask outcome', () => this.asks.settle(id, error === undefined ? { reply: message } : { error }));
    } else {
      const answerIt = kind === MessageKind.ASK ? (outcome: AskOutcome) => answer(this, inbound.from, id, outcome) : undefined;
      if (this.state === 'running') this.#receive(message, inbound.from, answerIt);
      else this.#refuse(message, inbound.from, answerIt);
    }
    return this.gone || !inbound.paused;
  }

  onUndecodable(error: Error, inbound: Inbound): boolean {
    this.fault(`a frame from ${inbound.from}`, error, true);
    return true;
  }

  #onSelf(item: SelfItem): void {
    if (item.type === 'outside') {
      if (this.state === 'running') this.#receive(item.message, OUTSIDE, item.answer);
      else this.#refuse(item.message, OUTSIDE, item.answer);
    } else if (item.type === 'tick') {
      if (this.state === 'running') this.#guard('tick', () => this.#actor?.tick?.(this.now()));
      this.#scheduleTick();
    } else if (!this.gone) {
      if (item.type === 'message') this.#receive(item.message, this.address, undefined);
      else if (item.type === 'outcome') this.#guard('ask outcome', () => item.done(item.outcome));
      else this.#guard('ask outcome', () => this.asks.fail(item.id, item.type === 'ask-deadline' ? 'deadline' : item.reason));
    }
  }

  #receive(message: unknown, from: Address, answer: ((outcome: AskOutcome) => void) | undefined): void {
    this.#observe('message', from, message);
    if (answer !== undefined && this.#actor?.remote === true) {
      answer({ error: new AskError(this.address, 'remote') });
      return;
    }
    this.answer = answer && once(answer);
    this.#guard(messageType(message), () => this.#actor?.receive(message, from));
    // Nobody can reply later: the asker need not wait for its deadline.
    this.answer?.({ error: new AskError(this.address, this.state === 'failed' ? 'receiver-failed' : 'no-reply') });
    this.answer = undefined;
  }

  #refuse(message: unknown, from: Address, answer: ((outcome: AskOutcome) => void) | undefined): void {
    const reason = this.deadReason;
    if (answer === undefined) this.host.reports.deadLetter(from, this.address, message, reason);
    else answer({ error: new AskError(this.address, reason) });
  }

  // ------------------------------------------------------------------ what the actor does

  /** Puts something into the actor's own queue; at its bound the actor fails (a post that vanished would be worse). */
  enqueue(item: SelfItem): void {
    if (this.gone && item.type !== 'outside') return;
    if (this.#self.length >= this.host.limits.selfQueue) {
      this.fault(
        item.type,
        new MailboxFullError(this.address, 'the queue of posts and timers', this.host.limits.selfQueue),
        false,
      );
      return;
    }
    this.#self.push(item);
    this.host.wake();
  }

  /** A message from outside. False: the queue is full. */
  enqueueOutside(message: unknown, answer?: (outcome: AskOutcome) => void): boolean {
    if (this.#self.length >= this.host.limits.selfQueue) return false;
    this.enqueue({ type: 'outside', message, ...(answer && { answer }) });
    return true;
  }

  /**
   * The actor has failed. `thrown`: in the middle of something, so what its turn has put on links is dropped, for a
   * record may be half-written.
   */
  fault(during: string, error: unknown, thrown: boolean): void {
    if (this.gone) return;
    this.state = 'failed';
    if (thrown) for (const outbound of this.outbound.values()) outbound.abort();
    this.#forget();
    this.host.reports.fault(new ActorFaultError(this.address, this.host.thread, during, error));
    this.host.wake();
  }

  /** It receives nothing more. */
  get gone(): boolean {
    return this.state === 'stopped' || this.state === 'failed' || this.state === 'dead';
  }

  /** Why nothing that is sent to it arrives any more. */
  get deadReason(): EndReason {
    if (this.state === 'dead') return 'thread-dead';
    return this.state === 'failed' ? 'receiver-failed' : 'receiver-stopped';
  }

  #observe(kind: 'message' | 'reply', from: Address, content: unknown): void {
    const { observer, clock } = this.host;
    if (observer !== undefined) observer({ time: clock.now(), from, to: this.address, kind, content });
  }

  #forget(): void {
    this.asks.clear();
    const items = this.#self;
    this.#self = [];
    for (const item of items) if (item.type === 'outside') this.#refuse(item.message, OUTSIDE, item.answer);
  }

  #guard<T>(during: string, body: () => T): T | undefined {
    const outer = this.inTurn;
    this.inTurn = true;
    try {
      return body();
    } catch (error) {
      this.fault(during, error, true);
      return undefined;
    } finally {
      this.inTurn = outer;
    }
  }

  #scheduleTick(): void {
    if (this.#tickInterval === undefined || this.state !== 'running') return;
    this.host.timers.add(this.host.clock.now() + this.#tickInterval, { cell: this, item: { type: 'tick' } });
  }
}
