import { setImmediate as turn } from 'node:timers/promises';

/** Bytes that are reachable. */
export interface Held {
  /** In the heap. */
  readonly heap: number;
  /** In buffers outside of it: typed arrays. */
  readonly buffers: number;
}

/** What this process holds once everything unreachable is collected. Needs `--expose-gc`. */
export async function held(): Promise<Held> {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error('memory is measured in a process that was started with --expose-gc');
  // What is freed by a finalizer is gone after another turn.
  for (let i = 0; i < 3; i++) {
    gc();
    await turn();
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { heap: heapUsed, buffers: arrayBuffers };
}

export function between(before: Held, after: Held): Held & { readonly all: number } {
  const heap = after.heap - before.heap;
  const buffers = after.buffers - before.buffers;
  return { heap, buffers, all: heap + buffers };
}
