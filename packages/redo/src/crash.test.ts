import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { readRedoMeta } from './meta.js';
import { parseSegmentName } from './segmentName.js';
import { readShort, temporaryDirs } from './testing/rows.js';

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

/** What the writer writes up to a ts, in the reader's order. */
function expected(upTo: bigint): string[] {
  const all: string[] = [];
  for (let ts = 1n; ts <= upTo; ts++) {
    if (ts % 10n === 0n) all.push(`${ts} ddl ALTER ${ts}`);
    else
      for (let table = 1; table <= TABLES; table++)
        for (const value of ['a', 'b', 'a']) all.push(`${ts} t${table}=${ts}${value}`);
  }
  return all;
}

test('killed at many moments, over many lives: all that was durable is there, once, and nothing torn', async () => {
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

    expect((await readRedoMeta(dir))?.resolvedTs ?? 0n).toBeGreaterThanOrEqual(durable.checkpoint);
    // Every rows line says that all of its ts and of those before it was durable, so it is below no gap.
    const upTo = durable.rows > durable.ddl ? durable.rows : durable.ddl;
    const texts = (await readShort(dir)).map((text) => text.replace(/x+$/, ''));
    const wanted = expected(upTo);
    expect(texts.slice(0, wanted.length)).toEqual(wanted);
    // Beyond it a table may lack what another has, but its own rows have no gap and stand once.
    for (let table = 1; table <= TABLES; table++) {
      const seen = texts.filter((text) => text.split(' ')[1]?.startsWith(`t${table}=`));
      const last = BigInt(seen.at(-1)?.split(' ')[0] ?? 0);
      const own = expected(last).filter((text) => text.includes(` t${table}=`));
      expect(seen).toEqual(own.slice(0, seen.length));
    }
    const open = (await readdir(dir)).filter((name) => parseSegmentName(name)?.sealed === undefined && name.endsWith('.open'));
    expect(open.length).toBeLessThanOrEqual(2);
  }
  expect(durable.rows).toBeGreaterThan(20n);
  expect(durable.ddl).toBeGreaterThan(0n);
}, 60_000);
