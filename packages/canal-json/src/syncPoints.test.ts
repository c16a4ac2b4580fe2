import { describe, expect, test } from 'vitest';
import { brief, ddlLine, readChunks, readEvents, rowLine, sourceOf, watermarkLine } from './testing/log.js';

describe('sync points', () => {
  /** 1 ms of the log's clock. */
  const MS = 1n << 18n;
  const clock = (ms: number): bigint => BigInt(ms) * MS;
  const options = { syncPointIntervalMs: 10, allowShortSyncPoints: true };
  const lines = [
    ddlLine(clock(12), 'CREATE DATABASE d'),
    ddlLine(clock(13), 'CREATE TABLE t (id INT)'),
    rowLine(clock(20), 't', '1'),
    ddlLine(clock(20), 'ALTER TABLE t ADD x INT'),
    rowLine(clock(20) + 1n, 't', '2'),
    watermarkLine(clock(40)),
    rowLine(clock(61), 't', '3'),
  ];

  test('at every multiple of the interval, before anything later, after a DDL at the same ts (B-1)', async () => {
    expect((await readEvents(sourceOf(lines, options))).map(brief)).toEqual([
      `ddl create database@${clock(12)}`,
      `ddl create table@${clock(13)}`,
      `rows 1@${clock(20)}`,
      `ddl alter table@${clock(20)}`,
      `sync-point@${clock(20)}`,
      `rows 1@${clock(20) + 1n}`,
      `sync-point@${clock(30)}`,
      `sync-point@${clock(40)}`,
      `resolved@${clock(40)}`,
      `sync-point@${clock(50)}`,
      `sync-point@${clock(60)}`,
      `rows 1@${clock(61)}`,
      `resolved@${clock(61)}`,
    ]);
  });

  test('after a restart those above the start only', async () => {
    const points = async (startTs: bigint): Promise<bigint[]> =>
      (await readEvents(sourceOf(lines, options), startTs)).flatMap((event) =>
        event.type === 'sync-point' ? [event.commitTs / MS] : [],
      );
    expect(await points(clock(20) - 1n)).toEqual([20n, 30n, 40n, 50n, 60n]);
    expect(await points(clock(20))).toEqual([30n, 40n, 50n, 60n]);
    expect(await points(clock(45))).toEqual([50n, 60n]);
    expect(await points(clock(100))).toEqual([]);
  });

  test('opened anywhere the log has the same ones: none before its first ts', async () => {
    const all = (await readEvents(sourceOf(lines, options))).map(brief);
    expect((await readEvents(sourceOf(lines, options), 5n)).map(brief)).toEqual(all);
  });

  test('off by default', async () => {
    expect((await readEvents(sourceOf(lines))).filter((event) => event.type === 'sync-point')).toEqual([]);
  });

  test('a long gap is given out in bounded chunks', async () => {
    const gap = [...lines, rowLine(clock(61 + 200_000), 't', '4')];
    const chunks = await readChunks(sourceOf(gap, { ...options, chunkBytes: 256 * 100 }));
    expect(chunks.flat().filter((event) => event.type === 'sync-point')).toHaveLength(20_005);
    expect(Math.max(...chunks.map((chunk) => chunk.length))).toBeLessThanOrEqual(101);
  });
});
