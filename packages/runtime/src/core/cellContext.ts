import type { ActorContext, Address, Delivery, LogLevel, RecordOutlet, Timer } from '../actor.js';
import { AskError, type AskFailure, MailboxFullError, TopologyError } from '../errors.js';
import type { ActorCell } from './actorCell.js';
import type { AskOutcome } from './asks.js';
import { MessageKind } from './link.js';
import type { Outbound } from './outbound.js';
import { hashText, seededRandom, spread } from './random.js';
import type { SelfItem } from './selfItem.js';
import { deadEnd, send } from './ways.js';

const NO_TIMER: Timer = { cancel: () => {} };

/** An actor's context in every binding. */
export class CellContext implements ActorContext {
  readonly self: Address;
  readonly random: () => number;
  readonly #cell: ActorCell;

  constructor(cell: ActorCell, seed: number) {
    this.self = cell.address;
    this.#cell = cell;
    // A successor must not draw the numbers of its predecessor again: ids are made of them.
    this.random = seededRandom(seed ^ hashText(cell.address) ^ spread(cell.incarnation));
  }

  now(): number {
    return this.#cell.now();
  }

  send(to: Address, message: unknown, delivery: Delivery = 'lossless'): boolean {
    return send(this.#cell, to, message, delivery);
  }

  /** @throws TopologyError when no link to `to` is declared. */
  records(to: Address): RecordOutlet {
    const outbound = this.#cell.outbound.get(to);
    if (outbound === undefined)
      throw new TopologyError(`${this.self} wants to send records to ${to}: declare a link between them`);
    return outbound;
  }

  backlog(to: Address): number {
    return this.#cell.outbound.get(to)?.backlog ?? 0;
  }

  pause(from: Address): void {
    this.#setPaused(from, true);
  }

  resume(from: Address): void {
    this.#setPaused(from, false);
    this.#cell.host.wake();
  }

  schedule(delay: number, message: unknown): Timer {
    return this.#addTimer(delay, { type: 'message', message });
  }

  post(message: unknown): void {
    this.#cell.enqueue({ type: 'message', message });
  }

  ask(to: Address, message: unknown, deadline: number, done: (outcome: AskOutcome) => void): void {
    const { asks, host } = this.#cell;
    const reason = this.#askObstacle(to);
    if (reason !== undefined || asks.size >= host.limits.asks) {
      this.#askFails(to, reason ?? 'refused', done);
      return;
    }
    const id = asks.nextId();
    const outbound = this.#cell.outbound.get(to) as Outbound;
    if (!outbound.send(MessageKind.ASK, id, message, 'lossless')) {
      this.#askFails(to, 'refused', done);
      return;
    }
    if (!this.#cell.inTurn) outbound.publish();
    asks.add(id, to, this.#addTimer(deadline, { type: 'ask-deadline', id }), done);
  }

  reply(value: unknown): void {
    // What a failed actor still says is not taken for a result.
    if (this.#cell.state !== 'failed') this.#cell.answer?.({ reply: value });
  }

  emit(event: unknown, coalesce?: string): void {
    if (this.#cell.state === 'dead') return;
    this.#cell.host.reports.event(this.self, event, coalesce);
    if (!this.#cell.inTurn) this.#cell.host.wake();
  }

  fail(error: Error): void {
    this.#cell.fault('fail', error, false);
  }

  log(level: LogLevel, text: string, fields?: Readonly<Record<string, unknown>>): void {
    if (this.#cell.state === 'dead') return;
    this.#cell.host.reports.log({ time: this.now(), from: this.self, level, text, ...(fields && { fields }) });
  }

  count(name: string, by = 1): void {
    const { counters } = this.#cell;
    counters.set(name, (counters.get(name) ?? 0) + by);
  }

  #setPaused(from: Address, paused: boolean): void {
    // Nothing ever comes from an actor without a link to here: then there is nothing to pause.
    for (const inbound of this.#cell.inbound) if (inbound.from === from) inbound.paused = paused;
  }

  #askObstacle(to: Address): AskFailure | undefined {
    const reason = deadEnd(this.#cell, to);
    if (reason === 'unknown-address' || reason === 'no-link' || reason === 'thread-dead') return reason;
    return this.#cell.inbound.some((inbound) => inbound.from === to) ? undefined : 'no-return-link';
  }

  #askFails(to: Address, reason: AskFailure, done: (outcome: AskOutcome) => void): void {
    this.#cell.enqueue({ type: 'outcome', done, outcome: { error: new AskError(to, reason) } });
  }

  #addTimer(delay: number, item: SelfItem): Timer {
    const cell = this.#cell;
    const { host } = cell;
    if (cell.state === 'dead') return NO_TIMER;
    if (cell.timers >= host.limits.timers) {
      cell.fault('schedule', new MailboxFullError(cell.address, 'the set of timers', host.limits.timers), false);
      return NO_TIMER;
    }
    cell.timers++;
    const due = host.clock.now() + Math.max(0, delay);
    const timer = host.timers.add(due, { cell, item }, () => {
      cell.timers--;
    });
    if (!cell.inTurn) host.wake();
    return timer;
  }
}
