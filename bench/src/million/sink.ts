import type { Sink } from '@tidegate/dispatcher';
import { Word } from './control.js';

/** A sink that only counts, in the memory that it shares with the benchmark. */
export function createSink(options: unknown): Sink {
  const words = new Int32Array((options as { readonly control: SharedArrayBuffer }).control);
  return {
    write(): void {},
    flush(): void {},
    execute(): void {
      Atomics.add(words, Word.EXECUTED, 1);
    },
    syncPoint(): void {
      Atomics.add(words, Word.SYNC_POINTS, 1);
    },
    pass(): void {
      Atomics.add(words, Word.PASSED, 1);
    },
    restart(): void {
      Atomics.add(words, Word.STREAMS, 1);
    },
    close(): void {},
  };
}
