import type { Sink } from '@tidegate/dispatcher';
import { afterEach, describe, expect, test } from 'vitest';
import { applyRedoLog } from './applyRedoLog.js';
import { ddlEvent, quietSink, readShort, rowsOf, tableInfo, temporaryDirs } from './testing/rows.js';

const newDir = temporaryDirs(afterEach);
const a = tableInfo(1, 'a', 10n);
const b = tableInfo(2, 'b', 20n);

/** A sink that notes its calls; its rows are durable when they are flushed. */
function notingSink(rest: Partial<Sink> = {}): { readonly calls: string[]; readonly sink: Sink } {
  const calls: string[] = [];
  let waiting: (() => void)[] = [];
  const sink: Sink = {
    write: (rows) => {
      const texts = Array.from(
        { length: rows.length },
        (_, at) => `${rows.commitTs(at)}=${Buffer.from(rows.bytes(at)).toString()}`,
      );
      calls.push(`write ${rows.table.table} ${texts.join(' ')}`);
      return new Promise((resolve) => waiting.push(resolve));
    },
    flush: async () => {
      calls.push('flush');
      for (const resolve of waiting) resolve();
      waiting = [];
    },
    execute: (ddl) => void calls.push(`execute ${ddl.query}`),
    pass: (ddl) => void calls.push(`pass ${ddl.query}`),
    syncPoint: ({ commitTs }) => void calls.push(`sync ${commitTs}`),
    checkpoint: (ts) => void calls.push(`checkpoint ${ts}`),
    close: () => void calls.push('close'),
    ...rest,
  };
  return { calls, sink };
}

async function log(): Promise<string> {
  const dir = await newDir();
  const sink = await quietSink(dir, { commitInterval: 0 });
  await sink.execute(ddlEvent(10n, 'CREATE a', { tables: [a] }));
  await sink.write(
    rowsOf(a, [
      [11n, 'p'],
      [12n, 'q'],
      [20n, 'r'],
    ]),
  );
  await sink.execute(ddlEvent(20n, 'CREATE b', { tables: [b] }));
  await sink.write(
    rowsOf(b, [
      [20n, 's'],
      [21n, 't'],
    ]),
  );
  await sink.write(rowsOf(a, [[22n, 'u']]));
  await sink.syncPoint({ type: 'sync-point', commitTs: 22n });
  await sink.write(
    rowsOf(a, [
      [23n, 'v'],
      [30n, 'above'],
    ]),
  );
  await sink.checkpoint(25n);
  await sink.close();
  return dir;
}

const ALL = [
  'checkpoint 9',
  'execute CREATE a',
  'pass CREATE a',
  'write a 11=p 12=q 20=r',
  'flush',
  'checkpoint 19',
  'execute CREATE b',
  'pass CREATE b',
  'write b 20=s 21=t',
  'write a 22=u',
  'flush',
  'checkpoint 21',
  'sync 22',
  'write a 23=v',
  'flush',
  'checkpoint 25',
];

describe('a log is replayed as a host would', () => {
  test('rows by table, flushed before DDLs and sync points; checkpoints; the end is the resolved ts', async () => {
    const { calls, sink } = notingSink();
    const report = await applyRedoLog({ dir: await log(), sink });
    expect(calls).toEqual(ALL);
    expect(report).toEqual({ rows: 7, changes: 7, ddls: 2, syncPoints: 1, checkpointTs: 25n });
  });

  test('from and upTo', async () => {
    const { calls, sink } = notingSink();
    expect(await applyRedoLog({ dir: await log(), sink, from: 20n, upTo: 22n })).toMatchObject({
      rows: 2,
      ddls: 0,
      checkpointTs: 22n,
    });
    expect(calls).toEqual(['write b 21=t', 'write a 22=u', 'flush', 'checkpoint 21', 'sync 22', 'checkpoint 22']);
  });

  test('a sink that knows neither sync points nor checkpoints', async () => {
    const calls: string[] = [];
    const sink: Sink = {
      write: (rows) => void calls.push(rows.table.table),
      flush: () => undefined,
      execute: () => undefined,
      close: () => undefined,
    };
    await applyRedoLog({ dir: await log(), sink });
    expect(calls).toEqual(['a', 'b', 'a', 'a']);
  });

  test('much more than is gathered at a time: written in pieces, and flushed when too much is outstanding', async () => {
    const dir = await newDir();
    const writer = await quietSink(dir);
    for (let ts = 11n; ts < 71n; ts++) void writer.write(rowsOf(a, [[ts, 'x'.repeat(1024 * 1024)]]));
    await writer.checkpoint(70n);
    await writer.close();
    const { calls, sink } = notingSink();
    await applyRedoLog({ dir, sink });
    const kinds = calls.map((call) => call.split(' ')[0]);
    expect(kinds.filter((kind) => kind === 'write').length).toBeGreaterThan(10);
    expect(kinds.filter((kind) => kind === 'flush')).toHaveLength(2);
    // Told only of what was flushed before.
    const flushedTo = /(\d+)=x*$/.exec(calls[calls.indexOf('flush') - 1] ?? '')?.[1];
    expect(calls.find((call) => call.startsWith('checkpoint'))).toBe(`checkpoint ${flushedTo}`);
  });

  test('without a meta file it must be said how far', async () => {
    const dir = await newDir();
    const writer = await quietSink(dir);
    void writer.write(rowsOf(a, [[11n, 'p']]));
    await writer.close();
    const { calls, sink } = notingSink();
    await expect(applyRedoLog({ dir, sink })).rejects.toMatchObject({
      code: 'REDO_META',
      message: expect.stringContaining('give upTo'),
    });
    expect(calls).toEqual([]);
    await applyRedoLog({ dir, sink, upTo: 11n });
    expect(calls).toEqual(['write a 11=p', 'flush', 'checkpoint 11']);
  });

  test('a truncated log is not taken for a whole one', async () => {
    const dir = await log();
    const writer = await quietSink(dir);
    await writer.truncate(100n);
    await writer.close();
    await expect(applyRedoLog({ dir, sink: notingSink().sink })).rejects.toMatchObject({ code: 'REDO_TRUNCATED' });
  });

  test('a failing sink ends it, with no checkpoint beyond', async () => {
    const dir = await log();
    const { calls, sink } = notingSink({ write: () => Promise.reject(new Error('full')) });
    await expect(applyRedoLog({ dir, sink })).rejects.toThrow('full');
    expect(calls.filter((call) => call.startsWith('checkpoint'))).toEqual(['checkpoint 9']);
  });
});

test('a sink is told once of each table that its rows may come again (Sink.restart), so a replay can be repeated on it', async () => {
  const { calls, sink } = notingSink({ restart: (table, startTs) => void calls.push(`restart ${table.table} ${startTs}`) });
  const dir = await log();
  await applyRedoLog({ dir, sink, from: 10n });
  expect(calls.filter((call) => /^(restart|write)/.test(call))).toEqual([
    'restart a 10',
    'write a 11=p 12=q 20=r',
    'restart b 10',
    'write b 20=s 21=t',
    'write a 22=u',
    'write a 23=v',
  ]);
  const to = await newDir();
  const copy = await quietSink(to);
  for (const _ of ['first', 'again']) await applyRedoLog({ dir, sink: copy });
  await copy.close();
  expect(await readShort(to)).toEqual(await readShort(dir, { upTo: 25n }));
});
