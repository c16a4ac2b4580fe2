import type { MaintainerEvent } from '@tidegate/protocol';
import type { ThreadLoss, ThreadReplacement } from '@tidegate/runtime';
import { HostError } from './errors.js';

/** What {@link Host} tells its listeners, by name. */
export interface HostEvents {
  /** Everything at or below `checkpointTs` is durable everywhere. */
  checkpoint: Extract<MaintainerEvent, { type: 'checkpoint' }>;
  /** A barrier was opened, selected its writer, was written, or is completed. */
  barrier: Extract<MaintainerEvent, { type: 'barrier' }>;
  /** A barrier has been open for long, and says whom it waits for (T-F). */
  'barrier-stuck': Extract<MaintainerEvent, { type: 'barrier-stuck' }>;
  /** Requests to hosts stay unanswered: creates, removes, moves (section 28). */
  'operators-stuck': Extract<MaintainerEvent, { type: 'operators-stuck' }>;
  /** A DDL would route two tables to one target; it waits until an earlier DDL frees the target (N-2). */
  'route-conflict': Extract<MaintainerEvent, { type: 'route-conflict' }>;
  /** A split or merge that was asked for is over, in one of the pipelines. */
  topology: Extract<MaintainerEvent, { type: 'topology' }>;
  /** Everything at or below `resolvedTs` is in the redo log (K-11). */
  redo: Extract<MaintainerEvent, { type: 'redo' }>;
  /** Every table that exists at the start has a dispatcher being created. */
  bootstrapped: Extract<MaintainerEvent, { type: 'bootstrapped' }>;
  /** A worker or control thread has died, and is about to be replaced; `death` says how. */
  'thread-lost': ThreadLoss;
  'thread-replaced': ThreadReplacement;
  /** The host cannot go on. It stops by itself; `finished` rejects with the same error. */
  error: HostError;
  /** A line of an actor's log. */
  log: HostLog;
}

export interface HostLog {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** Address of the actor. */
  readonly from: string;
  readonly text: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** One of every event, so that the compiler keeps the list of known names complete. */
const EXAMPLE: Readonly<Record<keyof HostEvents, true>> = {
  checkpoint: true,
  barrier: true,
  'barrier-stuck': true,
  'operators-stuck': true,
  'route-conflict': true,
  topology: true,
  redo: true,
  bootstrapped: true,
  'thread-lost': true,
  'thread-replaced': true,
  error: true,
  log: true,
};

export type HostListener<Name extends keyof HostEvents> = (event: HostEvents[Name]) => void;

/** A typed emitter: listeners are called in the order in which they were added; one that throws does not harm the others. */
export class HostEmitter {
  readonly #listeners = new Map<keyof HostEvents, Set<(event: never) => void>>();

  on<Name extends keyof HostEvents>(name: Name, listener: HostListener<Name>): void {
    checkName(name);
    let listeners = this.#listeners.get(name);
    if (listeners === undefined) {
      listeners = new Set();
      this.#listeners.set(name, listeners);
    }
    listeners.add(listener as (event: never) => void);
  }

  off<Name extends keyof HostEvents>(name: Name, listener: HostListener<Name>): void {
    checkName(name);
    this.#listeners.get(name)?.delete(listener as (event: never) => void);
  }

  emit<Name extends keyof HostEvents>(name: Name, event: HostEvents[Name]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        listener(event as never);
      } catch (error) {
        // A listener's fault is its own: surface it as an uncaught error, after the others were told.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}

function checkName(name: string): void {
  if (Object.hasOwn(EXAMPLE, name)) return;
  const known = Object.keys(EXAMPLE).join(', ');
  throw new HostError('HOST_EVENT', `there is no event '${String(name)}'; known are ${known}`);
}
