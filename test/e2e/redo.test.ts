import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeMessage } from '@tidegate/canal-json';
import { compareTables, type FinalTable, Fold, readFinalTables } from '@tidegate/canal-json/fold';
import { type Host, startHost } from '@tidegate/host';
import { applyRedoLog, type RedoEvent, readRedoLog, readRedoMeta } from '@tidegate/redo';
import { createSink, readChanges, readMetadata } from '@tidegate/storage';
import { afterAll, describe, expect, test } from 'vitest';
import { tidegate } from './command.js';
import { readLog } from './stampLog.js';

const data = (name: string): string => fileURLToPath(new URL(`../data/${name}`, import.meta.url));
const SHOP = data('shop.canal.jsonl.gz');
const FINAL = data('shop.final.jsonl.gz');
const SOURCE = import.meta.resolve('@tidegate/canal-json');
const REDO = import.meta.resolve('@tidegate/redo');
const root = mkdtempSync(join(tmpdir(), 'tidegate-redo-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Starts a host whose sink is a redo log. Small segments, so that there are many. */
function startRedo(dir: string, startTs: bigint, workers: number): Promise<Host> {
  return startHost({
    workers,
    startTs,
    source: { module: SOURCE, options: { path: SHOP } },
    sink: { module: REDO, options: { dir, segmentBytes: 512 * 1024 } },
  });
}

/** What two logs must agree in: the order of DDLs among each other, and the order of each table. */
function outline(events: readonly (Pick<RedoEvent, 'commitTs'> & { readonly text: string; readonly list: string })[]): string {
  const lists = new Map<string, string[]>();
  for (const { commitTs, text, list } of events) {
    const own = lists.get(list) ?? [];
    own.push(`${commitTs} ${text}`);
    lists.set(list, own);
  }
  return [...lists]
    .map(([list, texts]) => `${list}\n${texts.join('\n')}`)
    .sort()
    .join('\n');
}

async function outlineOfRecording(): Promise<string> {
  const decoder = new TextDecoder();
  return outline(
    (await readLog({ path: SHOP })).flatMap((event) => {
      if (event.type === 'ddl') return [{ commitTs: event.commitTs, list: 'DDL', text: event.query }];
      if (event.type !== 'rows') return [];
      return [{ commitTs: event.commitTs, list: `table ${event.tableId}`, text: decoder.decode(event.bytes) }];
    }),
  );
}

async function outlineOfRedo(dir: string): Promise<string> {
  const decoder = new TextDecoder();
  const events: { commitTs: bigint; list: string; text: string }[] = [];
  let last = 0n;
  for await (const event of readRedoLog(dir)) {
    expect(event.commitTs).toBeGreaterThanOrEqual(last);
    last = event.commitTs;
    if (event.type === 'ddl') events.push({ commitTs: last, list: 'DDL', text: event.query });
    else if (event.type === 'row')
      events.push({ commitTs: last, list: `table ${event.table.tableId}`, text: decoder.decode(event.bytes) });
  }
  return outline(events);
}

/** Folds what a storage directory holds up to its checkpoint, and counts what differs from the recorded final tables. */
async function differences(dir: string): Promise<number> {
  const final: FinalTable[] = [];
  for await (const table of readFinalTables(FINAL)) final.push(table);
  const fold = new Fold();
  const { checkpointTs = 0n } = (await readMetadata(dir)) ?? {};
  for await (const change of readChanges(dir, { upTo: checkpointTs })) {
    if (change.type === 'sync-point') continue;
    const { schema, table, commitTs } = change;
    if (change.type === 'ddl') fold.add({ type: 'ddl', canalType: '', database: schema, table, commitTs, sql: change.query });
    else fold.add(decodeMessage(change.bytes, { file: dir, line: 1, offset: 0 }));
  }
  expect(fold.overwritten + fold.missing).toBe(0);
  return compareTables(fold.tables(), final, { limit: 5 }).count;
}

/** Applies a log into a new storage directory and answers that. */
async function applied(dir: string, to: string): Promise<string> {
  const sink = await createSink({ dir: to, fsync: false }, { worker: 'worker-0', signal: new AbortController().signal });
  const report = await applyRedoLog({ dir, sink });
  await sink.close();
  expect(report).toMatchObject({ rows: 16_548, ddls: 67 });
  expect((await readMetadata(to))?.checkpointTs).toBe(report.checkpointTs);
  return to;
}

describe('a redo log written by a host', () => {
  test('of 2 workers holds the recording, change by change, and applied to the storage sink leads to the final tables', {
    timeout: 120_000,
  }, async () => {
    const dir = join(root, 'log');
    const report = await (await startRedo(dir, 0n, 2)).finished;
    expect(await readRedoMeta(dir)).toEqual({ resolvedTs: report.checkpointTs, checkpointTs: 0n });
    const workers = new Set(readdirSync(dir).flatMap((name) => (name.endsWith('.redo') ? [name.split('.')[0]] : [])));
    expect(workers).toEqual(new Set(['worker-0', 'worker-1']));
    expect(await outlineOfRedo(dir)).toBe(await outlineOfRecording());
    expect(await differences(await applied(dir, join(root, 'applied')))).toBe(0);

    const out = join(root, 'by-command');
    const run = await tidegate(['redo', 'apply', dir, '--to', out, '--json']);
    expect(run, run.stderr).toMatchObject({ code: 0 });
    expect(JSON.parse(run.stdout)).toMatchObject({ rows: 16_548, ddls: 67, checkpointTs: `${report.checkpointTs}` });
    expect(readFileSync(join(out, 'metadata'), 'utf8')).toBe(`{"checkpoint-ts":${report.checkpointTs}}`);
    const verify = await tidegate(['verify', out, '--against', FINAL]);
    expect(verify, verify.stdout + verify.stderr).toMatchObject({ code: 0 });
  });

  test('over lives that repeat, with other numbers of workers, it is still the recording, each change once', {
    timeout: 120_000,
  }, async () => {
    const dir = join(root, 'lives');
    const stamps = (await readLog({ path: SHOP })).flatMap((event) => (event.type === 'rows' ? [event.commitTs] : []));
    const at = (share: number): bigint => stamps[Math.floor(stamps.length * share)] ?? 0n;
    // Each life ends early and the next starts further back than it must: everything between comes again.
    for (const [share, workers] of [
      [0.5, 3],
      [0.8, 1],
    ] as const) {
      const stopAt = at(share);
      const host = await startRedo(dir, share === 0.5 ? 0n : at(share - 0.4), workers);
      await new Promise<void>((resolve) => {
        host.on('checkpoint', ({ checkpointTs }) => {
          if (checkpointTs >= stopAt) resolve();
        });
        host.finished.then(
          () => resolve(),
          () => resolve(),
        );
      });
      // Cut off: what was not durable is lost, which is what the next life is for.
      await Promise.allSettled([host.stop({ deadline: 0 }), host.finished]);
    }
    await (await startRedo(dir, at(0.3), 2)).finished;
    expect(await outlineOfRedo(dir)).toBe(await outlineOfRecording());
    expect(await differences(await applied(dir, join(root, 'lives-applied')))).toBe(0);
  });
});
