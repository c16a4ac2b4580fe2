import type { Actor, ActorContext, Address, Delivery, LogLevel, RecordOutlet, Timer } from '../actor.js';

const RECORD_WORDS = 8;

/** One message that an actor sent. */
export interface SentMessage {
  readonly to: Address;
  readonly message: unknown;
  readonly delivery: Delivery;
}

interface ManualTimer {
  readonly due: number;
  readonly order: number;
  readonly message: unknown;
}

/**
 * A context driven by hand, for unit tests of one actor: keeps what was sent, holds a virtual clock, and delivers
 * nothing by itself. For several actors together use the stepped binding.
 */
export class ManualContext implements ActorContext {
  readonly self: Address;
  readonly sent: SentMessage[] = [];
  readonly events: unknown[] = [];
  readonly failures: Error[] = [];
  readonly logs: { level: LogLevel; text: string; fields?: Readonly<Record<string, unknown>> }[] = [];
  readonly counters: Map<string, number> = new Map();
  readonly replies: unknown[] = [];
  readonly paused: Set<Address> = new Set();
  /** Receivers to which nothing can be sent at the moment. */
  readonly full: Set<Address> = new Set();
  /** Records that fit on the way to one receiver until they are taken. */
  recordCapacity: number;

  #time = 0;
  #order = 0;
  #seed: number;
  #timers: ManualTimer[] = [];
  #posts: unknown[] = [];
  #outlets = new Map<Address, { words: Uint32Array; count: number }>();
  #asks: { to: Address; message: unknown; done: (outcome: { reply: unknown } | { error: Error }) => void }[] = [];

  constructor(options: { self?: Address; seed?: number; recordCapacity?: number } = {}) {
    this.self = options.self ?? 'self';
    this.#seed = options.seed ?? 1;
    this.recordCapacity = options.recordCapacity ?? 1 << 16;
  }

  now(): number {
    return this.#time;
  }

  random(): number {
    this.#seed = (this.#seed + 0x6d2b79f5) >>> 0;
    let t = Math.imul(this.#seed ^ (this.#seed >>> 15), this.#seed | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  send(to: Address, message: unknown, delivery: Delivery = 'lossless'): boolean {
    if (this.full.has(to)) return false;
    this.sent.push({ to, message, delivery });
    return true;
  }

  records(to: Address): RecordOutlet {
    const outlet = this.#outlet(to);
    const room = () => (this.full.has(to) ? 0 : this.recordCapacity - outlet.count);
    return {
      words: outlet.words,
      runAt: 0,
      claim: () => (room() > 0 ? outlet.count++ * RECORD_WORDS : -1),
      claimRun(most) {
        const count = Math.min(most, room());
        (this as { runAt: number }).runAt = outlet.count * RECORD_WORDS;
        outlet.count += count;
        return count;
      },
    };
  }

  backlog(): number {
    return 0;
  }

  pause(from: Address): void {
    this.paused.add(from);
  }

  resume(from: Address): void {
    this.paused.delete(from);
  }

  schedule(delay: number, message: unknown): Timer {
    const timer: ManualTimer = { due: this.#time + delay, order: this.#order++, message };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  post(message: unknown): void {
    this.#posts.push(message);
  }

  ask(to: Address, message: unknown, _deadline: number, done: (outcome: { reply: unknown } | { error: Error }) => void): void {
    this.#asks.push({ to, message, done });
  }

  reply(value: unknown): void {
    this.replies.push(value);
  }

  emit(event: unknown): void {
    this.events.push(event);
  }

  fail(error: Error): void {
    this.failures.push(error);
  }

  log(level: LogLevel, text: string, fields?: Readonly<Record<string, unknown>>): void {
    this.logs.push({ level, text, ...(fields && { fields }) });
  }

  count(name: string, by = 1): void {
    this.counters.set(name, (this.counters.get(name) ?? 0) + by);
  }

  /** Timers that have neither fired nor been cancelled. */
  get timers(): number {
    return this.#timers.length;
  }

  /** Takes everything sent so far, to `to` if given. */
  take(to?: Address): SentMessage[] {
    const taken = this.sent.filter((entry) => to === undefined || entry.to === to);
    const kept = this.sent.filter((entry) => to !== undefined && entry.to !== to);
    this.sent.length = 0;
    this.sent.push(...kept);
    return taken;
  }

  /** Takes the records claimed for `to` so far, as copies of their words. */
  takeRecords(to: Address): Uint32Array[] {
    const outlet = this.#outlet(to);
    const taken: Uint32Array[] = [];
    for (let i = 0; i < outlet.count; i++) taken.push(outlet.words.slice(i * RECORD_WORDS, (i + 1) * RECORD_WORDS));
    outlet.count = 0;
    return taken;
  }

  /** Takes the asks made so far; the test settles them. */
  takeAsks(): { to: Address; message: unknown; done: (outcome: { reply: unknown } | { error: Error }) => void }[] {
    return this.#asks.splice(0);
  }

  /** Delivers posts, then ends the turn; repeats until nothing was posted. */
  settle(actor: Actor<never>): void {
    do {
      for (const message of this.#posts.splice(0)) actor.receive(message as never, this.self);
      actor.turnEnd?.();
    } while (this.#posts.length > 0);
  }

  /** Moves the clock, firing timers in order of time; a turn ends after each. */
  advance(actor: Actor<never>, milliseconds: number): void {
    const end = this.#time + milliseconds;
    for (;;) {
      const due = this.#timers.filter((timer) => timer.due <= end).sort((a, b) => a.due - b.due || a.order - b.order)[0];
      if (due === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== due);
      this.#time = Math.max(this.#time, due.due);
      actor.receive(due.message as never, this.self);
      this.settle(actor);
    }
    this.#time = end;
  }

  #outlet(to: Address): { words: Uint32Array; count: number } {
    let outlet = this.#outlets.get(to);
    if (outlet === undefined) {
      outlet = { words: new Uint32Array(this.recordCapacity * RECORD_WORDS), count: 0 };
      this.#outlets.set(to, outlet);
    }
    return outlet;
  }
}
