import type { MaintainerEvent } from '@tidegate/protocol';
import type { HostError } from './errors.js';

/** What {@link Host} tells its listeners, by name. */
export interface HostEvents {
  /** Everything at or below `checkpointTs` is durable everywhere. */
  checkpoint: Extract<MaintainerEvent, { type: 'checkpoint' }>;
  /** A barrier was opened, selected its writer, was written, or is completed. */
  barrier: Extract<MaintainerEvent, { type: 'barrier' }>;
  /** A barrier has been open for long, and says whom it waits for (T-F). */
  'barrier-stuck': Extract<MaintainerEvent, { type: 'barrier-stuck' }>;
  /** A DDL would route two tables to one target; it waits until an earlier DDL frees the target (N-2). */
  'route-conflict': Extract<MaintainerEvent, { type: 'route-conflict' }>;
  /** Every table that exists at the start has a dispatcher being created. */
  bootstrapped: Extract<MaintainerEvent, { type: 'bootstrapped' }>;
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

export type HostListener<Name extends keyof HostEvents> = (event: HostEvents[Name]) => void;

/** A typed emitter: listeners are called in the order in which they were added; one that throws does not harm the others. */
export class HostEmitter {
  readonly #listeners = new Map<keyof HostEvents, Set<(event: never) => void>>();

  on<Name extends keyof HostEvents>(name: Name, listener: HostListener<Name>): void {
    let listeners = this.#listeners.get(name);
    if (listeners === undefined) {
      listeners = new Set();
      this.#listeners.set(name, listeners);
    }
    listeners.add(listener as (event: never) => void);
  }

  off<Name extends keyof HostEvents>(name: Name, listener: HostListener<Name>): void {
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
