import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { ddlEvent, fileNames, quietSink, rowsOf, rowsOfLines, sinkContext, tableInfo, temporaryDirs } from './testing/rows.js';

const newDir = temporaryDirs(afterEach);
const V = 462422016003145732n;
const orders = tableInfo(1, 'shop', 'orders', V);
const dataFiles = async (dir: string): Promise<string[]> => (await fileNames(dir)).filter((name) => name.includes('CDC0'));

describe('failure', () => {
  test('rows that cannot be written reject with the reason, and the table takes no more (D-33)', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir);
    await writeFile(join(dir, 'shop'), 'in the way');
    const failed = { code: 'STORAGE_WRITE', message: expect.stringContaining('cannot write rows of shop.orders') };
    const written = sink.write(rowsOf(orders, [[V + 1n, 'a']]));
    const waiting = sink.flush(orders);
    await expect(written).rejects.toMatchObject(failed);
    await expect(waiting).rejects.toMatchObject(failed);
    await expect(sink.write(rowsOf(orders, [[V + 2n, 'b']]))).rejects.toMatchObject(failed);
    await expect(sink.flush(undefined)).rejects.toMatchObject(failed);
    const other = tableInfo(5, 'other', 't', 1n);
    const fine = sink.write(rowsOf(other, [[2n, 'a']]));
    await sink.flush(other);
    await fine;
    expect(sink.stats()).toMatchObject({ bufferedBytes: 0, files: 1 });
    await expect(sink.close()).rejects.toMatchObject(failed);
  });

  test('a DDL, a sync point or a checkpoint that cannot be written rejects and names the file', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir);
    for (const name of ['shop', 'meta']) await writeFile(join(dir, name), 'in the way');
    await expect(sink.execute(ddlEvent(V, 'CREATE TABLE orders'))).rejects.toMatchObject({
      code: 'STORAGE_WRITE',
      message: expect.stringContaining('shop/orders/meta'),
    });
    await expect(sink.syncPoint({ type: 'sync-point', commitTs: V })).rejects.toMatchObject({ code: 'STORAGE_WRITE' });
    await writeFile(join(dir, 'metadata'), 'nonsense');
    await expect(sink.checkpoint(V)).rejects.toMatchObject({ code: 'STORAGE_INVALID', path: join(dir, 'metadata') });
    await sink.close();
  });

  test('rows that are no lines, and tables without a name', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir);
    await expect(sink.write(rowsOfLines(orders, [[V + 1n, 'a\nb']]))).rejects.toMatchObject({ code: 'STORAGE_ROW' });
    await expect(sink.write(rowsOf(tableInfo(7, '', 't', 1n), [[2n, 'a']]))).rejects.toMatchObject({ code: 'STORAGE_ROW' });
    await sink.close();
  });

  test('after close everything is refused, and closing again is fine', async () => {
    const sink = await quietSink(await newDir());
    await sink.close();
    await sink.close();
    const closed = { code: 'STORAGE_CLOSED' };
    await expect(sink.write(rowsOf(orders, [[V + 1n, 'a']]))).rejects.toMatchObject(closed);
    await expect(sink.flush(orders)).rejects.toMatchObject(closed);
    await expect(sink.execute(ddlEvent(V, 'x'))).rejects.toMatchObject(closed);
    await expect(sink.checkpoint(V)).rejects.toMatchObject(closed);
  });

  test('an abort drops what is not durable and tells those who wait', async () => {
    const dir = await newDir();
    const abort = new AbortController();
    const sink = await quietSink(dir, {}, sinkContext('worker-0', abort.signal));
    const written = sink.write(rowsOf(orders, [[V + 1n, 'a']]));
    abort.abort();
    await expect(written).rejects.toMatchObject({ code: 'STORAGE_CLOSED' });
    await sink.close();
    expect(await dataFiles(dir)).toEqual([]);
  });
});
