import { mkdtempSync, rmSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VerificationError } from '../harness/errors.js';
import type { Sample } from '../harness/measurement.js';
import { tidegate } from './tidegateProcess.js';

export interface Replication {
  readonly log: string;
  readonly workers: number;
  /** Rows that must be found where they were written to; absent: as many as the log is said to have had. */
  readonly rows?: number;
  /** Final tables to verify against; absent: rows are counted in the files. */
  readonly final?: string;
}

interface Summary {
  readonly rows: number;
  readonly barriers: number;
  readonly durationMs: number;
  readonly alignmentMs: { readonly median: number } | null;
}

const LINE_FEED = 10;

/** One run of the real command into a directory that is gone afterwards. @throws VerificationError */
export async function replicate({ log, workers, rows, final }: Replication): Promise<Sample> {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-rows-'));
  try {
    const { stdout, usage } = await tidegate('replicate', log, '--to', folder, '--workers', String(workers), '--json');
    const summary = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Summary;
    if (final !== undefined) await tidegate('verify', folder, '--against', final);
    else await checkCount(folder, rows ?? summary.rows);
    if (rows !== undefined && summary.rows !== rows) throw new VerificationError(log, `${rows} rows, ${summary.rows} replicated`);
    return {
      items: summary.rows,
      seconds: summary.durationMs / 1e3,
      cpuSeconds: usage.cpuSeconds,
      figures: {
        peak: { value: usage.peak, unit: 'bytes' },
        ...(summary.alignmentMs && { 'a barrier, median': { value: summary.alignmentMs.median / 1e3, unit: 'seconds' } }),
      },
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function checkCount(folder: string, rows: number): Promise<void> {
  let found = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && /^CDC\d+\.json$/.test(entry.name)) found += await linesIn(join(entry.parentPath, entry.name));
  }
  if (found !== rows) throw new VerificationError(folder, `${rows} rows, ${found} found in the files`);
}

async function linesIn(path: string): Promise<number> {
  const file = await open(path);
  let lines = 0;
  for await (const chunk of file.createReadStream({ highWaterMark: 1 << 20 })) {
    const bytes = chunk as Buffer;
    for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) lines++;
  }
  return lines;
}
