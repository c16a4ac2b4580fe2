import { Session } from 'node:inspector/promises';

interface Node {
  readonly selfSize: number;
  readonly children: readonly Node[];
}

/** Bytes between two samples: small, or what is sampled says little of a run that hardly allocates. */
const INTERVAL = 512;

/**
 * Bytes that `body` allocates on the heap of this thread, those included that are collected meanwhile: V8's sampling heap profiler
 * counts them. Memory of typed arrays lies outside of the heap and is not counted.
 */
export async function bytesAllocated(body: () => void): Promise<number> {
  const session = new Session();
  session.connect();
  try {
    const collected = { includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true };
    await session.post('HeapProfiler.startSampling', { samplingInterval: INTERVAL, ...collected });
    body();
    const { profile } = await session.post('HeapProfiler.stopSampling');
    return sizeOf(profile.head);
  } finally {
    session.disconnect();
  }
}

function sizeOf({ selfSize, children }: Node): number {
  return children.reduce((sum, child) => sum + sizeOf(child), selfSize);
}
