import { join } from 'node:path';
import type { DdlEvent, TableInfo } from '@tidegate/protocol';
import { createSink } from '@tidegate/redo';
import { readChanges, readMetadata } from '@tidegate/storage';
import { afterEach, describe, expect, test } from 'vitest';
import { runTidegate } from './run.js';
import { RecordedIo, temporaryDirs } from './testing/surroundings.js';

const newDir = temporaryDirs(afterEach);
const table: TableInfo = { tableId: 1, schemaId: 1, schema: 'shop', table: 'orders', version: 20n };
const create: DdlEvent = {
  type: 'ddl',
  commitTs: 20n,
  query: 'CREATE TABLE orders (id INT)',
  kind: 'create table',
  schema: 'shop',
  table: 'orders',
  adds: [],
  schemaChanges: [],
  admissions: [],
  tables: [table],
};

/** A log with a DDL at 20, rows at 21 … 29, and a resolved ts of 28. */
async function log(): Promise<string> {
  const dir = await newDir();
  const sink = await createSink({ dir, fsync: false }, { worker: 'worker-0', signal: new AbortController().signal });
  await sink.execute(create);
  const line = (ts: bigint): Uint8Array => Buffer.from(`{"data":[{"id":"${ts}"}],"_tidb":{"commitTs":${ts}}}`);
  void sink.write({
    table,
    length: 9,
    commitTs: (index) => BigInt(21 + index),
    rows: () => 2,
    bytes: (index) => line(BigInt(21 + index)),
  });
  await sink.checkpoint(28n);
  await sink.close();
  return dir;
}

async function run(...args: string[]): Promise<{ code: number; io: RecordedIo }> {
  const io = new RecordedIo();
  return { code: await runTidegate(['redo', 'apply', ...args], io), io };
}

async function held(out: string): Promise<string[]> {
  const changes: string[] = [];
  for await (const { type, commitTs } of readChanges(out)) changes.push(`${commitTs} ${type}`);
  return changes;
}

describe('redo apply', () => {
  test('writes what is complete to a new directory, and says so', async () => {
    const dir = await log();
    const out = join(await newDir(), 'new');
    const { code, io } = await run(dir, '--to', out);
    expect([code, io.stderr.text]).toEqual([0, '']);
    expect(io.stdout.text).toBe(`${out} holds the redo log ${dir} up to 28\n  applied     16 rows in 8 changes, 1 DDL\n`);
    expect(await readMetadata(out)).toEqual({ checkpointTs: 28n });
    expect(await held(out)).toEqual(['20 ddl', ...Array.from({ length: 8 }, (_, at) => `${21 + at} row`)]);
  });

  test('goes on at the checkpoint of a directory that has one; what lies at it is written again and held once', async () => {
    const dir = await log();
    const out = await newDir();
    expect((await run(dir, '--to', out, '--up-to', '24')).code).toBe(0);
    expect(await held(out)).toHaveLength(5);
    const { code, io } = await run(dir, '--to', out, '--json');
    expect(code).toBe(0);
    expect(io.json).toEqual([
      {
        event: 'summary',
        log: dir,
        to: out,
        startTs: '24',
        resumed: true,
        rows: 10,
        changes: 5,
        ddls: 0,
        syncPoints: 0,
        checkpointTs: '28',
      },
    ]);
    expect(await held(out)).toHaveLength(9);
    // And with nothing left to do.
    expect((await run(dir, '--to', out, '-q')).io.stdout.text).toBe('');
    expect(await held(out)).toHaveLength(9);
  });

  test('--from, into a sink that holds what lies below', async () => {
    const dir = await log();
    const out = await newDir();
    expect((await run(dir, '--to', out, '--from', '26')).code).toBe(0);
    expect(await held(out)).toEqual(['27 row', '28 row']);
  });

  test('what would leave a hole, or is not complete, is refused in one line', async () => {
    const dir = await log();
    const out = await newDir();
    const refused = async (...args: string[]): Promise<string> => {
      const { code, io } = await run(...args);
      expect([code, io.stdout.text]).toEqual([1, '']);
      return io.stderr.text;
    };
    expect(await refused(dir, '--to', out, '--up-to', '29')).toMatch(
      /complete up to 28 only, not up to 29.*\(CLI_INCOMPLETE\)\n$/,
    );
    expect(await refused('/no/such/log', '--to', out)).toBe(
      'tidegate: there is no directory /no/such/log; check the path (CLI_NOTHING)\n',
    );
    expect(await refused(await newDir(), '--to', out)).toMatch(/has no meta file.* --up-to.*\(CLI_INCOMPLETE\)\n$/);
    expect((await run(dir, '--to', out, '--up-to', '24')).code).toBe(0);
    expect(await refused(dir, '--to', out, '--from', '20')).toMatch(/leave --from out.*\(CLI_RESUME\)\n$/);
    const sink = await createSink({ dir, fsync: false }, { worker: 'worker-1', signal: new AbortController().signal });
    await sink.truncate(100n);
    await sink.close();
    expect(await refused(dir, '--to', await newDir())).toMatch(/was truncated.*\(REDO_TRUNCATED\)\n$/);
  });
});
