import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HostOptions, startHost } from '@tidegate/host';
import { describe, expect, test } from 'vitest';
import { readLog, readStamps, type Stamp, violations } from './stampLog.js';

const SHOP = new URL('../data/shop.canal.jsonl.gz', import.meta.url).pathname;
const SINK = new URL('./stampSink.mjs', import.meta.url);
const SOURCE = import.meta.resolve('@tidegate/canal-json');

/** Replicates a log into stamping sinks and returns what they did. */
async function replicate(
  source: Readonly<Record<string, unknown>>,
  sink: { seed: number; maxDelay: number; wakeOn?: string },
  host: Partial<HostOptions>,
): Promise<Stamp[]> {
  const directory = mkdtempSync(join(tmpdir(), 'tidegate-order-'));
  try {
    const counter = new SharedArrayBuffer(4);
    const running = await startHost({
      source: { module: SOURCE, options: source },
      sink: { module: SINK, options: { counter, directory, ...sink } },
      ...host,
    });
    await running.finished;
    return readStamps(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

describe('every DDL runs once, after everything smaller and before everything larger of its tables (I-1, I-2, I-3)', () => {
  const log = { path: SHOP };
  for (const [workers, maxDelay] of [
    [1, 0],
    [2, 4],
    [3, 2],
    [4, 8],
  ] as const) {
    const seed = Number(process.env.TIDEGATE_SEED ?? Math.floor(Math.random() * 2 ** 31));
    test(`shop, ${workers} workers, sink delays up to ${maxDelay} ms, seed ${seed}`, { timeout: 120_000 }, async () => {
      const stamps = await replicate(log, { seed, maxDelay, wakeOn: workers % 2 === 0 ? 'flush' : 'enqueue' }, { workers });
      const events = await readLog(log);
      expect(violations(events, stamps)).toEqual([]);
      expect(stamps.filter((stamp) => stamp.kind === 'ddl')).toHaveLength(67);
      expect(stamps.reduce((rows, stamp) => rows + (stamp.rows ?? 0), 0)).toBe(16_548);
      if (workers > 1)
        expect(new Set(stamps.filter((stamp) => stamp.kind === 'rows').map((stamp) => stamp.worker)).size).toBe(workers);
    });
  }
});

describe('every sync point is told once, with everything below it durable and nothing above it', () => {
  const log = { path: SHOP, syncPointIntervalMs: 500, allowShortSyncPoints: true };
  for (const workers of [1, 3]) {
    const seed = Number(process.env.TIDEGATE_SEED ?? Math.floor(Math.random() * 2 ** 31));
    test(`shop, ${workers} workers, a sync point every half second of the log, seed ${seed}`, { timeout: 120_000 }, async () => {
      const stamps = await replicate(log, { seed, maxDelay: 3 }, { workers });
      const events = await readLog(log);
      const points = events.filter((event) => event.type === 'sync-point').length;
      expect(points).toBeGreaterThan(5);
      expect(stamps.filter((stamp) => stamp.kind === 'sync-point')).toHaveLength(points);
      expect(violations(events, stamps)).toEqual([]);
    });
  }
});

describe('the check itself', () => {
  const rows = { type: 'rows', tableId: 1, count: 1, bytes: new Uint8Array() } as const;
  const ddl = {
    type: 'ddl',
    commitTs: 5n,
    query: 'q',
    kind: 'k',
    schema: '',
    table: '',
    blockTables: { type: 'normal', tableIds: [1] },
    adds: [],
    schemaChanges: [],
    admissions: [],
    tables: [],
  } as const;
  const events = [{ ...rows, commitTs: 4n }, ddl, { ...rows, commitTs: 6n }];
  const stamp = (kind: Stamp['kind'], ts: Stamp['ts'], begin: number, end: number): Stamp => ({
    worker: 'w',
    kind,
    ts,
    begin,
    end,
    table: 1,
    rows: 1,
  });

  test('accepts the right order', () => {
    expect(violations(events, [stamp('rows', ['4'], 0, 1), stamp('ddl', '5', 2, 3), stamp('rows', ['6'], 4, 5)])).toEqual([]);
  });

  test.each([
    [
      'a smaller change durable after the DDL began',
      [stamp('rows', ['4'], 0, 2), stamp('ddl', '5', 1, 3), stamp('rows', ['6'], 4, 5)],
    ],
    [
      'a larger change begun before the DDL ended',
      [stamp('rows', ['4'], 0, 1), stamp('ddl', '5', 2, 4), stamp('rows', ['6'], 3, 5)],
    ],
    [
      'a DDL run twice',
      [stamp('rows', ['4'], 0, 1), stamp('ddl', '5', 2, 3), stamp('ddl', '5', 4, 5), stamp('rows', ['6'], 6, 7)],
    ],
    ['a DDL not run', [stamp('rows', ['4'], 0, 1), stamp('rows', ['6'], 4, 5)]],
    ['a change lost', [stamp('rows', ['4'], 0, 1), stamp('ddl', '5', 2, 3)]],
    ['changes out of order', [stamp('ddl', '5', 2, 3), stamp('rows', ['6', '4'], 4, 5)]],
  ])('finds %s', (_, stamps) => {
    expect(violations(events, stamps)).not.toEqual([]);
  });
});
