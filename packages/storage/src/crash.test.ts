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
const LIVES = Number(process.env.TIDEGATE_LIVES ?? 6);
const SEED = Number(process.env.TIDEGATE_SEED ?? Math.floor(Math.random() * 2 ** 31));

interface Said {
  rows: bigint;
  ddl: bigint;
  checkpoint: bigint;
}

/** Runs the writer and kills it `after` milliseconds after its word number `words`. Answers the most it said of each kind. */
async function writeAndKill(dir: string, words: number, after: number): Promise<Said> {
  const child = spawn(process.execPath, [WRITER, dir, String(TABLES)], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said: Said = { rows: 0n, ddl: 0n, checkpoint: 0n };
  let failure = '';
  child.stderr.on('data', (data: Buffer) => {
    failure += data.toString();
  });
  const exited = once(child, 'exit');
  let heard = 0;
  for await (const text of createInterface({ input: child.stdout })) {
    if (heard++ === words) setTimeout(() => child.kill('SIGKILL'), after);
    const [kind, ts] = text.split(' ');
    if (kind === 'rows' || kind === 'ddl' || kind === 'checkpoint') keepGreater(said, kind, BigInt(ts ?? 0));
  }
  await exited;
  expect(failure).toBe('');
  return said;
}

function keepGreater(said: Said, kind: keyof Said, ts: bigint): void {
  if (ts > said[kind]) said[kind] = ts;
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

// A life that was killed soon has repeated less than the one before had made durable. So with checkpoint 6, one life that
// wrote 7 to 9, the DDL of 10 and 11 to 13, and then one that was killed after the first file of 7: version 0 of t1 holds
// 7 to 9 and, in a stream of its own, half of 7, version 10 holds 11 to 13. 7 to 9 stay readable, as what was said to be durable.
test('killed at many moments, over many lives: only whole files, nothing that was durable missing, nothing twice', async () => {
  const dir = await newDir();
  const random = randomFrom(SEED);
  const durable: Said = { rows: 0n, ddl: 0n, checkpoint: 0n };
  const read = new Map<string, number>();
  for (let life = 0; life < LIVES; life++) {
    // The first life gets somewhere, however busy the machine is; every second one is killed soon after it began.
    const words = life === 0 ? 40 : Math.floor(random() * (life % 2 === 1 ? 4 : 25));
    const said = await writeAndKill(dir, words, Math.floor(random() * 10));
    for (const kind of ['rows', 'ddl', 'checkpoint'] as const) keepGreater(durable, kind, said[kind]);

    const where = `seed ${SEED}, life ${life}`;
    const metadata = await readMetadata(dir);
    const checkpoint = metadata?.checkpointTs ?? 0n;
    expect(checkpoint, where).toBeGreaterThanOrEqual(durable.checkpoint);
    for (const [name, text] of Object.entries(await tree(dir))) {
      if (name.endsWith('.tmp')) continue;
      if (name.endsWith('.index')) expect(text, where).toMatch(/^CDC\d{6,10}\.json\n$/);
      else if (name.includes('/CDC')) expect(text, `${where}: ${name}`).toMatch(/^(\{.*\}\}\n)*$/);
      else JSON.parse(text);
    }
    const upToCheckpoint = (await readAll(dir, { upTo: checkpoint })).map(short).sort();
    expect(upToCheckpoint, where).toEqual(expected(checkpoint).sort());

    // Beyond the checkpoint a table may lack what another has. But its own rows have no gap and stand once, in order;
    // whatever was said to be durable is there; and what was there after an earlier life still is.
    const all = await readAll(dir);
    for (let table = 1; table <= TABLES; table++) {
      const seen = all.filter((change) => change.type === 'row' && change.table === `t${table}`).map(short);
      const last = BigInt(seen.at(-1)?.split(' ')[0] ?? 0);
      const own = expected(last).filter((text) => text.split(' ')[1] === `t${table}`);
      expect(seen, where).toEqual(own.slice(0, seen.length));
      const said = expected(durable.rows).filter((text) => text.split(' ')[1] === `t${table}`);
      expect(seen.length, where).toBeGreaterThanOrEqual(Math.max(said.length, read.get(`t${table}`) ?? 0));
      read.set(`t${table}`, seen.length);
    }
    const ddls = all.filter((change) => change.type === 'ddl').map(short);
    const truth = expected(all.at(-1)?.commitTs ?? 0n).filter((text) => text.includes(' ddl '));
    expect(ddls, where).toEqual(truth.slice(0, ddls.length));
    expect(ddls.length, where).toBeGreaterThanOrEqual(Number(durable.ddl / 10n));
  }
  expect(durable.rows).toBeGreaterThan(20n);
  expect(durable.ddl).toBeGreaterThan(0n);
}, 600_000);

function randomFrom(start: number): () => number {
  let seed = start;
  return () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed / 2_147_483_648;
  };
}

function short(change: Awaited<ReturnType<typeof readAll>>[number]): string {
  if (change.type !== 'row') return `${change.commitTs} ${change.type} ${change.type === 'ddl' ? change.query : ''}`;
  const value = /"id":"\d+([ab])/.exec(Buffer.from(change.bytes).toString())?.[1];
  return `${change.commitTs} ${change.table} ${value}`;
}
