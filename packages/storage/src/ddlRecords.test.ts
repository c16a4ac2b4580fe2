import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { schemaFileNameOf } from './schemaFile.js';
import { ddlEvent, fileNames, quietSink, readShort, rowsOf, tableInfo, temporaryDirs, tree } from './testing/rows.js';

const newDir = temporaryDirs(afterEach);
const T = 462422017115947403n;
const nameOf = (schema: string, table: string, version: bigint): string => schemaFileNameOf({ schema, table, version });

describe('a DDL is recorded once', () => {
  test('the same again after a restart leaves the same files with the same content', async () => {
    const dir = await newDir();
    const create = ddlEvent(T, 'CREATE TABLE orders (id INT)', { tables: [tableInfo(1, 'shop', 'orders', T)] });
    const first = await quietSink(dir);
    await first.execute(create);
    await first.execute(create);
    await first.close();
    const before = await tree(dir);
    const second = await quietSink(dir);
    await second.execute(create);
    await second.close();
    expect(await tree(dir)).toEqual(before);
    expect(await readShort(dir)).toEqual([`${T} ddl CREATE TABLE orders (id INT)`]);
  });

  test('a multi-table rename: the statement under the name it was filed by, new names without one', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir);
    const query = 'RENAME TABLE a TO swap, b TO a, swap TO b';
    const tables = [tableInfo(1, 'shop', 'b', T), tableInfo(2, 'shop', 'a', T)];
    await sink.execute(ddlEvent(T, query, { kind: 'rename tables', table: 'a', tables }));
    await sink.close();
    const files = await tree(dir);
    expect(Object.keys(files).sort()).toEqual([
      join('shop/a/meta', nameOf('shop', 'a', T)),
      join('shop/b/meta', nameOf('shop', 'b', T)),
    ]);
    expect(files[join('shop/a/meta', nameOf('shop', 'a', T))]).toContain(JSON.stringify(query));
    expect(files[join('shop/b/meta', nameOf('shop', 'b', T))]).toContain('"Query": ""');
    expect(await readShort(dir)).toEqual([`${T} ddl ${query}`]);
  });

  test('a drop of several tables is recorded under the first alone', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir);
    await sink.execute(
      ddlEvent(T, 'DROP TABLE shop.a, other.b', { kind: 'drop table', table: 'a', drops: { type: 'normal', tableIds: [1, 2] } }),
    );
    await sink.close();
    expect(await fileNames(dir)).toEqual([join('shop/a/meta', nameOf('shop', 'a', T))]);
  });

  test('a DDL that names no database lies at the top', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir);
    await sink.execute(ddlEvent(T, 'DO SOMETHING', { schema: '', table: '' }));
    await sink.close();
    expect(await fileNames(dir)).toEqual([join('meta', nameOf('', '', T))]);
    expect(await readShort(dir)).toEqual([`${T} ddl DO SOMETHING`]);
  });

  test('a statement takes the place of a schema file without one', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir);
    const orders = tableInfo(1, 'shop', 'orders', T);
    void sink.write(rowsOf(orders, [[T + 1n, 'a']]));
    await sink.flush(orders);
    await sink.execute(ddlEvent(T, 'CREATE TABLE orders (id INT)', { tables: [orders] }));
    void sink.write(rowsOf({ ...orders }, [[T + 2n, 'b']]));
    await sink.close();
    expect(await readShort(dir)).toEqual([
      `${T} ddl CREATE TABLE orders (id INT)`,
      `${T + 1n} shop.orders=a`,
      `${T + 2n} shop.orders=b`,
    ]);
  });

  test('another statement in its place is refused: the directory is of another source', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir);
    await sink.execute(ddlEvent(T, 'CREATE TABLE orders (id INT)'));
    await expect(sink.execute(ddlEvent(T, 'DROP TABLE orders'))).rejects.toMatchObject({
      code: 'STORAGE_DDL_CONFLICT',
      message: expect.stringContaining('already records another DDL'),
    });
    await sink.close();
    expect(await readShort(dir)).toEqual([`${T} ddl CREATE TABLE orders (id INT)`]);
  });

  test('what stands in its place but is no file is reported, not replaced', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir);
    await mkdir(join(dir, 'shop/orders/meta', nameOf('shop', 'orders', T)), { recursive: true });
    await expect(sink.execute(ddlEvent(T, 'CREATE TABLE orders (id INT)'))).rejects.toMatchObject({ code: 'STORAGE_WRITE' });
    await sink.close();
  });
});

test('a sync point is recorded once by its name, however often it is told', async () => {
  const dir = await newDir();
  for (const worker of ['worker-0', 'worker-1']) {
    const sink = await quietSink(dir, {}, { worker, signal: new AbortController().signal });
    await sink.syncPoint({ type: 'sync-point', commitTs: T });
    await sink.syncPoint({ type: 'sync-point', commitTs: T });
    await sink.close();
  }
  expect(await tree(dir)).toEqual({ [`meta/sync_point_${T}.json`]: `{"sync-point-ts":${T}}` });
  expect(await readShort(dir)).toEqual([`${T} sync`]);
});
