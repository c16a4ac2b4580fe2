import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createGunzip } from 'node:zlib';
import { VerificationError } from '../harness/errors.js';
import type { Case, Measurement } from '../harness/measurement.js';
import { nanoseconds } from '../harness/sharedClock.js';
import { type BulkLog, makeBulkLog } from '../rows/bulkLog.js';
import { replicate } from '../rows/replicate.js';

const SAMPLE = fileURLToPath(new URL('../../../test/data/bank.canal.jsonl.gz', import.meta.url));
const FINAL = fileURLToPath(new URL('../../../test/data/bank.final.jsonl.gz', import.meta.url));
const UNPACKED = 'unpacked and cut into lines, nothing else';

/** `tidegate replicate` from a packed log to files, from its start to its end. */
export const rows: Measurement = {
  name: 'rows',
  title: 'rows through `tidegate replicate`, from packed Canal-JSON to files that are durable',
  unit: 'rows',
  repeat: ({ quick }) => ({ runs: quick ? 1 : 5, warmups: 0 }),
  open: async ({ quick }) => {
    const folder = mkdtempSync(join(tmpdir(), 'tidegate-bulk-'));
    const log = await makeBulkLog(SAMPLE, join(folder, 'bulk.canal.jsonl.gz'), quick ? 40_000 : 600_000);
    const recorded = [1, 2].map((workers): Case => {
      const name = `recorded, with its DDLs, ${count(workers)}`;
      return { name, runs: 3, run: () => replicate({ log: SAMPLE, workers, final: FINAL }) };
    });
    return {
      cases: [
        { name: UNPACKED, run: () => unpack(log) },
        { name: 'rows alone, 1 worker', baseline: UNPACKED, run: () => replicate({ log: log.path, workers: 1, rows: log.rows }) },
        {
          name: 'rows alone, 2 workers',
          baseline: 'rows alone, 1 worker',
          run: () => replicate({ log: log.path, workers: 2, rows: log.rows }),
        },
        ...(quick ? [] : recorded),
      ],
      close: async () => rmSync(folder, { recursive: true }),
    };
  },
};

function count(workers: number): string {
  return workers === 1 ? '1 worker' : `${workers} workers`;
}

/** The floor: what there is to do before a row can be looked at. */
async function unpack({ path, rows: expected }: BulkLog) {
  const began = nanoseconds();
  const cpu = process.cpuUsage();
  let lines = 0;
  for await (const chunk of createReadStream(path).pipe(createGunzip({ chunkSize: 1 << 18 }))) {
    const bytes = chunk as Buffer;
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines++;
  }
  if (lines < expected) throw new VerificationError(path, `${expected} rows, ${lines} lines`);
  const { user, system } = process.cpuUsage(cpu);
  return { items: expected, seconds: (nanoseconds() - began) / 1e9, cpuSeconds: (user + system) / 1e6 };
}
