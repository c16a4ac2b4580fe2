import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { readRedoLog } from './readRedoLog.js';
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
const b = tableInfo(2, 'b', 20n);

/** One life of a worker: writes `rows` of table a, in this order. */
async function life(dir: string, rows: readonly (readonly [bigint, string])[], worker = 'worker-0', table = a): Promise<void> {
  const sink = await quietSink(dir, {}, sinkContext(worker));
  void sink.write(rowsOf(table, rows));
  await sink.close();
}

describe('order', () => {
  test('rows of all workers, DDLs and sync points come by commit ts, however they were appended', async () => {
    const dir = await newDir();
    const one = await quietSink(dir, {}, sinkContext('worker-0'));
    const two = await quietSink(dir, {}, sinkContext('worker-1'));
    void two.write(
      rowsOf(b, [
        [21n, 'w'],
        [24n, 'x'],
      ]),
    );
    await one.execute(ddlEvent(20n, 'CREATE b', { tables: [b] }));
    void one.write(
      rowsOf(a, [
        [11n, 'p'],
        [22n, 'q'],
        [25n, 'r'],
      ]),
    );
    await two.execute(ddlEvent(10n, 'CREATE a', { tables: [a] }));
    await two.syncPoint({ type: 'sync-point', commitTs: 23n });
    await one.close();
    await two.close();
    const all = ['10 ddl CREATE a', '11 a=p', '20 ddl CREATE b', '21 b=w', '22 a=q', '23 sync', '24 b=x', '25 a=r'];
    expect(await readShort(dir)).toEqual(all);
    expect(await readShort(dir, { from: 20n, upTo: 23n })).toEqual(all.slice(3, 6));
    expect(await readShort(dir, { from: 25n })).toEqual([]);
  });

  test('at one ts: rows before the DDL, the DDL, rows after it, the sync point', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir, { commitInterval: 0 });
    await sink.syncPoint({ type: 'sync-point', commitTs: 20n });
    await sink.write(rowsOf(b, [[20n, 'after']]));
    await sink.write(rowsOf(a, [[20n, 'before']]));
    await sink.execute(ddlEvent(20n, 'CREATE b', { tables: [b] }));
    await sink.close();
    expect(await readShort(dir)).toEqual(['20 a=before', '20 ddl CREATE b', '20 b=after', '20 sync']);
  });

  test('rows of one transaction keep their order, over batches and segments', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir, { commitBytes: 4096, segmentBytes: 4096 });
    const values = Array.from({ length: 100 }, (_, at) => `${at % 3}${'.'.repeat(150)}`);
    for (const value of values) void sink.write(rowsOf(a, [[15n, value]]));
    await sink.close();
    expect((await fileNames(dir)).length).toBeGreaterThan(2);
    expect(await readShort(dir)).toEqual(values.map((value) => `15 a=${value}`));
  });

  test('tables far apart in a file are read in commit order', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir);
    const expected: string[] = [];
    for (let table = 0; table < 30; table++) {
      const rows = Array.from({ length: 40 }, (_, at) => [BigInt(100 + at), 'y'.repeat(100)] as const);
      void sink.write(rowsOf(tableInfo(table, `t${String(table).padStart(2, '0')}`, 1n), rows));
      for (const [ts, text] of rows) expected.push(`${ts} t${String(table).padStart(2, '0')}=${text}`);
    }
    await sink.close();
    expect(await readShort(dir)).toEqual(expected.sort());
  });

  test('an empty directory holds nothing', async () => {
    expect(await readAll(await newDir())).toEqual([]);
  });
});

describe('repetition', () => {
  test('what later lives write again stands once, on whichever worker', async () => {
    const dir = await newDir();
    await life(dir, [
      [11n, 'a'],
      [12n, 'b'],
      [12n, 'c'],
      [12n, 'b'],
      [13n, 'd'],
    ]);
    await life(
      dir,
      [
        [12n, 'b'],
        [12n, 'c'],
        [12n, 'b'],
        [13n, 'd'],
        [14n, 'e'],
      ],
      'worker-1',
    );
    await life(dir, [
      [13n, 'd'],
      [14n, 'e'],
      [15n, 'f'],
    ]);
    expect(await readShort(dir)).toEqual(['11 a=a', '12 a=b', '12 a=c', '12 a=b', '13 a=d', '14 a=e', '15 a=f']);
  });

  test('of a transaction that a life has in part, the whole one counts, whichever comes first', async () => {
    for (const order of [
      [2, 3],
      [3, 2],
    ]) {
      const dir = await newDir();
      for (const count of order)
        await life(
          dir,
          ['x', 'x', 'y'].slice(0, count).map((text) => [12n, text] as const),
        );
      expect(await readShort(dir)).toEqual(['12 a=x', '12 a=x', '12 a=y']);
    }
  });

  test('a dispatcher that takes a table over on the same worker repeats, also at the very ts where it stood (Sink.restart)', async () => {
    for (const from of [12n, 13n]) {
      const dir = await newDir();
      const sink = await quietSink(dir);
      const rows = [
        [11n, 'a'],
        [12n, 'b'],
        [12n, 'b'],
        [13n, 'c'],
        [13n, 'c'],
      ] as const;
      void sink.write(rowsOf(a, rows));
      sink.restart(a, from - 1n);
      void sink.write(rowsOf(a, [...rows.filter(([ts]) => ts >= from), [14n, 'd']]));
      await sink.close();
      expect(await readShort(dir)).toEqual(['11 a=a', '12 a=b', '12 a=b', '13 a=c', '13 a=c', '14 a=d']);
    }
  });

  test('rows that still wait for room when a dispatcher begins again are from before', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir, { commitBytes: 4096 });
    const rows = Array.from({ length: 40 }, (_, at) => [BigInt(11 + at), `${'x'.repeat(1000)}${at}`] as const);
    void sink.write(rowsOf(a, rows));
    sink.restart(a, 10n);
    void sink.write(rowsOf(a, rows));
    await sink.close();
    expect(await readShort(dir)).toEqual(rows.map(([ts, text]) => `${ts} a=${text}`));
  });

  test('a table that was dropped comes back where it was, and is not told twice', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir);
    for (const _ of ['first', 'again, from before the drop']) {
      sink.restart(a, 10n);
      void sink.write(rowsOf(a, [[11n, 'a']]));
      await sink.execute(ddlEvent(12n, 'DROP TABLE a', { drops: { type: 'normal', tableIds: [1] } }));
    }
    await sink.close();
    expect(await readShort(dir)).toEqual(['11 a=a', '12 ddl DROP TABLE a']);
  });

  test('parts of a table on one worker mix, and equal changes of one transaction are all there', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir);
    const old = { ...a, version: 5n };
    void sink.write(rowsOf(a, [[15n, 'k1']]));
    void sink.write(rowsOf(a, [[12n, 'k9']]));
    void sink.write(rowsOf(old, [[9n, 'k5']]));
    void sink.write(rowsOf(a, [[15n, 'k1']]));
    void sink.write(rowsOf(a, [[13n, 'k9']]));
    void sink.write(rowsOf(old, [[9n, 'k5']]));
    await sink.close();
    expect(await readShort(dir)).toEqual(['9 a=k5', '9 a=k5', '12 a=k9', '13 a=k9', '15 a=k1', '15 a=k1']);
  });

  test('parts of a table from two workers are joined', async () => {
    const dir = await newDir();
    await life(dir, [
      [12n, 'k1'],
      [12n, 'k2'],
    ]);
    await life(
      dir,
      [
        [12n, 'k8'],
        [12n, 'k9'],
        [12n, 'k7'],
      ],
      'worker-1',
    );
    await life(dir, [
      [12n, 'k1'],
      [12n, 'k2'],
      [12n, 'k3'],
    ]);
    expect(await readShort(dir)).toEqual(['12 a=k1', '12 a=k2', '12 a=k3', '12 a=k8', '12 a=k9', '12 a=k7']);
  });

  test('any number of lives, each from a checkpoint of the last', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            to: fc.integer({ min: 0, max: 25 }),
            back: fc.nat(8),
            worker: fc.nat(2),
            cut: fc.nat(2),
            bytes: fc.constantFrom(4096, 65_536),
          }),
          { minLength: 1, maxLength: 5 },
        ),
        async (lives) => {
          const dir = await newDir();
          const truth = (ts: number): string[] => ['x', 'y', 'x'].map((text) => `${text}${'.'.repeat((ts % 5) * 150)}`);
          let written = 0;
          for (const { to, back, worker, cut, bytes } of lives) {
            const from = Math.max(0, written - back);
            const sink = await quietSink(dir, { commitBytes: 4096, segmentBytes: bytes }, sinkContext(`worker-${worker}`));
            const last = Math.max(written, to);
            for (let ts = from + 1; ts <= last; ts++)
              void sink.write(
                rowsOf(
                  a,
                  truth(ts).map((text) => [BigInt(ts + 10), text] as const),
                ),
              );
            // The transaction behind the last whole one, in part.
            void sink.write(
              rowsOf(
                a,
                truth(last + 1)
                  .slice(0, cut)
                  .map((text) => [BigInt(last + 11), text] as const),
              ),
            );
            await sink.close();
            written = last;
          }
          const expected: string[] = [];
          for (let ts = 1; ts <= written; ts++) for (const text of truth(ts)) expected.push(`${ts + 10} a=${text}`);
          expect(await readShort(dir, { upTo: BigInt(written + 10) })).toEqual(expected);
        },
      ),
      { numRuns: 25 },
    );
  }, 60_000);
});

describe('bounds and errors', () => {
  test('segments that overlap beyond the memory allowed are an error that says what to do', async () => {
    const dir = await newDir();
    for (const worker of ['worker-0', 'worker-1', 'worker-2']) {
      await life(
        dir,
        Array.from({ length: 20 }, (_, at) => [BigInt(at + 11), 'x'] as const),
        worker,
        tableInfo(Number(worker.at(-1)), worker, 1n),
      );
    }
    expect(await readAll(dir, { maxIndexBytes: 100_000 })).toHaveLength(60);
    await expect(readAll(dir, { maxIndexBytes: 60_000 })).rejects.toMatchObject({
      code: 'REDO_OVERLAP',
      message: expect.stringContaining("raise option 'maxIndexBytes'"),
    });
  });

  test('a segment that is sealed while it is about to be read is found', async () => {
    const dir = await newDir();
    await life(dir, [[11n, 'a']]);
    const sink = await quietSink(dir);
    const written = sink.write(
      rowsOf(a, [
        [12n, 'b'],
        [13n, 'c'],
      ]),
    );
    await sink.flush(a);
    await written;
    const reading = readRedoLog(dir);
    const first = await reading.next();
    expect(first.value).toMatchObject({ commitTs: 11n });
    await sink.close();
    const rest: bigint[] = [];
    for await (const { commitTs } of reading) rest.push(commitTs);
    expect(rest).toEqual([12n, 13n]);
  });

  test('a reader that stops early leaves nothing open', async () => {
    const dir = await newDir();
    await life(dir, [
      [11n, 'a'],
      [12n, 'b'],
    ]);
    for await (const { commitTs } of readRedoLog(dir)) {
      expect(commitTs).toBe(11n);
      break;
    }
    await rename(dir, `${dir}-moved`);
    await rename(`${dir}-moved`, dir);
  });

  test('options and directories that are wrong', async () => {
    const dir = await newDir();
    await expect(readAll(dir, { from: -1n })).rejects.toMatchObject({
      code: 'REDO_OPTION',
      message: expect.stringContaining("'from'"),
    });
    await expect(readAll(dir, { upTo: 1n << 64n })).rejects.toMatchObject({ code: 'REDO_OPTION' });
    await expect(readAll(join(dir, 'none'))).rejects.toMatchObject({ code: 'REDO_UNREADABLE', path: join(dir, 'none') });
  });
});
