import type { Address, Timer } from '../actor.js';
import { AskError, type AskFailure } from '../errors.js';
import { spread } from './random.js';

export type AskOutcome = { reply: unknown } | { error: Error };

interface Pending {
  readonly to: Address;
  readonly done: (outcome: AskOutcome) => void;
  readonly timer: Timer;
}

/** One actor's asks that wait for a reply. Each ends exactly once: whichever of reply, refusal and deadline comes first. */
export class Asks {
  readonly #pending = new Map<number, Pending>();
  #lastId: number;
  /** Replies that came after their ask had ended. */
  late = 0;

  /** Each incarnation of an actor has ids of its own: a reply to its predecessor must not be taken for one to it. */
  constructor(incarnation = 0) {
    this.#lastId = spread(incarnation);
  }

  get size(): number {
    return this.#pending.size;
  }

  /** An id that no pending ask has. Never 0. */
  nextId(): number {
    do this.#lastId = (this.#lastId + 1) >>> 0 || 1;
    while (this.#pending.has(this.#lastId));
    return this.#lastId;
  }

  add(id: number, to: Address, timer: Timer, done: (outcome: AskOutcome) => void): void {
    this.#pending.set(id, { to, done, timer });
  }

  /** Ends an ask in the current turn. */
  settle(id: number, outcome: AskOutcome): void {
    const ask = this.#pending.get(id);
    if (ask === undefined) {
      this.late++;
      return;
    }
    this.#pending.delete(id);
    ask.timer.cancel();
    ask.done(outcome);
  }

  fail(id: number, reason: AskFailure): void {
    const ask = this.#pending.get(id);
    if (ask !== undefined) this.settle(id, { error: new AskError(ask.to, reason) });
  }

  /** Ids of the asks that wait for one of `addresses`. */
  waitingFor(addresses: ReadonlySet<Address>): number[] {
    return [...this.#pending].filter(([, ask]) => addresses.has(ask.to)).map(([id]) => id);
  }

  /** Forgets everything: the asker is gone, `done` is not called. */
  clear(): void {
    for (const ask of this.#pending.values()) ask.timer.cancel();
    this.#pending.clear();
  }
}

/** The first outcome counts. */
export function once(answer: (outcome: AskOutcome) => void): (outcome: AskOutcome) => void {
  let answered = false;
  return (outcome) => {
    if (answered) return;
    answered = true;
    answer(outcome);
  };
}
