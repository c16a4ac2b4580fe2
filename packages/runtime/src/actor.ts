/**
 * The actor contract.
 *
 * An actor is a plain object. It is called by one binding at a time, never re-entered, and gets everything from its
 * context: the clock, chance, the way to others, timers, a log, counters. It touches no threads, timers, `Date.now`,
 * `Math.random` or I/O by itself; so the same class runs stepped (virtual clock), local (one thread) and on threads.
 */

/** Name of an actor within one system, such as `coordinator` or `worker-3`. */
export type Address = string;

/** How a message behaves when the way to its receiver is full. */
export type Delivery =
  /** Kept in order in a bounded outbox until there is room; refused only when the outbox itself is full. */
  | 'lossless'
  /** Lossless, and may use the headroom that a lane reserves for control. */
  | 'control'
  /** Refused at once when the lane has no room: the sender keeps it and tries again. */
  | 'refusable'
  /** Waits like a lossless one; a later message with the same key takes its place. */
  | { readonly coalesce: string };

/** A running timer of an actor. */
export interface Timer {
  /** Stops the timer. Cancelling one that has fired or was cancelled does nothing. */
  cancel(): void;
}

/** Fixed 32-byte records to one receiver, written in place: no object per record. */
export interface RecordOutlet {
  /** The whole lane as 32-bit words. */
  readonly words: Uint32Array;
  /**
   * Claims the next cell. Returns the index of its first word, or -1 when the lane is full and nothing has changed. The
   * low byte of the first word belongs to the lane. Records and messages to one receiver keep their order. What was
   * claimed becomes visible when the actor's turn ends.
   */
  claim(): number;
  /**
   * Claims up to `most` cells that lie side by side, the first at {@link runAt}. Returns how many: 0 when the lane is full
   * and nothing has changed; fewer than `most` means nothing more than that, so ask again.
   */
  claimRun(most: number): number;
  /** Index of the first word of what {@link claimRun} claimed last. */
  readonly runAt: number;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Everything that an actor may use. */
export interface ActorContext<Out = unknown> {
  readonly self: Address;
  /** Milliseconds on a clock that never goes back. */
  now(): number;
  /** A 32-bit unsigned random number from the actor's seeded source. */
  random(): number;
  /** Sends a message, which is immutable from now on. False: refused, nothing has changed; `room(to)` will be called when it is worth trying again. */
  send(to: Address, message: Out, delivery?: Delivery): boolean;
  /** The record outlet to one receiver. Cheap to keep; valid for the actor's life. */
  records(to: Address): RecordOutlet;
  /** Messages and records to `to` that wait in the outbox, not yet on the lane. */
  backlog(to: Address): number;
  /** Delivers nothing more from `from` until {@link resume}: the sender's lane fills and the sender feels it. */
  pause(from: Address): void;
  resume(from: Address): void;
  /** Delivers `message` to this actor itself after `delay` milliseconds (0: after what is queued now). */
  schedule(delay: number, message: unknown): Timer;
  /** For an effect (a sink, a file) that completes outside the actor's turn: delivers its result to this actor. */
  post(message: unknown): void;
  /**
   * Asks another actor and calls `done` exactly once, in a turn of this actor: with the reply, or with an error (no
   * such actor, deadline passed, receiver stopped). `deadline` is in milliseconds from now and mandatory.
   */
  ask(to: Address, message: Out, deadline: number, done: (outcome: { reply: unknown } | { error: Error }) => void): void;
  /** Answers the ask that is being handled. Does nothing when the message in hand was not asked. */
  reply(value: unknown): void;
  /** Tells the outside (the host facade). Bounded; with a key a later event takes the place of an equal one not yet taken. */
  emit(event: unknown, coalesce?: string): void;
  /** Declares that this actor cannot go on. The system is told with this error; the actor receives nothing more. */
  fail(error: Error): void;
  log(level: LogLevel, text: string, fields?: Readonly<Record<string, unknown>>): void;
  /** Adds to a named counter, readable through inspect. */
  count(name: string, by?: number): void;
}

/** A pure actor. Messages from itself (timers, posts) arrive with `from` equal to its own address. */
export interface Actor<In = unknown> {
  /** It stands for an actor on another host: it can be sent to, and whoever asks it learns at once that it cannot (`remote`). */
  readonly remote?: boolean;
  receive(message: In, from: Address): void;
  /** One record, read in place: valid only during the call. */
  receiveRecord?(words: Uint32Array, at: number, from: Address): void;
  /**
   * `count` records side by side, 8 words each, in place of as many calls of {@link receiveRecord}. Returns how many it took: at
   * least one, and fewer than `count` only when it has paused the sender, to whom the rest then stays.
   */
  receiveRecords?(words: Uint32Array, at: number, count: number, from: Address): number;
  /** Called after each burst of deliveries, before what was sent becomes visible. The place to flush what was gathered. */
  turnEnd?(): void;
  /** Called at the interval that its placement names, if any. */
  tick?(now: number): void;
  /** There is room again on the way to `to`, after a refusal. */
  room?(to: Address): void;
  /** Called once, after everything delivered before the stop was handled. The system waits for what it returns, up to the stop's deadline. */
  stop?(): void | Promise<void>;
  /**
   * The system ends without waiting for this actor any longer (hard stop, or a stop's deadline): cancel what runs outside of it.
   * Called once, between turns. What it returns is waited for, a quarter of a second at most; nothing that it sends or posts is
   * delivered for certain. Not called when the actor's thread has died.
   */
  abort?(): void | Promise<void>;
  /** A plain-data snapshot for people and tests. */
  inspect?(): unknown;
}

/** Makes an actor on the thread where it will live. `options` is what the placement carries (structured-cloneable). */
export type ActorFactory<Options = unknown> = (context: ActorContext, options: Options) => Actor | Promise<Actor>;
