import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { createSink } from './createSink.js';
import {
  ddlEvent,
  fileNames,
  quietSink,
  readAll,
  readShort,
  rowsOf,
  sinkContext,
  tableInfo,
  temporaryDirs,
} from './testing/rows.js';

const newDir = temporaryDirs(afterEach);
const a = tableInfo(1, 'a', 10n);
const b = tableInfo(2, 'b', 10n);

/** Whether a promise has settled by the next turn of the event loop. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  const later = new Promise((resolve) => setImmediate(() => resolve(pending)));
  return (await Promise.race([promise, later])) !== pending;
}

describe('durability', () => {
  test('write settles when its rows are synced: by a flush, not before', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir);
    const written = sink.write(rowsOf(a, [[11n, 'x']]));
    expect(await settled(written)).toBe(false);
    await sink.flush(a);
    await written;
    // Before any close: what a crash now would leave.
    expect(await readShort(dir)).toEqual(['11 a=x']);
    await sink.close();
  });

  test('many writes share one sync (group commit)', async () => {
    const sink = await quietSink(await newDir());
    const written: Promise<void>[] = [];
    for (let ts = 11n; ts < 511n; ts++) written.push(sink.write(rowsOf(a, [[ts, 'x']])));
    await Promise.all([...Array.from({ length: 50 }, () => sink.flush(a)), ...written]);
    expect(sink.stats()).toMatchObject({ commits: 1, queued: 0, bufferedBytes: 0 });
    await sink.close();
  });

  test('the interval ends the wait', async () => {
    const sink = await quietSink(await newDir(), { commitInterval: 1 });
    await sink.write(rowsOf(a, [[11n, 'x']]));
    expect(sink.stats().commits).toBe(1);
    await sink.close();
  });

  test('enough bytes end it too, and the buffers stay within their bound', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir, { commitBytes: 4096 });
    const written: Promise<void>[] = [];
    let peak = 0;
    for (let ts = 11n; ts < 1011n; ts++) {
      written.push(sink.write(rowsOf(a, [[ts, 'x'.repeat(100)]])));
      peak = Math.max(peak, sink.stats().bufferedBytes);
    }
    expect(peak).toBeGreaterThan(4096);
    expect(peak).toBeLessThan(2 * (4096 + 300));
    await sink.flush(undefined);
    await Promise.all(written);
    expect(sink.stats().commits).toBeGreaterThan(25);
    await sink.close();
    expect(await readShort(dir)).toHaveLength(1000);
  });

  test('a flush of nothing, and one behind a sync under way', async () => {
    const sink = await quietSink(await newDir(), { fsync: true });
    await sink.flush(undefined);
    const first = sink.write(rowsOf(a, [[11n, 'x']]));
    const flushed = sink.flush(a);
    const second = sink.write(rowsOf(b, [[12n, 'y']]));
    await flushed;
    await first;
    await sink.flush(b);
    await second;
    expect(sink.stats()).toMatchObject({ commits: 2, queued: 0 });
    await sink.close();
  });
});

describe('content', () => {
  test('bytes, numbers of rows, tables and DDLs pass through as they are', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir);
    const strange = { tableId: 4_000_000_000, schemaId: 7, schema: 'é/.', table: '', version: 462422016003145732n };
    const ts = 462422016003145733n;
    const bytes = Uint8Array.from({ length: 300 }, (_, at) => at);
    void sink.write({ table: strange, length: 1, commitTs: () => ts, rows: () => 1_000_000, bytes: () => bytes });
    const ddl = ddlEvent(ts + 1n, 'RENAME …', {
      blockTables: { type: 'normal', tableIds: [0, 1] },
      drops: { type: 'db', schemaId: 3 },
      adds: [{ tableId: 5, schemaId: 1, splittable: true }],
      schemaChanges: [{ tableId: 5, oldSchemaId: 1, newSchemaId: 2 }],
      admissions: [{ type: 'release', schema: 's', table: 't' }],
      tables: [a, strange],
    });
    await sink.execute(ddl);
    await sink.syncPoint({ type: 'sync-point', commitTs: ts + 2n });
    await sink.close();
    const [row, ...events] = await readAll(dir);
    expect(row).toEqual({ type: 'row', commitTs: ts, table: strange, rows: 1_000_000, bytes: Buffer.from(bytes) });
    expect(events).toEqual([ddl, { type: 'sync-point', commitTs: ts + 2n }]);
  });

  test('a change larger than all buffers, and an empty one', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir, { commitBytes: 4096, segmentBytes: 4096 });
    const large = 'L'.repeat(1_000_000);
    void sink.write(
      rowsOf(a, [
        [11n, ''],
        [12n, large],
        [13n, 'x'],
      ]),
    );
    await sink.close();
    expect(await readShort(dir)).toEqual(['11 a=', `12 a=${large}`, '13 a=x']);
  });

  test('segments are sealed by size, named by worker, number, first and last ts, and each stands alone', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir, { commitBytes: 4096, segmentBytes: 8192 });
    for (let ts = 11n; ts < 211n; ts++) void sink.write(rowsOf(ts % 2n === 0n ? a : b, [[ts, `${'x'.repeat(200)}${ts}`]]));
    await sink.close();
    const names = await fileNames(dir);
    expect(names.length).toBeGreaterThan(4);
    expect(names[0]).toMatch(/^worker-0\.00000001\.11-\d+\.redo$/);
    expect(names.at(-1)).toMatch(/-210\.redo$/);
    expect((await readAll(dir)).map(({ commitTs }) => commitTs)).toEqual(Array.from({ length: 200 }, (_, at) => BigInt(at + 11)));
    expect(await readShort(dir, { from: 205n, upTo: 206n })).toEqual([`206 a=${'x'.repeat(200)}206`]);
  });

  test('a life that wrote nothing leaves nothing', async () => {
    const dir = await newDir();
    await (await quietSink(dir)).close();
    expect(await fileNames(dir)).toEqual([]);
  });
});

describe('DDLs come once', () => {
  test('by ts and query, however often, on whatever worker, over lives', async () => {
    const dir = await newDir();
    const repeated: number[] = [];
    for (const worker of ['worker-0', 'worker-1', 'worker-0']) {
      const sink = await quietSink(dir, {}, sinkContext(worker));
      await sink.execute(ddlEvent(20n, 'CREATE a'));
      await sink.execute(ddlEvent(20n, 'CREATE b'));
      await sink.close();
      repeated.push(sink.stats().repeatedDdls);
    }
    expect(repeated).toEqual([0, 2, 2]);
    expect(await fileNames(dir)).toEqual(['worker-0.00000001.20-20.redo']);
    expect(await readShort(dir)).toEqual(['20 ddl CREATE a', '20 ddl CREATE b']);
  });

  test('also where the other worker has not sealed it: then the reader sees to it', async () => {
    const dir = await newDir();
    const sinks = [await quietSink(dir), await quietSink(dir, {}, sinkContext('worker-1'))];
    for (const sink of sinks) await sink.execute(ddlEvent(20n, 'CREATE a'));
    for (const sink of sinks) expect(sink.stats().repeatedDdls).toBe(0);
    expect(await readShort(dir)).toEqual(['20 ddl CREATE a']);
    for (const sink of sinks) await sink.close();
    expect(await readShort(dir)).toEqual(['20 ddl CREATE a']);
  });
});

describe('failure', () => {
  test('what cannot be written rejects everything that waits, and the sink takes no more (D-33)', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir);
    // Its first segment cannot be created.
    await writeFile(join(dir, 'worker-0.00000001.open'), 'in the way');
    const failed = { code: 'REDO_WRITE', message: expect.stringContaining(dir) };
    const written = [sink.write(rowsOf(a, [[11n, 'x']])), sink.flush(a)];
    for (const promise of written) await expect(promise).rejects.toMatchObject(failed);
    await expect(sink.write(rowsOf(a, [[12n, 'y']]))).rejects.toMatchObject(failed);
    await expect(sink.execute(ddlEvent(13n, 'x'))).rejects.toMatchObject(failed);
    await expect(sink.checkpoint(13n)).rejects.toMatchObject(failed);
    await expect(sink.close()).rejects.toMatchObject(failed);
  });

  test('after close everything is refused, and closing again is fine', async () => {
    const sink = await quietSink(await newDir());
    await sink.close();
    await sink.close();
    const closed = { code: 'REDO_CLOSED' };
    await expect(sink.write(rowsOf(a, [[11n, 'x']]))).rejects.toMatchObject(closed);
    await expect(sink.flush(a)).rejects.toMatchObject(closed);
    await expect(sink.execute(ddlEvent(20n, 'x'))).rejects.toMatchObject(closed);
    await expect(sink.checkpoint(1n)).rejects.toMatchObject(closed);
  });

  test('an abort rejects what is not durable, and the next life goes on', async () => {
    const dir = await newDir();
    const abort = new AbortController();
    const sink = await quietSink(dir, {}, sinkContext('worker-0', abort.signal));
    const durable = sink.write(rowsOf(a, [[11n, 'x']]));
    await sink.flush(a);
    await durable;
    const lost = sink.write(rowsOf(a, [[12n, 'y']]));
    abort.abort();
    await expect(lost).rejects.toMatchObject({ code: 'REDO_CLOSED' });
    await sink.close();
    expect(await readShort(dir)).toEqual(['11 a=x']);
    await (await quietSink(dir)).close();
    expect(await fileNames(dir)).toEqual(['worker-0.00000001.11-11.redo']);
  });

  test('a directory that cannot be written is said at once', async () => {
    const file = join(await newDir(), 'file');
    await writeFile(file, '');
    for (const dir of [file, join(file, 'x'), '/proc/tidegate']) {
      await expect(createSink({ dir }, sinkContext())).rejects.toMatchObject({ code: 'REDO_UNWRITABLE', path: dir });
    }
  });
});
