import { writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

/** Loaded into a command that is measured (`--import`): at its end it tells on this descriptor what the process has used. */
export const USAGE_DESCRIPTOR = 3;

export interface ProcessUsage {
  readonly cpuSeconds: number;
  /** Bytes that were resident at most. */
  readonly peak: number;
}

if (isMainThread) {
  process.on('exit', () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    const usage: ProcessUsage = { cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peak: maxRSS * 1024 };
    writeSync(USAGE_DESCRIPTOR, JSON.stringify(usage));
  });
}
