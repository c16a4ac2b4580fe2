import type { ActorFaultError, ThreadDeathError } from '../errors.js';
import type { SystemListeners } from '../system.js';
import type { ReportBatch } from './reports.js';

/** Who listens to a system. A listener that throws harms nobody but the process: its error surfaces as uncaught. */
export class Listeners {
  readonly #sets: { readonly [Name in keyof SystemListeners]: Set<SystemListeners[Name]> } = {
    event: new Set(),
    fault: new Set(),
    log: new Set(),
    'dead-letter': new Set(),
  };

  on<Name extends keyof SystemListeners>(name: Name, listener: SystemListeners[Name]): () => void {
    const set: Set<SystemListeners[Name]> = this.#sets[name];
    set.add(listener);
    return () => {
      set.delete(listener);
    };
  }

  tell(batch: ReportBatch): void {
    for (const event of batch.events) call(this.#sets.event, event);
    for (const line of batch.logs) call(this.#sets.log, line);
    for (const letter of batch.deadLetters) call(this.#sets['dead-letter'], letter);
  }

  /** False: nobody listens to faults. */
  fault(error: ActorFaultError | ThreadDeathError): boolean {
    call(this.#sets.fault, error);
    return this.#sets.fault.size > 0;
  }
}

function call<T>(listeners: ReadonlySet<(value: T) => void>, value: T): void {
  for (const listener of [...listeners]) {
    try {
      listener(value);
    } catch (error) {
      raise(error);
    }
  }
}

/** Throws where nobody can catch it: as an uncaught exception of the process. */
export function raise(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
