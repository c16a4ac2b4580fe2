import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { StorageSink } from './storageSink.js';
import { quietSink, readShort, rowsOf, sinkContext, tableInfo, temporaryDirs } from './testing/rows.js';

const newDir = temporaryDirs(afterEach);
const a = tableInfo(1, 's', 'a', 10n);

describe('a table whose rows come again in one life (Sink.restart)', () => {
  test('a dispatcher that begins again at a lower ts repeats, and goes on', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir);
    sink.restart(a, 10n);
    const rows: [bigint, string][] = [
      [11n, 'a'],
      [12n, 'b'],
      [12n, 'c'],
      [12n, 'b'],
      [13n, 'd'],
    ];
    void sink.write(rowsOf(a, rows));
    sink.restart(a, 11n);
    void sink.write(rowsOf(a, rows.slice(1)));
    void sink.write(rowsOf(a, [[14n, 'e']]));
    await sink.close();
    expect(await readShort(dir)).toEqual(['11 s.a=a', '12 s.a=b', '12 s.a=c', '12 s.a=b', '13 s.a=d', '14 s.a=e']);
  });

  test('the successor of a worker that died opens the directory under its name while nothing was closed', async () => {
    const dir = await newDir();
    const dead = await quietSink(dir);
    void dead.write(rowsOf(a, [[11n, 'a']]));
    await dead.flush(a);
    void dead.write(rowsOf(a, [[12n, 'b']]));
    const successor = await quietSink(dir);
    successor.restart(a, 10n);
    void successor.write(
      rowsOf(a, [
        [11n, 'a'],
        [12n, 'b'],
        [13n, 'c'],
      ]),
    );
    await successor.flush(a);
    // What the dead one had under way may still reach the disk.
    await dead.flush(a);
    await successor.close();
    expect(await readShort(dir)).toEqual(['11 s.a=a', '12 s.a=b', '13 s.a=c']);
  });

  test('parts that stand before and behind a DDL write to their versions in turn, and none is forgotten by a flush', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir);
    const later = { ...a, version: 14n };
    for (let step = 0n; step < 3n; step++) {
      void sink.write(rowsOf(a, [[11n + step, `old${step}`]]));
      void sink.write(rowsOf(later, [[15n + step, `new${step}`]]));
    }
    await sink.flush(later);
    expect(sink.stats()).toMatchObject({ bufferedBytes: 0, files: 2 });
    await sink.close();
    expect(await readShort(dir)).toEqual([
      '11 s.a=old0',
      '12 s.a=old1',
      '13 s.a=old2',
      '15 s.a=new0',
      '16 s.a=new1',
      '17 s.a=new2',
    ]);
  });
});

describe('a table that is split', () => {
  test('parts on one sink: a file is in commit order whatever order they come in, and files may overlap', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir);
    void sink.write(
      rowsOf(a, [
        [12n, 'k1'],
        [15n, 'k1'],
        [15n, 'k1'],
      ]),
    );
    void sink.write(
      rowsOf(a, [
        [11n, 'k9'],
        [12n, 'k8'],
      ]),
    );
    await sink.flush(a);
    void sink.write(
      rowsOf(a, [
        [13n, 'k9'],
        [15n, 'k8'],
      ]),
    );
    void sink.write(rowsOf(a, [[15n, 'k1']]));
    await sink.close();
    const first = await readFile(join(dir, 's/a/10/CDC000001.json'), 'utf8');
    expect([...first.matchAll(/commitTs":(\d+)/g)].map(([, ts]) => ts)).toEqual(['11', '12', '12', '15', '15']);
    expect(await readShort(dir)).toEqual([
      '11 s.a=k9',
      '12 s.a=k1',
      '12 s.a=k8',
      '13 s.a=k9',
      '15 s.a=k1',
      '15 s.a=k1',
      '15 s.a=k8',
      '15 s.a=k1',
    ]);
  });

  test('parts on two workers at the same time, each with streams of its own', async () => {
    const dir = await newDir();
    const sinks = [await quietSink(dir), await quietSink(dir, {}, sinkContext('worker-1'))] as const;
    for (let ts = 11n; ts < 15n; ts++) {
      await Promise.all(
        sinks.map((sink, part) => {
          void sink.write(rowsOf(a, [[ts, `k${part}`]]));
          return sink.flush(a);
        }),
      );
    }
    for (const sink of sinks) await sink.close();
    const all = await readShort(dir);
    expect(all.map((text) => text.slice(0, 2))).toEqual(['11', '11', '12', '12', '13', '13', '14', '14']);
    expect(new Set(all).size).toBe(8);
  });

  test('an empty file in the way, as a file system without links may keep one, is passed over', async () => {
    const dir = await newDir();
    const sink = await quietSink(dir);
    void sink.write(rowsOf(a, [[11n, 'a']]));
    await sink.flush(a);
    await writeFile(join(dir, 's/a/10/CDC000002.json'), '');
    void sink.write(rowsOf(a, [[11n, 'a']]));
    await sink.close();
    expect(await readShort(dir)).toEqual(['11 s.a=a', '11 s.a=a']);
  });

  test('any splits, moves, deaths and lives: each part has its changes once and in order', async () => {
    const PARTS = 3;
    const LAST = 12;
    /** What each transaction changes in each part: the same change more than once, too. */
    const truth = (part: number, ts: number): string[] => ['x', 'y', 'x'].slice(0, (ts + part) % 4).map((v) => `p${part}.${v}`);
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.record({ do: fc.constant('write' as const), part: fc.nat(PARTS - 1), by: fc.nat(4) }) },
      {
        weight: 2,
        arbitrary: fc.record({
          do: fc.constant('move' as const),
          part: fc.nat(PARTS - 1),
          worker: fc.nat(1),
          back: fc.nat(5),
          cut: fc.nat(2),
        }),
      },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('flush' as const), worker: fc.nat(1) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('kill' as const), worker: fc.nat(1) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const dir = await newDir();
        const abort = [new AbortController(), new AbortController()];
        const open = async (worker: number): Promise<StorageSink> => {
          abort[worker] = new AbortController();
          return await quietSink(dir, { fileSize: 1024 }, sinkContext(`worker-${worker}`, abort[worker].signal));
        };
        const sinks = [await open(0), await open(1)];
        const at = (worker: number): StorageSink => sinks[worker] as StorageSink;
        const parts = Array.from({ length: PARTS }, () => ({ worker: 0, next: 0, durable: 0 }));
        const write = (part: number, ts: number, count = 3): void => {
          const changes = truth(part, ts).slice(0, count);
          const rows = rowsOf(
            a,
            changes.map((value) => [BigInt(11 + ts), value] as const),
          );
          at(parts[part]?.worker ?? 0)
            .write(rows)
            .catch(() => undefined);
        };
        const begin = (part: number, worker: number, next: number): void => {
          Object.assign(parts[part] ?? {}, { worker, next });
          at(worker).restart(a, BigInt(10 + next));
        };
        const flush = async (worker: number): Promise<void> => {
          await at(worker).flush(a);
          for (const part of parts) if (part.worker === worker) part.durable = Math.max(part.durable, part.next);
        };
        const advance = (part: number, by: number): void => {
          const state = parts[part];
          for (let left = by; state !== undefined && left > 0 && state.next < LAST; left--) write(part, state.next++);
        };
        for (let part = 0; part < PARTS; part++) begin(part, 0, 0);
        for (const now of steps) {
          const part = 'part' in now ? parts[now.part] : undefined;
          if (now.do === 'write') {
            advance(now.part, now.by);
          } else if (now.do === 'flush') {
            await flush(now.worker);
          } else if (now.do === 'kill') {
            abort[now.worker]?.abort();
            await at(now.worker).close();
            sinks[now.worker] = await open(now.worker);
            for (const [index, { worker, durable }] of parts.entries())
              if (worker === now.worker) begin(index, (worker + index) % 2, durable);
          } else if (part !== undefined) {
            // A part of the transaction it stands at is written yet, and then it is gone: closed, so that is durable.
            if (part.next < LAST) write(now.part, part.next, now.cut);
            await flush(part.worker);
            begin(now.part, now.worker, Math.max(0, part.durable - now.back));
          }
        }
        for (let part = 0; part < PARTS; part++) advance(part, LAST);
        for (const sink of sinks) await sink.close();
        const all = await readShort(dir);
        for (let part = 0; part < PARTS; part++) {
          const expected = Array.from({ length: LAST }, (_, ts) => truth(part, ts).map((value) => `${11 + ts} s.a=${value}`));
          expect(all.filter((text) => text.includes(`=p${part}.`))).toEqual(expected.flat());
        }
        expect(all.map((text) => Number(text.split(' ')[0]))).toEqual(
          all.map((text) => Number(text.split(' ')[0])).sort((one, other) => one - other),
        );
      }),
      { numRuns: Number(process.env.TIDEGATE_SEEDS ?? 25) },
    );
  }, 60_000);
});
