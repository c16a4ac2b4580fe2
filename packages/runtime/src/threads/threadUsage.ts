import { readFileSync } from 'node:fs';
import { getHeapStatistics } from 'node:v8';
import type { ThreadUsage } from '../system.js';

/** Nanoseconds on a processor, time waiting for one, slices: of the thread that reads it. Linux. */
const SCHEDSTAT = '/proc/thread-self/schedstat';

/** What the calling thread has used so far. */
export function threadUsage(): ThreadUsage {
  const { used_heap_size, total_heap_size, external_memory } = getHeapStatistics();
  const cpu = cpuTime();
  return {
    ...(cpu !== undefined && { cpu }),
    heapUsed: used_heap_size,
    heapTotal: total_heap_size,
    external: external_memory,
  };
}

function cpuTime(): number | undefined {
  // Newer than the oldest Node that is supported.
  const { threadCpuUsage } = process as { threadCpuUsage?: () => { user: number; system: number } };
  if (threadCpuUsage !== undefined) {
    const { user, system } = threadCpuUsage.call(process);
    return (user + system) / 1_000;
  }
  try {
    return Number(readFileSync(SCHEDSTAT, 'utf8').split(' ', 1)[0]) / 1e6;
  } catch {
    return undefined;
  }
}
