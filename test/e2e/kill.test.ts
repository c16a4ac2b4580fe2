import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Random } from '@tidegate/sim';
import { readChanges, readMetadata } from '@tidegate/storage';
import { expect, test } from 'vitest';
import { COMMAND, tidegate } from './command.js';
import { readLog } from './stampLog.js';

const LOG = fileURLToPath(new URL('../data/bank.canal.jsonl.gz', import.meta.url));
const FINAL = fileURLToPath(new URL('../data/bank.final.jsonl.gz', import.meta.url));
const KILLS = Number(process.env.TIDEGATE_KILLS ?? 6);

/** What the directory holds at or below its checkpoint, and what the log says it must hold. */
async function missing(directory: string, log: Awaited<ReturnType<typeof readLog>>): Promise<string[]> {
  const metadata = await readMetadata(directory);
  if (metadata === undefined) return [];
  const { checkpointTs } = metadata;
  const expected = new Map<string, number>();
  for (const event of log) {
    if (event.type === 'rows' && event.commitTs <= checkpointTs) count(expected, `rows at ${event.commitTs}`, 1);
    // At the checkpoint itself a DDL may still be on its way (D-17).
    if (event.type === 'ddl' && event.commitTs < checkpointTs) count(expected, `DDL at ${event.commitTs}: ${event.query}`, 1);
  }
  for await (const change of readChanges(directory, { upTo: checkpointTs })) {
    if (change.type === 'row') count(expected, `rows at ${change.commitTs}`, -1);
    if (change.type === 'ddl' && change.commitTs < checkpointTs)
      count(expected, `DDL at ${change.commitTs}: ${change.query}`, -1);
  }
  return [...expected].filter(([, left]) => left !== 0).map(([what, left]) => `${left} ${what}, checkpoint ${checkpointTs}`);
}

function count(counts: Map<string, number>, what: string, by: number): void {
  counts.set(what, (counts.get(what) ?? 0) + by);
}

test(`killed ${KILLS} times at random moments, everything at or below the checkpoint is there, once; then the run goes on to the end`, {
  timeout: 60_000 + KILLS * 20_000,
}, async () => {
  const seed = Number(process.env.TIDEGATE_SEED ?? Math.floor(Math.random() * 2 ** 31));
  const dice = new Random(seed);
  const directory = mkdtempSync(join(tmpdir(), 'tidegate-kill-'));
  try {
    const log = await readLog({ path: LOG });
    for (let kill = 0; kill < KILLS; kill++) {
      const child = spawn(process.execPath, [COMMAND, 'replicate', LOG, '--to', directory, '--workers', String(1 + (kill % 3))], {
        stdio: 'ignore',
      });
      const ended = new Promise((resolve) => child.on('exit', resolve));
      await Promise.race([delay(500 + dice.below(2_500)), ended]);
      child.kill('SIGKILL');
      await ended;
      expect(await missing(directory, log), `seed ${seed}, kill ${kill}`).toEqual([]);
    }
    const run = await tidegate(['replicate', LOG, '--to', directory, '--workers', '2'], { deadline: 120_000 });
    expect(run, `seed ${seed}: ${run.stderr}`).toMatchObject({ code: 0 });
    expect(await missing(directory, log), `seed ${seed}, at the end`).toEqual([]);
    const verify = await tidegate(['verify', directory, '--against', FINAL]);
    expect(verify, verify.stdout + verify.stderr).toMatchObject({ code: 0 });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
