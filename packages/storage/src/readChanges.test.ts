import { appendFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { ddlEvent, line, quietSink, readAll, readShort, rowsOf, tableInfo, temporaryDirs } from './testing/rows.js';

const newDir = temporaryDirs(afterEach);
const a = tableInfo(1, 's', 'a', 10n);
const b = tableInfo(2, 's', 'b', 20n);

describe('order', () => {
  test('rows of all tables, DDLs and sync points come by commit ts', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir);
    await sink.execute(ddlEvent(20n, 'CREATE b', { schema: 's', table: 'b', tables: [b] }));
    await sink.execute(ddlEvent(10n, 'CREATE a', { schema: 's', table: 'a', tables: [a] }));
    await sink.syncPoint({ type: 'sync-point', commitTs: 23n });
    void sink.write(
      rowsOf(b, [
        [21n, 'w'],
        [24n, 'x'],
      ]),
    );
    void sink.write(
      rowsOf(a, [
        [11n, 'p'],
        [22n, 'q'],
        [25n, 'r'],
      ]),
    );
    await sink.close();
    expect(await readShort(dir)).toEqual([
      '10 ddl CREATE a',
      '11 s.a=p',
      '20 ddl CREATE b',
      '21 s.b=w',
      '22 s.a=q',
      '23 sync',
      '24 s.b=x',
      '25 s.a=r',
    ]);
    expect(await readShort(dir, { upTo: 21n })).toEqual(['10 ddl CREATE a', '11 s.a=p', '20 ddl CREATE b', '21 s.b=w']);
    expect(await readShort(dir, { upTo: 9n })).toEqual([]);
  });

  test('at one ts: rows before the DDL, the DDL, rows after it, the sync point', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir);
    await sink.syncPoint({ type: 'sync-point', commitTs: 20n });
    void sink.write(rowsOf(b, [[20n, 'after']]));
    void sink.write(rowsOf(a, [[20n, 'before']]));
    await sink.execute(ddlEvent(20n, 'CREATE b', { schema: 's', table: 'b', tables: [b] }));
    await sink.close();
    expect(await readShort(dir)).toEqual(['20 s.a=before', '20 ddl CREATE b', '20 s.b=after', '20 sync']);
  });

  test('rows of one transaction keep their order, over files too', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir);
    for (const value of ['1', '2', '1', '2', '3']) {
      void sink.write(rowsOf(a, [[15n, value]]));
      await sink.flush(a);
    }
    await sink.close();
    expect(await readShort(dir)).toEqual(['15 s.a=1', '15 s.a=2', '15 s.a=1', '15 s.a=2', '15 s.a=3']);
  });

  test('more than a piece of a file, and a line longer than a piece', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir);
    const values = Array.from({ length: 40 }, (_, index) => `${index}`.repeat(index === 20 ? 400_000 : 9_000));
    void sink.write(
      rowsOf(
        a,
        values.map((value, index) => [11n + BigInt(index), value] as const),
      ),
    );
    await sink.close();
    expect(await readShort(dir)).toEqual(values.map((value, index) => `${11 + index} s.a=${value}`));
  });

  test('an empty directory holds nothing', async () => {
    expect(await readAll(await newDir())).toEqual([]);
  });

  test('names and versions come with each row, as they were', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir);
    void sink.write(rowsOf(tableInfo(1, 'meta', 'a/%2F', 5n), [[6n, 'x']]));
    await sink.close();
    expect(await readAll(dir)).toMatchObject([{ type: 'row', schema: 'meta', table: 'a/%2F', version: 5n, commitTs: 6n }]);
  });
});

describe('repetition after a restart', () => {
  test('what a later life writes again stands once', async () => {
    const dir = await newDir();
    const lives: [bigint, string][][] = [
      [
        [11n, 'a'],
        [12n, 'b'],
        [12n, 'c'],
        [13n, 'd'],
      ],
      [
        [12n, 'b'],
        [12n, 'c'],
        [13n, 'd'],
        [14n, 'e'],
      ],
      [
        [13n, 'd'],
        [14n, 'e'],
        [15n, 'f'],
      ],
    ];
    for (const rows of lives) {
      const sink = await quietSink(dir);
      void sink.write(rowsOf(a, rows));
      await sink.close();
    }
    expect(await readShort(dir)).toEqual(['11 s.a=a', '12 s.a=b', '12 s.a=c', '13 s.a=d', '14 s.a=e', '15 s.a=f']);
  });

  test('a transaction of which a life wrote half is taken from the next', async () => {
    const dir = await newDir();
    for (const values of [
      ['x', 'x'],
      ['x', 'x', 'y'],
    ]) {
      const sink = await quietSink(dir);
      void sink.write(
        rowsOf(
          a,
          values.map((value) => [12n, value] as const),
        ),
      );
      await sink.close();
    }
    expect(await readShort(dir)).toEqual(['12 s.a=x', '12 s.a=x', '12 s.a=y']);
  });

  test('a life that wrote nothing, or only its mark, changes nothing', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir);
    void sink.write(
      rowsOf(a, [
        [11n, 'a'],
        [12n, 'b'],
      ]),
    );
    await sink.close();
    await (await quietSink(dir)).close();
    await writeFile(join(dir, 's/a/10/CDC000002.json'), '');
    expect(await readShort(dir)).toEqual(['11 s.a=a', '12 s.a=b']);
    const next = await quietSink(dir);
    void next.write(
      rowsOf(a, [
        [12n, 'b'],
        [13n, 'c'],
      ]),
    );
    await next.close();
    expect(await readShort(dir)).toEqual(['11 s.a=a', '12 s.a=b', '13 s.a=c']);
  });

  test('a life that is killed before it came as far as the one before hides nothing that was durable', async () => {
    const dir = await newDir();
    const later = { ...a, version: 14n };
    const first = await quietSink(dir);
    const rows: [bigint, string][] = [
      [11n, 'a'],
      [12n, 'b'],
      [12n, 'c'],
      [12n, 'b'],
      [13n, 'd'],
    ];
    void first.write(rowsOf(a, rows));
    void first.write(rowsOf(later, [[15n, 'e']]));
    await first.close();
    // Back at the checkpoint, and killed after a file that ends within transaction 12; the next version is not reached.
    const second = await quietSink(dir);
    void second.write(rowsOf(a, rows.slice(0, 2)));
    await second.close();
    expect(await readShort(dir)).toEqual(['11 s.a=a', '12 s.a=b', '12 s.a=c', '12 s.a=b', '13 s.a=d', '15 s.a=e']);
  });

  test('up to a checkpoint the latest life decides, whatever order it repeats a transaction in', async () => {
    const dir = await newDir();
    for (const values of [['x', 'y', 'z', 'x'], ['z', 'x', 'y', 'x'], ['y']]) {
      const sink = await quietSink(dir);
      const ts = values.length === 1 ? 13n : 12n;
      void sink.write(
        rowsOf(
          a,
          values.map((value) => [ts, value] as const),
        ),
      );
      await sink.close();
    }
    expect(await readShort(dir)).toEqual(['12 s.a=z', '12 s.a=x', '12 s.a=y', '12 s.a=x', '13 s.a=y']);
  });

  test('any number of lives, from any checkpoint, killed anywhere: all that was ever durable, once', async () => {
    const TRANSACTION = ['x', 'y', 'x'];
    const life = fc.record({ back: fc.nat(8), transactions: fc.nat(10), part: fc.nat(2), files: fc.integer({ min: 1, max: 4 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 6 }), async (lives) => {
        const dir = await newDir();
        const line = (at: number): [bigint, string] => [BigInt(11 + Math.floor(at / 3)), TRANSACTION[at % 3] ?? ''];
        let durable = 0;
        for (const { back, transactions, part, files } of lives) {
          const from = Math.max(0, Math.floor(durable / 3) - back) * 3;
          const to = from + transactions * 3 + part;
          const sink = await quietSink(dir);
          for (let at = from; at < to; at++) {
            void sink.write(rowsOf(a, [line(at)]));
            if (at % (files * 2) === 0) await sink.flush(a);
          }
          await sink.close();
          durable = Math.max(durable, to);
        }
        const truth = Array.from({ length: durable }, (_, at) => `${line(at)[0]} s.a=${line(at)[1]}`);
        expect(durable === 0 ? [] : await readShort(dir)).toEqual(truth);
      }),
      { numRuns: Number(process.env.TIDEGATE_SEEDS ?? 15) },
    );
  }, 60_000);
});

describe('what is not of the layout', () => {
  test('temporary and foreign files are passed over', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir);
    void sink.write(rowsOf(a, [[11n, 'a']]));
    await sink.close();
    await writeFile(join(dir, 's/a/10/.CDC000002.json.worker-0.x-1.tmp'), '{"half');
    await writeFile(join(dir, 's/a/10/CDC000002.json.bak'), 'x');
    await writeFile(join(dir, 's/a/notes.txt'), 'x');
    await writeFile(join(dir, 'README'), 'x');
    await mkdir(join(dir, 's/a/other'), { recursive: true });
    expect(await readShort(dir)).toEqual(['11 s.a=a']);
  });

  const broken = async (): Promise<{ dir: string; file: string }> => {
    const dir = await newDir();
    const sink = await quietSink(dir);
    void sink.write(
      rowsOf(a, [
        [11n, 'a'],
        [12n, 'b'],
      ]),
    );
    await sink.close();
    return { dir, file: join(dir, 's/a/10/CDC000001.json') };
  };

  test('a file that ends in the middle of a line', async () => {
    const { dir, file } = await broken();
    await appendFile(file, '{"half');
    await expect(readAll(dir)).rejects.toMatchObject({
      code: 'STORAGE_INVALID',
      path: file,
      message: `${file} line 3 ends in the middle of a line`,
    });
  });

  test('a line without a commit ts', async () => {
    const { dir, file } = await broken();
    await appendFile(file, '{"data":[]}\n');
    await expect(readAll(dir)).rejects.toMatchObject({
      code: 'STORAGE_INVALID',
      message: `${file} line 3 has no _tidb.commitTs: "{\\"data\\":[]}"`,
    });
  });

  test('lines out of order', async () => {
    const { dir, file } = await broken();
    await appendFile(file, `${line(a, 11n, 'c')}\n`);
    await expect(readAll(dir)).rejects.toMatchObject({
      code: 'STORAGE_INVALID',
      message: `${file} is not in commit order: 11 stands after 12`,
    });
  });

  test('rows below the version of their directory', async () => {
    const { dir } = await broken();
    await rename(join(dir, 's/a/10'), join(dir, 's/a/12'));
    await expect(readAll(dir)).rejects.toMatchObject({
      code: 'STORAGE_INVALID',
      message: expect.stringContaining('11 stands in version 12 of its table'),
    });
  });

  test('a schema file that is none', async () => {
    const { dir } = await broken();
    const path = join(dir, 's/a/meta/schema_10_0000000000.json');
    await writeFile(path, 'x');
    await expect(readAll(dir)).rejects.toMatchObject({ code: 'STORAGE_INVALID', path });
  });

  test('a directory that cannot be read', async () => {
    const { dir, file } = await broken();
    await expect(readAll(join(dir, 'none'))).rejects.toMatchObject({ code: 'STORAGE_UNREADABLE', path: join(dir, 'none') });
    await expect(readAll(file)).rejects.toMatchObject({ code: 'STORAGE_UNREADABLE' });
    await rm(file);
    await mkdir(file);
    await expect(readAll(dir)).rejects.toMatchObject({ code: 'STORAGE_UNREADABLE', path: file });
  });

  test('an upTo that is no timestamp', async () => {
    await expect(readAll(await newDir(), { upTo: -1n })).rejects.toMatchObject({
      code: 'STORAGE_OPTION',
      message: expect.stringContaining("'upTo'"),
    });
  });
});
