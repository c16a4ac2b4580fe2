import type { Sink, SinkContext } from '@tidegate/dispatcher';
import { type StormSinkOptions, SYNC_POINTS } from './shared.js';

/** A sink that keeps nothing and counts the sync points that it is told. What is written to it is durable after `flushTime`. */
export function createSink(options: unknown, { signal }: SinkContext): Sink {
  const { words, flushTime } = options as StormSinkOptions;
  const counts = new Int32Array(words);
  let flushed: Promise<void> | undefined;

  /** There is one row in a storm, or none. */
  function begin(): Promise<void> {
    flushed = new Promise((resolve) => {
      const timer = setTimeout(resolve, flushTime);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    });
    return flushed;
  }

  return {
    write: () => (flushTime === 0 ? undefined : begin()),
    flush: () => flushed,
    execute: () => undefined,
    syncPoint: () => {
      Atomics.add(counts, SYNC_POINTS, 1);
    },
    close: () => undefined,
  };
}
