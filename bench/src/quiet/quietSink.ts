import type { Sink } from '@tidegate/dispatcher';

/** A sink to which nothing comes. */
export function createSink(): Sink {
  return { write: () => undefined, flush: () => undefined, execute: () => undefined, close: () => undefined };
}
