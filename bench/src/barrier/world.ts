import type { Actor, ActorContext, Address, Delivery, LogLevel, RecordOutlet, Timer } from '@tidegate/runtime';
import { ProcessorClock } from './processorClock.js';

interface Item {
  readonly from: Address;
  readonly message: unknown;
}

interface Alarm {
  readonly due: number;
  readonly to: Address;
  readonly message: unknown;
  live: boolean;
}

/** Something outside of the actors that has work of its own: true when it did some. */
type Driver = () => boolean;

/**
 * Actors in one thread, on a {@link ProcessorClock}: messages by reference and in order, turns that end, timers that fire.
 * What waits and what is sent costs next to nothing, so that what is measured is the actors.
 */
export class World {
  readonly #clock = new ProcessorClock();
  #now = this.#clock.now();
  readonly counters: Map<string, number> = new Map();
  readonly paused: Set<Address> = new Set();
  /** Called between turns. */
  watch: () => void = () => {};
  onEvent: (event: unknown) => void = () => {};
  readonly #actors = new Map<Address, Actor<never>>();
  readonly #inboxes = new Map<Address, Item[]>();
  readonly #outside = new Map<Address, (message: unknown) => void>();
  #alarms: Alarm[] = [];

  /** Milliseconds. Actors see the time as it was before their turn. */
  now(): number {
    this.#now = this.#clock.now();
    return this.#now;
  }

  add<A extends Actor<never>>(address: Address, make: (context: ActorContext) => A): A {
    const actor = make(this.#contextOf(address));
    this.#actors.set(address, actor);
    this.#inboxes.set(address, []);
    return actor;
  }

  /** What is sent to `address` is handed to `take` at once. */
  outside(address: Address, take: (message: unknown) => void): void {
    this.#outside.set(address, take);
  }

  send(from: Address, to: Address, message: unknown): void {
    const inbox = this.#inboxes.get(to);
    if (inbox === undefined) this.#outside.get(to)?.(message);
    else inbox.push({ from, message });
  }

  /** Goes on until `done`. Time jumps when nobody has anything to do. */
  run(drive: Driver, done: () => boolean): void {
    while (!done()) {
      this.now();
      let busy = this.#fire();
      for (const to of this.#actors.keys()) busy = this.#turn(to) || busy;
      busy = drive() || busy;
      this.watch();
      if (busy) continue;
      const next = this.#nextDue();
      if (next === undefined) throw new Error('nothing is left to happen');
      this.#clock.skipTo(next);
    }
  }

  /** An actor's turn with everything that waits for it. False: nothing did. */
  #turn(to: Address): boolean {
    const items = this.#inboxes.get(to) as Item[];
    if (items.length === 0) return false;
    this.#inboxes.set(to, []);
    const actor = this.#actors.get(to) as Actor;
    for (const { from, message } of items) actor.receive(message, from);
    actor.turnEnd?.();
    return true;
  }

  #fire(): boolean {
    const now = this.#now;
    const due = this.#alarms.filter((alarm) => alarm.live && alarm.due <= now).sort((a, b) => a.due - b.due);
    if (due.length === 0) return false;
    for (const alarm of due) {
      if (!alarm.live) continue;
      alarm.live = false;
      const actor = this.#actors.get(alarm.to) as Actor;
      actor.receive(alarm.message, alarm.to);
      actor.turnEnd?.();
    }
    this.#alarms = this.#alarms.filter(({ live }) => live);
    return true;
  }

  #nextDue(): number | undefined {
    const live = this.#alarms.filter((alarm) => alarm.live);
    return live.length === 0 ? undefined : Math.min(...live.map(({ due }) => due));
  }

  #contextOf(self: Address): ActorContext {
    let seed = 1;
    return {
      self,
      now: () => this.#now,
      random: () => {
        seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
        return seed;
      },
      send: (to: Address, message: unknown, _delivery?: Delivery): boolean => {
        this.send(self, to, message);
        return true;
      },
      records: (): RecordOutlet => {
        throw new Error(`${self} sends no records here`);
      },
      backlog: () => 0,
      pause: (from) => this.paused.add(from),
      resume: (from) => this.paused.delete(from),
      schedule: (delay, message): Timer => {
        const alarm = { due: this.#now + delay, to: self, message, live: true };
        this.#alarms.push(alarm);
        return {
          cancel: () => {
            alarm.live = false;
          },
        };
      },
      post: () => {},
      ask: () => {},
      reply: () => {},
      emit: (event) => this.onEvent(event),
      fail: (error) => {
        throw error;
      },
      log: (level: LogLevel, text) => {
        if (level === 'error') throw new Error(text);
      },
      count: (name, by = 1) => {
        this.counters.set(name, (this.counters.get(name) ?? 0) + by);
      },
    };
  }
}
