import type { Address } from './actor.js';

/** Base of every error of this package. `code` is stable; the message says what, where, and what to do. */
export class RuntimeError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The topology cannot be run as it stands. */
export class TopologyError extends RuntimeError {
  constructor(message: string) {
    super('RUNTIME_TOPOLOGY', message);
  }
}

/** An actor's module, factory, or lane could not be brought up; nothing runs. */
export class StartError extends RuntimeError {
  /** Thread or actor that failed to start. */
  readonly where: string;

  constructor(where: string, why: string, options?: ErrorOptions) {
    super('RUNTIME_START', `${where} did not start: ${why}`, options);
    this.where = where;
  }
}

/** A message that no lane to its receiver can ever hold. Split it, or give the link a larger capacity. */
export class MessageTooLargeError extends RuntimeError {
  constructor(from: Address, to: Address, type: string, bytes: number, limit: number) {
    super(
      'RUNTIME_MESSAGE_TOO_LARGE',
      `message '${type}' from ${from} to ${to} takes ${bytes} bytes and the lane carries at most ${limit}: ` +
        'split the message or raise capacityBytes of the link',
    );
  }
}

/** A frame that cannot be decoded: the two sides do not share one codec, or the lane is damaged. */
export class CodecError extends RuntimeError {
  constructor(message: string, options?: ErrorOptions) {
    super('RUNTIME_CODEC', message, options);
  }
}

/** An actor's own bounded queue (posts, timers, messages from outside) is full. */
export class MailboxFullError extends RuntimeError {
  constructor(address: Address, queue: string, limit: number) {
    super('RUNTIME_MAILBOX_FULL', `${queue} of ${address} is at its bound of ${limit}`);
  }
}

/** Why an ask came to nothing. */
export type AskFailure =
  | 'deadline'
  | 'unknown-address'
  | 'no-link'
  | 'no-return-link'
  | 'refused'
  | 'no-reply'
  | 'receiver-stopped'
  | 'receiver-failed'
  | 'thread-dead'
  | 'remote';

const ASK_ADVICE: Readonly<Record<AskFailure, string>> = {
  deadline: 'no reply came before the deadline',
  'unknown-address': 'the topology has no actor of that address',
  'no-link': 'the topology declares no link to it',
  'no-return-link': 'the topology declares no link back, on which a reply could travel',
  refused: 'the outbox, or the table of pending asks, is full',
  'no-reply': 'the receiver handled the message and did not reply',
  'receiver-stopped': 'the receiver has stopped',
  'receiver-failed': 'the receiver has failed',
  'thread-dead': 'the receiver, or its thread, has died',
  remote: 'the receiver lives on another host, and asks do not travel between hosts: send a message and expect one',
};

/** An ask that got no reply. */
export class AskError extends RuntimeError {
  readonly to: Address;
  readonly reason: AskFailure;

  constructor(to: Address, reason: AskFailure) {
    super('RUNTIME_ASK', `ask to ${to} failed (${reason}): ${ASK_ADVICE[reason]}`);
    this.to = to;
    this.reason = reason;
  }
}

/** A call to a thread's control plane that was not answered in time, or whose thread is gone. */
export class ControlError extends RuntimeError {
  readonly thread: string;

  constructor(thread: string, call: string, why: string) {
    super('RUNTIME_CONTROL', `control call '${call}' to thread ${thread}: ${why}`);
    this.thread = thread;
  }
}

/** A transport between hosts, or one end of it, cannot be used as asked. */
export class TransportError extends RuntimeError {
  constructor(message: string, options?: ErrorOptions) {
    super('RUNTIME_TRANSPORT', message, options);
  }
}

/** An actor threw, or declared that it cannot go on. It receives nothing more. */
export class ActorFaultError extends RuntimeError {
  readonly address: Address;
  /** Thread on which the actor lived. */
  readonly thread: string;
  /** What it was handling: the `type` of a message, `record`, `tick`, `turnEnd`, `stop`, … */
  readonly during: string;

  constructor(address: Address, thread: string, during: string, cause: unknown) {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    super('RUNTIME_ACTOR_FAULT', `actor ${address} on thread ${thread} failed during '${during}': ${error.message}`, {
      cause: error,
    });
    this.address = address;
    this.thread = thread;
    this.during = during;
  }
}

/** How a thread came to its end. */
export type ThreadDeathReason = 'exit' | 'uncaught-error' | 'out-of-memory' | 'terminated';

/** What lay on one lane when a thread died. Published and not yet taken; it is still there for a successor. */
export interface InFlight {
  readonly from: Address;
  readonly to: Address;
  readonly records: number;
  readonly messages: number;
}

/** A thread of the system is gone. */
export class ThreadDeathError extends RuntimeError {
  readonly thread: string;
  readonly reason: ThreadDeathReason;
  readonly exitCode: number | undefined;
  readonly actors: readonly Address[];
  /** Lanes into and out of the dead thread that were not empty. */
  readonly inFlight: readonly InFlight[];

  constructor(
    thread: string,
    death: { reason: ThreadDeathReason; exitCode?: number; cause?: unknown },
    actors: readonly Address[],
    inFlight: readonly InFlight[],
  ) {
    const why = death.cause instanceof Error ? `: ${death.cause.message}` : '';
    const code = death.exitCode === undefined ? '' : ` with exit code ${death.exitCode}`;
    const left = inFlight.map((lane) => `${lane.from} to ${lane.to}: ${lane.messages} messages, ${lane.records} records`);
    super(
      'RUNTIME_THREAD_DEATH',
      `thread ${thread} (${actors.join(', ')}) died (${death.reason})${code}${why}; in flight: ${left.join('; ') || 'nothing'}`,
      death.cause === undefined ? undefined : { cause: death.cause },
    );
    this.thread = thread;
    this.reason = death.reason;
    this.exitCode = death.exitCode;
    this.actors = actors;
    this.inFlight = inFlight;
  }
}
