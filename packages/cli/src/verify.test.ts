import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { DdlEvent, TableInfo } from '@tidegate/protocol';
import { createSink } from '@tidegate/storage';
import { afterEach, describe, expect, test } from 'vitest';
import { runTidegate } from './run.js';
import { RecordedIo, temporaryDirs } from './testing/surroundings.js';

const newDir = temporaryDirs(afterEach);
const orders: TableInfo = { tableId: 1, schemaId: 1, schema: 'shop', table: 'orders', version: 20n };

function ddl(commitTs: bigint, query: string, table: string): DdlEvent {
  return {
    type: 'ddl',
    commitTs,
    query,
    kind: '',
    schema: 'shop',
    table,
    adds: [],
    schemaChanges: [],
    admissions: [],
    tables: [],
  };
}

function message(
  ts: bigint,
  type: string,
  row: Record<string, string | null>,
  old: Record<string, string | null> | null = null,
): Uint8Array {
  const text = {
    id: 0,
    database: 'shop',
    table: 'orders',
    pkNames: ['id'],
    isDdl: false,
    type,
    es: 1,
    ts: 1,
    data: [row],
    old: old && [old],
  };
  return Buffer.from(`${JSON.stringify(text).slice(0, -1)},"_tidb":{"commitTs":${ts}}}`);
}

/** A directory in which orders has 1 = 'b' and 2 = NULL at its checkpoint, and another row behind it. */
async function replicated(checkpoint: bigint | undefined = 50n): Promise<string> {
  const dir = await newDir();
  const sink = await createSink({ dir, fsync: false }, { worker: 'worker-0', signal: new AbortController().signal });
  await sink.execute(ddl(10n, 'CREATE DATABASE shop', ''));
  await sink.execute(ddl(20n, 'CREATE TABLE orders (id INT PRIMARY KEY, note VARCHAR(9))', 'orders'));
  const changes: [bigint, Uint8Array][] = [
    [30n, message(30n, 'INSERT', { id: '1', note: 'a' })],
    [31n, message(31n, 'INSERT', { id: '2', note: null })],
    [32n, message(32n, 'UPDATE', { id: '1', note: 'b' }, { note: 'a' })],
    [60n, message(60n, 'INSERT', { id: '3', note: 'beyond' })],
  ];
  const at = (index: number): [bigint, Uint8Array] => changes[index] ?? [0n, new Uint8Array(0)];
  const written = sink.write({
    table: orders,
    length: changes.length,
    commitTs: (index) => at(index)[0],
    rows: () => 1,
    bytes: (index) => at(index)[1],
  });
  await sink.syncPoint({ type: 'sync-point', commitTs: 40n });
  if (checkpoint !== undefined) await sink.checkpoint(checkpoint);
  await sink.close();
  await written;
  return dir;
}

async function final(dir: string, rows: (string | null)[][], packed = false): Promise<string> {
  const path = join(dir, '.final');
  const text = `${JSON.stringify({ database: 'shop', table: 'orders', columns: ['id', 'note'], rows })}\n`;
  await writeFile(path, packed ? gzipSync(text) : text);
  return path;
}

const RIGHT = [
  ['1', 'b'],
  ['2', null],
];

describe('verify', () => {
  test.each([false, true])('agrees, packed: %s', async (packed) => {
    const dir = await replicated();
    const io = new RecordedIo();
    expect(await runTidegate(['verify', dir, '--against', await final(dir, RIGHT, packed)], io)).toBe(0);
    expect(io.stdout.text).toContain('agrees with');
    expect(io.stdout.text).toContain('carried out 3 row changes and 2 DDLs, up to 50');
    expect(io.stdout.text).toContain('compared    1 table, 2 rows, 4 cells');
  });

  test('tells every difference, and fails', async () => {
    const dir = await replicated();
    const io = new RecordedIo();
    const against = await final(dir, [
      ['1', 'c'],
      ['9', 'x'],
    ]);
    expect(await runTidegate(['verify', dir, '--against', against], io)).toBe(1);
    expect(io.stdout.text).toContain('shop.orders [1] note: is "b", not "c"');
    expect(io.stdout.text).toContain('shop.orders [9]: the row is missing');
    expect(io.stdout.text).toContain('shop.orders [2]: the row should not be there');
    expect(io.stderr.text).toBe('');
  });

  test('as JSON: differences up to the limit, then the verdict', async () => {
    const dir = await replicated();
    const io = new RecordedIo();
    const against = await final(dir, [
      ['1', 'c'],
      ['9', 'x'],
    ]);
    expect(await runTidegate(['verify', dir, '--against', against, '--json', '--limit', '1'], io)).toBe(1);
    expect(io.json).toMatchObject([
      {
        event: 'difference',
        difference: { type: 'cell', table: 'shop.orders', key: '1', column: 'note', folded: 'b', final: 'c' },
      },
      { event: 'verdict', tables: 1, rows: 2, cells: 4, differences: 3, changes: 3, ddls: 2, checkpointTs: '50' },
    ]);
  });

  test('quietly: the exit code alone', async () => {
    const dir = await replicated();
    const io = new RecordedIo();
    expect(await runTidegate(['verify', dir, '--against', await final(dir, []), '-q'], io)).toBe(1);
    expect(io.stdout.text + io.stderr.text).toBe('');
  });

  test('what is missing or unreadable is said in one line', async () => {
    const dir = await replicated();
    const against = await final(dir, RIGHT);
    const failure = async (...args: string[]): Promise<string> => {
      const io = new RecordedIo();
      expect(await runTidegate(['verify', ...args], io)).toBe(1);
      expect(io.stdout.text).toBe('');
      expect(io.stderr.text.trimEnd().split('\n')).toHaveLength(1);
      return io.stderr.text;
    };
    expect(await failure(await newDir(), '--against', against)).toMatch(/^tidegate: .* has no checkpoint: .* \(CLI_NOTHING\)\n$/);
    expect(await failure(dir, '--against', join(dir, 'nothing'))).toMatch(/^tidegate: .*nothing.* \(CANAL_INPUT\)\n$/);
    await writeFile(join(dir, 'shop/orders/20/CDC000001.json'), 'x\n');
    expect(await failure(dir, '--against', against)).toMatch(/CDC000001\.json line 1 .* \(STORAGE_INVALID\)\n$/);
  });
});
