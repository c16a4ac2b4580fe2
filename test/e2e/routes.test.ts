import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Host, startHost } from '@tidegate/host';
import type { MaintainerEvent } from '@tidegate/protocol';
import { describe, expect, onTestFinished, test } from 'vitest';
import { sinkOf } from './hostModules.js';

const TS = 462_422_016_000_000_000n;

/** A host over a log of these statements, one ts apart, with every table routed to `target` under its own name. */
async function routed(statements: readonly string[], startTs = 0n): Promise<Host> {
  const directory = await mkdtemp(join(tmpdir(), 'tidegate-routes-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const path = join(directory, 'log.canal.jsonl');
  const lines = statements.map((sql, index) => {
    const ddl = { database: 'a', table: '', isDdl: true, type: 'QUERY', sql, data: null, _tidb: { commitTs: 0 } };
    return `${JSON.stringify(ddl).replace('"commitTs":0', `"commitTs":${TS + BigInt(index)}`)}\n`;
  });
  await writeFile(path, lines.join(''));
  return await startHost({
    source: {
      module: import.meta.resolve('@tidegate/canal-json'),
      options: { path, routes: [{ match: '*.*', to: 'target.{table}' }] },
    },
    sink: sinkOf(),
    workers: 2,
    startTs,
    coordinator: { lowLatency: true },
    dispatcher: { heartbeatInterval: 50, heartbeatFirst: 0 },
  });
}

const BASE = ['CREATE DATABASE a', 'CREATE DATABASE b', 'CREATE TABLE a.t (id INT)'];
const RIVAL = 'CREATE TABLE b.t (id INT)';

describe('a host whose names are routed (section 23)', { timeout: 120_000 }, () => {
  test('targets pass from table to table in commit order, to the end of the log (N-2)', async () => {
    const log = [
      ...BASE,
      'CREATE DATABASE b2',
      'RENAME TABLE a.t TO a.u',
      RIVAL,
      'DROP DATABASE b',
      'RENAME TABLE a.u TO b2.t',
      'DROP TABLE b2.t',
      'CREATE TABLE a.t (id INT)',
    ];
    const host = await routed(log);
    const conflicts: unknown[] = [];
    host.on('route-conflict', (event) => conflicts.push(event));
    const { snapshot } = await host.finished;
    expect(conflicts).toEqual([]);
    const changefeed = snapshot.maintainer?.changefeed as { barrier: { routes: object } };
    expect(changefeed.barrier.routes).toMatchObject({ owners: 1, applied: 7, queue: [], late: 0 });
  });

  test('a second table for one target is told, and the host waits at it (N-2)', async () => {
    const host = await routed([...BASE, RIVAL]);
    const told = await new Promise<Extract<MaintainerEvent, { type: 'route-conflict' }>>((resolve) =>
      host.on('route-conflict', resolve),
    );
    expect(told).toMatchObject({ key: { commitTs: TS + 3n }, source: '`b`.`t`', owner: '`a`.`t`', target: '`target`.`t`' });
    const { checkpointTs, finished } = await host.stop({ deadline: 1_000 });
    expect(finished).toBe(false);
    expect(checkpointTs).toBeLessThan(TS + 3n);
  });

  test('two tables that exist at the start and share a target: it does not start, and both are named (N-2)', async () => {
    const host = await routed([...BASE, RIVAL], TS + 9n);
    await expect(host.finished).rejects.toThrow(/tables `b`\.`t` and `a`\.`t` are both routed to `target`\.`t`/);
  });
});
