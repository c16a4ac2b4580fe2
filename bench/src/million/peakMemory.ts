import { readFileSync, writeFileSync } from 'node:fs';

/** Forgets the highest resident memory of this process so far, where the platform lets it. */
export function forgetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Then the peak is that of the whole process, which says too much and never too little.
  }
}

/** The highest resident memory since {@link forgetPeak}, in bytes. */
export function peakBytes(): number {
  try {
    const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
    if (line !== null) return Number(line[1]) * 1024;
  } catch {
    // Not a platform that tells.
  }
  return process.memoryUsage.rss();
}
