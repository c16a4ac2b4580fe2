import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { readMetadata } from './metadata.js';
import { readAll, temporaryDirs, tree } from './testing/rows.js';

const newDir = temporaryDirs(afterEach);
const WRITER = fileURLToPath(new URL('../dist/testing/killedWriter.js', import.meta.url));
const TABLES = 3;

interface Said {
  rows: bigint;
  ddl: bigint;
  checkpoint: bigint;
}

/** Runs the writer and kills it `after` milliseconds after its first word. Answers the last it said of each kind. */
async function writeAndKill(dir: string, after: number): Promise<Said> {
  const child = spawn(process.execPath, [WRITER, dir, String(TABLES)], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said: Said = { rows: 0n, ddl: 0n, checkpoint: 0n };
  let failure = '';
  child.stderr.on('data', (data: Buffer) => {
    failure += data.toString();
  });
  const exited = once(child, 'exit');
  for await (const text of createInterface({ input: child.stdout })) {
    const [kind, ts] = text.split(' ');
    if (kind === 'ready') setTimeout(() => child.kill('SIGKILL'), after);
    else if (kind === 'rows' || kind === 'ddl' || kind === 'checkpoint') said[kind] = BigInt(ts ?? 0);
  }
  await exited;
  expect(failure).toBe('');
  return said;
}

/** What the writer writes for a ts: its rows for each table, or a DDL. */
function expected(upTo: bigint): string[] {
  const all: string[] = [];
  for (let ts = 1n; ts <= upTo; ts++) {
    if (ts % 10n === 0n) all.push(`${ts} ddl ALTER ${ts}`);
    else for (let table = 1; table <= TABLES; table++) for (const value of ['a', 'b', 'a']) all.push(`${ts} t${table} ${value}`);
  }
  return all;
}

test('killed at many moments, over many lives: only whole files, nothing that was durable missing, nothing twice', async () => {
  const dir = await newDir();
  let seed = 20_260_801;
  const random = (): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed / 2_147_483_648;
  };
  const durable: Said = { rows: 0n, ddl: 0n, checkpoint: 0n };
  for (let life = 0; life < 10; life++) {
    const said = await writeAndKill(dir, Math.floor(random() * 150));
    for (const kind of ['rows', 'ddl', 'checkpoint'] as const) if (said[kind] > durable[kind]) durable[kind] = said[kind];

    const metadata = await readMetadata(dir);
    const checkpoint = metadata?.checkpointTs ?? 0n;
    expect(checkpoint).toBeGreaterThanOrEqual(durable.checkpoint);
    for (const [name, text] of Object.entries(await tree(dir))) {
      if (name.endsWith('.tmp')) continue;
      if (name.endsWith('.index')) expect(text).toMatch(/^CDC\d{6}\.json\n$/);
      else if (name.includes('CDC0')) expect(text, name).toMatch(/^(\{.*\}\}\n)*$/);
      else JSON.parse(text);
    }
    const upToCheckpoint = (await readAll(dir, { upTo: checkpoint })).map(short).sort();
    expect(upToCheckpoint).toEqual(expected(checkpoint).sort());
    // Beyond the checkpoint a table may lack what another has, but its own rows have no gap and stand once.
    const perTable = new Map<string, string[]>();
    for (const change of await readAll(dir)) {
      if (change.type !== 'row') continue;
      const seen = perTable.get(change.table) ?? [];
      seen.push(short(change));
      perTable.set(change.table, seen);
    }
    for (const [table, seen] of perTable) {
      const last = BigInt(seen.at(-1)?.split(' ')[0] ?? 0);
      const own = expected(last).filter((text) => text.split(' ')[1] === table);
      expect(seen).toEqual(own.slice(0, seen.length));
    }
  }
  expect(durable.rows).toBeGreaterThan(20n);
  expect(durable.ddl).toBeGreaterThan(0n);
}, 60_000);

function short(change: Awaited<ReturnType<typeof readAll>>[number]): string {
  if (change.type !== 'row') return `${change.commitTs} ${change.type} ${change.type === 'ddl' ? change.query : ''}`;
  const value = /"id":"\d+([ab])/.exec(Buffer.from(change.bytes).toString())?.[1];
  return `${change.commitTs} ${change.table} ${value}`;
}
