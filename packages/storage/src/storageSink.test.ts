import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { schemaFileNameOf } from './schemaFile.js';
import {
  ddlEvent,
  fileNames,
  line,
  quietSink,
  rowsOf,
  rowsOfLines,
  sinkContext,
  tableInfo,
  temporaryDirs,
  tree,
} from './testing/rows.js';

const newDir = temporaryDirs(afterEach);
const V = 462422016003145732n;
const orders = tableInfo(1, 'shop', 'orders', V);
const items = tableInfo(2, 'shop', 'items', V + 1n);
const dataFiles = async (dir: string): Promise<string[]> => (await fileNames(dir)).filter((name) => name.includes('CDC0'));

describe('layout', () => {
  test('rows, index, schema files and metadata lie where the documented layout has them', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir);
    await sink.execute(ddlEvent(V - 1n, 'CREATE DATABASE shop', { kind: 'create database', table: '' }));
    await sink.execute(ddlEvent(V, 'CREATE TABLE orders (id INT)', { tables: [orders] }));
    const written = sink.write(
      rowsOf(orders, [
        [V + 5n, 'a'],
        [V + 6n, 'b'],
      ]),
    );
    await sink.flush(orders);
    await written;
    await sink.checkpoint(V + 6n);
    await sink.close();
    const databaseFile = join('shop/meta', schemaFileNameOf({ schema: 'shop', table: '', version: V - 1n }));
    const tableFile = join('shop/orders/meta', schemaFileNameOf(orders));
    const files = await tree(dir);
    expect(Object.keys(files).sort()).toEqual(
      ['metadata', databaseFile, `shop/orders/${V}/CDC000001.json`, `shop/orders/${V}/meta/CDC.index`, tableFile].sort(),
    );
    expect(files.metadata).toBe(`{"checkpoint-ts":${V + 6n}}`);
    expect(files[`shop/orders/${V}/CDC000001.json`]).toBe(`${line(orders, V + 5n, 'a')}\n${line(orders, V + 6n, 'b')}\n`);
    expect(files[`shop/orders/${V}/meta/CDC.index`]).toBe('CDC000001.json\n');
    expect(files[tableFile]).toContain('"Query": "CREATE TABLE orders (id INT)"');
    expect(files[databaseFile]).toContain('"Type": 1');
  });

  test('bytes pass through as they are', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir);
    const odd = '  { "é": "東\\n\\"", "_tidb" : {"commitTs": 9} }  ';
    void sink.write(rowsOfLines(tableInfo(1, 'a/b', '..', 1n), [[9n, odd]]));
    await sink.close();
    expect((await tree(dir))['a%2Fb/%2E./1/CDC000001.json']).toBe(`${odd}\n`);
  });

  test('a table that no DDL recorded gets a schema file without a statement', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir);
    void sink.write(rowsOf(orders, [[V + 1n, 'a']]));
    await sink.close();
    expect((await tree(dir))[join('shop/orders/meta', schemaFileNameOf(orders))]).toContain('"Query": "",\n    "Type": 0');
  });

  test('a new version of a table has a directory and numbers of its own', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir);
    void sink.write(rowsOf(orders, [[V + 1n, 'a']]));
    const renamed = { ...orders, table: 'orders2', version: V + 2n };
    void sink.write(rowsOf(renamed, [[V + 3n, 'b']]));
    // Rows of the earlier version are the table's too (D-20).
    await sink.flush(renamed);
    expect(await dataFiles(dir)).toEqual([`shop/orders/${V}/CDC000001.json`, `shop/orders2/${V + 2n}/CDC000001.json`]);
    await sink.close();
  });

  test('as many digits as asked for', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir, { fileIndexWidth: 20 });
    void sink.write(rowsOf(orders, [[V + 1n, 'a']]));
    await sink.close();
    expect(await dataFiles(dir)).toEqual([`shop/orders/${V}/CDC00000000000000000001.json`]);
  });
});

describe('rotation', () => {
  test('by size: a file is closed by the change that fills it, and the index names the last', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir, { fileSize: 1024 });
    const padded = (ts: bigint): readonly [bigint, string] => [ts, 'x'.repeat(300)];
    await Promise.all([
      sink.write(
        rowsOf(
          orders,
          [1n, 2n, 3n, 4n, 5n, 6n, 7n].map((n) => padded(V + n)),
        ),
      ),
      sink.flush(orders),
    ]);
    const sizes = Object.entries(await tree(dir))
      .filter(([name]) => name.includes('CDC0'))
      .sort()
      .map(([name, text]) => [name.slice(-14), text.split('\n').length - 1]);
    expect(sizes).toEqual([
      ['CDC000001.json', 3],
      ['CDC000002.json', 3],
      ['CDC000003.json', 1],
    ]);
    expect(await readFile(join(dir, 'shop/orders', String(V), 'meta/CDC.index'), 'utf8')).toBe('CDC000003.json\n');
    await sink.close();
  });

  test('by time: a row is durable an interval after it came, without a flush', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const dir = await newDir();
      const sink = await quietSink(dir, { flushInterval: 1_000 });
      const first = sink.write(rowsOf(orders, [[V + 1n, 'a']]));
      vi.advanceTimersByTime(600);
      const second = sink.write(rowsOf(items, [[V + 2n, 'b']]));
      vi.advanceTimersByTime(399);
      expect(sink.stats().openFiles).toBe(0);
      vi.advanceTimersByTime(1);
      await first;
      expect(await dataFiles(dir)).toEqual([`shop/orders/${V}/CDC000001.json`]);
      vi.advanceTimersByTime(600);
      await second;
      expect(vi.getTimerCount()).toBe(0);
      await sink.close();
    } finally {
      vi.useRealTimers();
    }
  });

  test('a write settles when its own rows are durable, not before', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir);
    let settled = false;
    const written = sink.write(rowsOf(orders, [[V + 1n, 'a']])).then(() => {
      settled = true;
    });
    await sink.write(rowsOf(items, []));
    await sink.flush(items);
    expect(settled).toBe(false);
    await sink.flush(orders);
    await written;
    expect(await dataFiles(dir)).toHaveLength(1);
    await sink.close();
  });

  test('flush without a table closes every file; flush of nothing settles', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir);
    await sink.flush(orders);
    await sink.flush(undefined);
    void sink.write(rowsOf(orders, [[V + 1n, 'a']]));
    void sink.write(rowsOf(items, [[V + 2n, 'b']]));
    await sink.flush(undefined);
    expect(await dataFiles(dir)).toHaveLength(2);
    expect(sink.stats()).toMatchObject({ bufferedBytes: 0, openFiles: 0, files: 2 });
    await sink.close();
  });
});

describe('bounds', () => {
  test('many tables share few writers, and every row is written', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir, { openFiles: 4 });
    const tables = Array.from({ length: 120 }, (_, index) => tableInfo(index + 1, 'many', `t${index}`, 1n));
    for (const table of tables) void sink.write(rowsOf(table, [[5n, 'a']]));
    await sink.flush(undefined);
    expect(await dataFiles(dir)).toHaveLength(120);
    expect(sink.stats().peakOpenFiles).toBe(4);
    await sink.close();
  });

  test('when too much waits in memory the largest files are closed early', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir, { maxBuffered: 4096 });
    void sink.write(rowsOf(items, [[V + 2n, 'small']]));
    const large = sink.write(
      rowsOf(
        orders,
        [1n, 2n, 3n, 4n].map((n) => [V + n, 'x'.repeat(1_000)] as const),
      ),
    );
    await large;
    expect(await dataFiles(dir)).toEqual([`shop/orders/${V}/CDC000001.json`]);
    expect(sink.stats().bufferedBytes).toBeLessThan(1024);
    await sink.close();
    expect(await dataFiles(dir)).toHaveLength(2);
  });

  test('tables that a DDL drops are forgotten, by whoever executes or passes it', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir);
    const other = tableInfo(3, 'other', 't', 1n, 9);
    for (const table of [orders, items, other]) void sink.write(rowsOf(table, [[V + 5n, 'a']]));
    await sink.flush(undefined);
    expect(sink.stats().tables).toBe(3);
    sink.pass(ddlEvent(V + 6n, 'DROP TABLE orders', { drops: { type: 'normal', tableIds: [1, 77] } }));
    expect(sink.stats().tables).toBe(2);
    await sink.execute(
      ddlEvent(V + 7n, 'DROP DATABASE other', { schema: 'other', table: '', drops: { type: 'db', schemaId: 9 } }),
    );
    expect(sink.stats().tables).toBe(1);
    await sink.close();
  });
});

describe('restart', () => {
  test('a life has a stream of its own, with numbers of its own', async () => {
    const dir = await newDir();
    for (const value of ['a', 'b', 'c']) {
      const sink = await quietSink(dir);
      for (const ts of [V + 1n, V + 2n]) {
        void sink.write(rowsOf(orders, [[ts, value]]));
        await sink.flush(orders);
      }
      await sink.close();
    }
    const data = `shop/orders/${V}`;
    const names = (await fileNames(join(dir, data))).filter((name) => name.startsWith('CDC'));
    expect(names.map((name) => Number(name.slice(3, -5))).sort((a, b) => a - b)).toEqual([
      1, 2, 1_000_000_001, 1_000_000_002, 2_000_000_001, 2_000_000_002,
    ]);
    expect((await tree(dir))[`${data}/meta/CDC.index`]).toBe('CDC2000000002.json\n');
  });

  test('a dispatcher that begins again has one too, if there is anything it could repeat', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir);
    sink.restart(orders, V);
    sink.restart(orders, V);
    void sink.write(rowsOf(orders, [[V + 1n, 'a']]));
    for (const _ of ['moved', 'and again']) sink.restart(orders, V);
    void sink.write(rowsOf(orders, [[V + 1n, 'a']]));
    await sink.close();
    const names = (await dataFiles(dir)).concat((await fileNames(dir)).filter((name) => name.includes('CDC1')));
    expect(names).toEqual([`shop/orders/${V}/CDC000001.json`, `shop/orders/${V}/CDC1000000001.json`]);
  });

  test('continues from what is there when the index is behind, and never replaces a file', async () => {
    const dir = await newDir();
    const data = join(dir, 'shop/orders', String(V));
    const first = await quietSink(dir);
    void first.write(rowsOf(orders, [[V + 1n, 'a']]));
    await first.flush(orders);
    // As if another writer had come between looking and writing.
    await writeFile(join(data, 'CDC000002.json'), `${line(orders, V + 2n, 'b')}\n`);
    void first.write(rowsOf(orders, [[V + 3n, 'c']]));
    await first.close();
    const files = await tree(data);
    expect(files['CDC000002.json']).toContain('"b"');
    expect(files['CDC000003.json']).toContain('"c"');
    expect(files['meta/CDC.index']).toBe('CDC000003.json\n');
  });

  test('temporary files of an earlier life of the same worker are removed, others stay', async () => {
    const dir = await newDir();
    const first = await quietSink(dir);
    void first.write(rowsOf(orders, [[V + 1n, 'a']]));
    await first.close();
    const data = join(dir, 'shop/orders', String(V));
    await writeFile(join(dir, '.metadata.worker-0.dead-0.tmp'), 'half');
    await writeFile(join(data, '.CDC000002.json.worker-0.dead-0.tmp'), 'half');
    await writeFile(join(data, '.CDC000002.json.worker-1.live-0.tmp'), 'half');
    const second = await quietSink(dir, {}, sinkContext('worker-0'));
    void second.write(rowsOf(orders, [[V + 2n, 'b']]));
    await second.close();
    expect((await fileNames(dir)).filter((name) => name.endsWith('.tmp'))).toEqual([
      `shop/orders/${V}/.CDC000002.json.worker-1.live-0.tmp`,
    ]);
  });
});

describe('checkpoint', () => {
  const checkpointIn = async (dir: string): Promise<string> => await readFile(join(dir, 'metadata'), 'utf8');

  test('never goes back, neither in a life nor over a restart', async () => {
    const dir = await newDir();
    const first = await quietSink(dir);
    await first.checkpoint(V);
    await first.checkpoint(V - 1n);
    expect(await checkpointIn(dir)).toBe(`{"checkpoint-ts":${V}}`);
    await first.close();
    const second = await quietSink(dir);
    await second.checkpoint(V - 5n);
    expect(await checkpointIn(dir)).toBe(`{"checkpoint-ts":${V}}`);
    await second.checkpoint(V + 1n);
    expect(await checkpointIn(dir)).toBe(`{"checkpoint-ts":${V + 1n}}`);
    await second.close();
  });

  test('does not go back either when another worker has told it meanwhile', async () => {
    const dir = await newDir();
    const sinks = [await quietSink(dir), await quietSink(dir, {}, sinkContext('worker-1'))] as const;
    await sinks[0].checkpoint(V);
    await sinks[1].checkpoint(V + 9n);
    await sinks[0].checkpoint(V + 5n);
    expect(await checkpointIn(dir)).toBe(`{"checkpoint-ts":${V + 9n}}`);
    for (const sink of sinks) await sink.close();
  });

  test('checkpoints that come while one is written are merged, and each waits for its own', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir);
    const all = Array.from({ length: 50 }, (_, index) => sink.checkpoint(V + BigInt(index)));
    await all[1];
    expect(BigInt(/\d+/.exec(await checkpointIn(dir))?.[0] ?? 0)).toBeGreaterThanOrEqual(V + 1n);
    await Promise.all(all);
    expect(await checkpointIn(dir)).toBe(`{"checkpoint-ts":${V + 49n}}`);
    await sink.close();
  });
});
