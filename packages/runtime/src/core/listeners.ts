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
    'thread-lost': new Set(),
    'thread-replaced': new Set(),
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

  /** Settles when everybody who was told is through with it; one who never is holds nobody up for longer than `deadline` milliseconds. */
  async tellAndWait<Name extends 'thread-lost' | 'thread-replaced'>(
    name: Name,
    value: Parameters<SystemListeners[Name]>[0],
    deadline: number,
  ): Promise<void> {
    const set = this.#sets[name] as ReadonlySet<(value: unknown) => void | Promise<void>>;
    const all = Promise.all([...set].map(async (listener) => await listener(value))).catch(raise);
    await withinDeadline(all, deadline);
  }

  /** False: nobody listens to faults. */
  fault(error: ActorFaultError | ThreadDeathError): boolean {
    call(this.#sets.fault, error);
    return this.#sets.fault.size > 0;
  }
}

/** Settles with the promise, or after so many milliseconds. */
export async function withinDeadline(promise: Promise<unknown>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([promise, late]);
  clearTimeout(timer);
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
