import type { Address, LogLevel } from '../actor.js';
import type { ActorFaultError } from '../errors.js';
import type { Limits } from '../topology.js';
import { CoalescingQueue } from './coalescingQueue.js';
import { messageType } from './messageType.js';

/** What an actor told the outside. */
export interface EmittedEvent {
  readonly from: Address;
  readonly event: unknown;
}

export interface LogLine {
  /** Milliseconds of the system's clock. */
  readonly time: number;
  readonly from: Address;
  readonly level: LogLevel;
  readonly text: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** Why a message reached nobody. */
export type DeadLetterReason =
  | 'unknown-address'
  | 'no-link'
  | 'receiver-stopped'
  | 'receiver-failed'
  | 'sender-stopped'
  | 'thread-dead'
  | 'reply-refused';

/** A message, or a run of records, that reached nobody. */
export interface DeadLetter {
  readonly from: Address;
  readonly to: Address;
  /** The message's `type`; `record` for a record. */
  readonly type: string;
  readonly reason: DeadLetterReason;
}

/** What a thread has to tell, taken at once. */
export interface ReportBatch {
  readonly events: readonly EmittedEvent[];
  readonly logs: readonly LogLine[];
  readonly deadLetters: readonly DeadLetter[];
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** What the actors of one thread tell the outside: bounded, and taken when the outside has time. Faults are not held up here. */
export class Reports {
  readonly #events: CoalescingQueue<EmittedEvent>;
  readonly #logs: CoalescingQueue<LogLine>;
  readonly #level: number;
  readonly #letterBound: number;
  readonly #letterCounts = new Map<DeadLetterReason, number>();
  #letters: DeadLetter[] = [];
  #lettersTold = 0;
  readonly faults: ActorFaultError[] = [];
  /** Called when an actor has failed. */
  onFault: (fault: ActorFaultError) => void = () => {};

  constructor(limits: Limits) {
    this.#events = new CoalescingQueue(limits.events);
    this.#logs = new CoalescingQueue(limits.events);
    this.#level = LEVELS.indexOf(limits.logLevel);
    this.#letterBound = limits.deadLetters;
  }

  event(from: Address, event: unknown, key: string | undefined): void {
    this.#events.push({ from, event }, key === undefined ? undefined : `${from} ${key}`);
  }

  log(line: LogLine): void {
    if (LEVELS.indexOf(line.level) >= this.#level) this.#logs.push(line);
  }

  deadLetter(from: Address, to: Address, message: unknown, reason: DeadLetterReason): void {
    this.#bury(from, to, reason, () => messageType(message));
  }

  deadRecord(from: Address, to: Address, reason: DeadLetterReason): void {
    this.#bury(from, to, reason, () => 'record');
  }

  fault(fault: ActorFaultError): void {
    this.faults.push(fault);
    this.onFault(fault);
  }

  get pending(): boolean {
    return this.#events.size > 0 || this.#logs.size > 0 || this.#letters.length > 0;
  }

  take(): ReportBatch {
    const deadLetters = this.#letters;
    this.#letters = [];
    return { events: this.#events.take(), logs: this.#logs.take(), deadLetters };
  }

  get droppedEvents(): number {
    return this.#events.dropped;
  }

  get droppedLogs(): number {
    return this.#logs.dropped;
  }

  /** Dead letters so far, by reason. */
  get deadLetterCounts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#letterCounts);
  }

  #bury(from: Address, to: Address, reason: DeadLetterReason, type: () => string): void {
    this.#letterCounts.set(reason, (this.#letterCounts.get(reason) ?? 0) + 1);
    if (this.#lettersTold >= this.#letterBound) return;
    this.#lettersTold++;
    this.#letters.push({ from, to, type: type(), reason });
  }
}
