import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sortKey } from '@tidegate/canal-json';
import { type Host, type HostEvents, startHost } from '@tidegate/host';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { tidegate } from './command.js';
import { readLog } from './stampLog.js';

const data = (name: string): string => fileURLToPath(new URL(`../data/${name}`, import.meta.url));
const BANK = data('bank.canal.jsonl.gz');
const root = mkdtempSync(join(tmpdir(), 'tidegate-split-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function start(to: string, options: Record<string, unknown> = {}): Promise<Host> {
  return startHost({
    workers: 2,
    source: { module: import.meta.resolve('@tidegate/canal-json'), options: { path: BANK, splittable: 'keyed', ...options } },
    sink: { module: import.meta.resolve('@tidegate/storage'), options: { dir: to } },
    maintainer: { splitTables: true },
    coordinator: { lowLatency: true },
  });
}

function key(id: number): Uint8Array {
  return sortKey([String(id)], () => true);
}

/** The table of the log that lives longest, and when a share of its rows has come. */
async function longest(): Promise<{ tableId: number; at: (share: number) => bigint }> {
  const rows = new Map<number, bigint[]>();
  for (const event of await readLog({ path: BANK })) {
    if (event.type === 'rows') rows.set(event.tableId, [...(rows.get(event.tableId) ?? []), event.commitTs]);
  }
  const [tableId, stamps] = [...rows].sort(([, a], [, b]) =>
    Number((b.at(-1) ?? 0n) - (b[0] ?? 0n) - ((a.at(-1) ?? 0n) - (a[0] ?? 0n))),
  )[0] as [number, bigint[]];
  return { tableId, at: (share) => stamps[Math.floor(stamps.length * share)] as bigint };
}

function reached(host: Host, ts: bigint): Promise<void> {
  return new Promise((resolve, reject) => {
    host.on('checkpoint', ({ checkpointTs }) => checkpointTs >= ts && resolve());
    host.finished.then(() => reject(new Error('the host finished first')), reject);
  });
}

function changed(host: Host, change: string): Promise<HostEvents['topology']> {
  return new Promise((resolve, reject) => {
    host.on('topology', (event) => event.change === change && resolve(event));
    host.finished.then(() => reject(new Error('the host finished first')), reject);
  });
}

/** Asks again and again as long as the spans are busy: the log may be over, and no further checkpoint come that says when they are free. */
function whenFree<Result extends object>(ask: () => Promise<Result>): Promise<Result> {
  const answer = (): Promise<Result | undefined> =>
    ask().catch((error: { code?: string }) => {
      if (error.code !== 'TOPOLOGY_SPAN_BUSY') throw error;
      return undefined;
    });
  return vi.waitUntil(answer, { timeout: 30_000, interval: 10 });
}

describe('a table of the recorded bank log is split while it is replicated', () => {
  test('into 3 ranges on 2 workers, and merged again: the final tables are the same (T-4, T-6)', {
    timeout: 180_000,
  }, async () => {
    const to = join(root, 'split');
    const { tableId, at } = await longest();
    const host = await start(to);
    await reached(host, at(0.2));
    const split = changed(host, 'split');
    expect(await host.split({ tableId }, [key(100), key(400)])).toHaveLength(1);
    expect(await split).toMatchObject({ phase: 'finished', tableId });
    const merge = changed(host, 'merge');
    expect(await whenFree(() => host.merge({ tableId }))).toHaveLength(3);
    expect(await merge).toMatchObject({ phase: 'finished', tableId });
    await host.finished;
    const verify = await tidegate(['verify', to, '--against', data('bank.final.jsonl.gz'), '--json']);
    expect(verify, verify.stdout + verify.stderr).toMatchObject({ code: 0 });
  });

  test('what cannot be is refused with a code and a reason', { timeout: 120_000 }, async () => {
    const { tableId, at } = await longest();
    const plain = await start(join(root, 'plain'), { splittable: 'none' });
    await reached(plain, at(0.01));
    await expect(plain.split({ tableId }, [key(1)])).rejects.toMatchObject({ code: 'TOPOLOGY_NOT_SPLITTABLE' });
    await expect(plain.merge({ tableId })).rejects.toMatchObject({ code: 'TOPOLOGY_NOTHING_TO_DO' });
    await expect(plain.split({ tableId }, [])).rejects.toMatchObject({ code: expect.stringMatching(/^TOPOLOGY_/) });
    expect(() => plain.on('nothing' as never, () => undefined)).toThrow(expect.objectContaining({ code: 'HOST_EVENT' }));
    await plain.stop({ deadline: 0 });
    await plain.finished.catch(() => undefined);
  });
});
