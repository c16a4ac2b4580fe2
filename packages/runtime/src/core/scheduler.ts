import type { Actor, Address } from '../actor.js';
import { AskError, MailboxFullError } from '../errors.js';
import type { ActorSnapshot, ThreadReport } from '../system.js';
import type { Limits } from '../topology.js';
import { ActorCell } from './actorCell.js';
import type { AskOutcome } from './asks.js';
import { CellContext } from './cellContext.js';
import type { CellHost } from './cellHost.js';
import type { Clock } from './clock.js';
import type { DeliveryObserver } from './observation.js';
import { Reports } from './reports.js';
import type { SelfItem } from './selfItem.js';
import { TimerQueue } from './timerQueue.js';

interface Waiter {
  readonly met: () => boolean;
  readonly until: number;
  readonly resolve: (met: boolean) => void;
}

/** All actors of one thread: whose turn it is, their timers, and what they tell the outside. Never waits by itself. */
export class Scheduler implements CellHost {
  readonly thread: string;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly timers: TimerQueue<{ readonly cell: ActorCell; readonly item: SelfItem }> = new TimerQueue();
  readonly reports: Reports;
  readonly cells: ActorCell[] = [];
  observer: DeliveryObserver | undefined;
  /** Set by who runs the loop. */
  onWake: () => void = () => {};
  readonly #known: Set<Address>;
  readonly #seed: number;
  #waiters: Waiter[] = [];

  constructor(thread: string, clock: Clock, limits: Limits, known: Iterable<Address>, seed: number) {
    this.thread = thread;
    this.clock = clock;
    this.limits = limits;
    this.reports = new Reports(limits);
    this.#known = new Set(known);
    this.#seed = seed;
  }

  add(address: Address, tickInterval?: number, incarnation?: number): ActorCell {
    const cell = new ActorCell(address, this, tickInterval, incarnation);
    this.cells.push(cell);
    this.#known.add(address);
    return cell;
  }

  /** A cell for the same address. It does nothing until {@link replace}. */
  successorOf(cell: ActorCell, tickInterval?: number): ActorCell {
    const successor = new ActorCell(cell.address, this, tickInterval, cell.incarnation + 1);
    successor.clockOffset = cell.clockOffset;
    return successor;
  }

  /** The successor of a cell takes its place in the order of turns. */
  replace(cell: ActorCell, successor: ActorCell): void {
    this.cells[this.cells.indexOf(cell)] = successor;
  }

  /** Nobody has ever heard of it. */
  remove(cell: ActorCell): void {
    this.cells.splice(this.cells.indexOf(cell), 1);
    this.#known.delete(cell.address);
  }

  contextOf(cell: ActorCell): CellContext {
    return new CellContext(cell, this.#seed);
  }

  cell(address: Address): ActorCell | undefined {
    return this.cells.find((cell) => cell.address === address);
  }

  knows(address: Address): boolean {
    return this.#known.has(address);
  }

  wake(): void {
    this.onWake();
  }

  /** Hands due timers to their actors, then gives every actor a turn. Returns how much was delivered. */
  iterate(): number {
    this.fireTimers();
    let handled = 0;
    let began = this.clock.now();
    for (const cell of this.cells) {
      handled += cell.turn();
      const ended = this.clock.now();
      if (ended - began > this.limits.slowTurn) this.#tellSlow(cell, ended - began);
      began = ended;
    }
    this.checkWaiters();
    return handled;
  }

  #tellSlow(cell: ActorCell, took: number): void {
    const context = this.contextOf(cell);
    context.count('slow-turns');
    context.log('warn', `a turn took ${Math.round(took)} ms; nothing else on this thread ran meanwhile`);
  }

  /** Puts everything that is due into its actor's queue. */
  fireTimers(): void {
    const now = this.clock.now();
    for (let due = this.timers.take(now); due !== undefined; due = this.timers.take(now)) this.fire(due);
  }

  fire(due: { readonly cell: ActorCell; readonly item: SelfItem }): void {
    if (due.item.type !== 'tick') due.cell.timers--;
    due.cell.enqueue(due.item);
  }

  get ready(): boolean {
    for (const cell of this.cells) if (cell.ready) return true;
    return false;
  }

  /** When something is due by time alone. */
  get nextDue(): number | undefined {
    let next = this.timers.nextDue;
    for (const waiter of this.#waiters) next = next === undefined ? waiter.until : Math.min(next, waiter.until);
    return next;
  }

  /** Settles once `met` holds after some iteration (true), or at the time `until` (false). */
  until(met: () => boolean, until: number): Promise<boolean> {
    if (met()) return Promise.resolve(true);
    return new Promise((resolve) => {
      this.#waiters.push({ met, until, resolve });
      this.wake();
    });
  }

  checkWaiters(): void {
    if (this.#waiters.length === 0) return;
    const now = this.clock.now();
    this.#waiters = this.#waiters.filter((waiter) => {
      const met = waiter.met();
      if (!met && now < waiter.until) return true;
      waiter.resolve(met);
      return false;
    });
  }

  /**
   * The last turn of those that are gone: what was sent to them before their senders stopped is a dead letter, whether the loop
   * saw it or its end first. Senders must have stopped.
   */
  refuseRest(): void {
    for (const cell of this.cells) if (cell.gone) while (cell.turn() > 0);
  }

  /** Nothing runs any more: every waiter learns how it stands. */
  releaseWaiters(): void {
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(waiter.met());
  }

  // ------------------------------------------------------------------ from outside

  /** @throws AskError, MailboxFullError */
  sendFromOutside(address: Address, message: unknown, answer?: (outcome: AskOutcome) => void): void {
    const cell = this.cell(address);
    if (cell === undefined) throw new AskError(address, 'unknown-address');
    if (cell.state === 'stopped') throw new AskError(address, 'receiver-stopped');
    if (cell.state === 'dead') throw new AskError(address, 'thread-dead');
    if (cell.state === 'failed') throw new AskError(address, 'receiver-failed');
    if (!cell.enqueueOutside(message, answer))
      throw new MailboxFullError(address, 'the queue for the outside', this.limits.selfQueue);
  }

  report(): ThreadReport {
    return {
      name: this.thread,
      actors: this.cells.map((cell) => snapshot(cell, cell.actor)),
      deadLetters: this.reports.deadLetterCounts,
      droppedEvents: this.reports.droppedEvents,
      droppedLogs: this.reports.droppedLogs,
      time: this.clock.now(),
    };
  }
}

function snapshot(cell: ActorCell, actor: Actor<unknown> | undefined): ActorSnapshot {
  return {
    address: cell.address,
    state: cell.state,
    turns: cell.turns,
    timers: cell.timers,
    asks: cell.asks.size,
    lateReplies: cell.asks.late,
    counters: Object.fromEntries(cell.counters),
    inbound: cell.inbound.map(({ from, paused, empty, received, messages }) => ({
      from,
      paused,
      empty,
      records: received,
      messages,
    })),
    outbound: [...cell.outbound.values()].map(({ to, backlog, sent, refusals, coalesced }) => ({
      to,
      backlog,
      sent,
      refusals,
      coalesced,
    })),
    detail: detailOf(actor),
  };
}

function detailOf(actor: Actor<unknown> | undefined): unknown {
  try {
    // A copy: the actor goes on, the snapshot does not; and what cannot be copied would spoil the whole snapshot.
    return structuredClone(actor?.inspect?.());
  } catch (error) {
    return { inspectFailed: String(error) };
  }
}
