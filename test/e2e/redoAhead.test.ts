import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readRedoMeta } from '@tidegate/redo';
import { readMetadata } from '@tidegate/storage';
import { afterAll, describe, expect, test } from 'vitest';
import { COMMAND, tidegate } from './command.js';

const data = (name: string): string => fileURLToPath(new URL(`../data/${name}`, import.meta.url));
const SHOP = data('shop.canal.jsonl.gz');
const FINAL = data('shop.final.jsonl.gz');
const root = mkdtempSync(join(tmpdir(), 'tidegate-ahead-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Replicates with a redo log beside it. */
function replicate(to: string, redo: string): string[] {
  return ['replicate', SHOP, '--to', to, '--redo', redo, '--workers', '2'];
}

async function expectFinal(to: string): Promise<void> {
  const verify = await tidegate(['verify', to, '--against', FINAL]);
  expect(verify, verify.stdout + verify.stderr).toMatchObject({ code: 0 });
}

describe('a redo log beside the sink (D-45, D-46, K-11)', () => {
  test('both hold the recording, and the log knows how far the sink is', { timeout: 120_000 }, async () => {
    const [to, redo, applied] = [join(root, 'to'), join(root, 'redo'), join(root, 'applied')];
    const run = await tidegate(replicate(to, redo), { deadline: 100_000 });
    expect(run, run.stderr).toMatchObject({ code: 0 });
    await expectFinal(to);
    const { checkpointTs = 0n } = (await readMetadata(to)) ?? {};
    const { resolvedTs = 0n } = (await readRedoMeta(redo)) ?? {};
    expect(resolvedTs).toBeGreaterThanOrEqual(checkpointTs);
    expect(await tidegate(['redo', 'apply', redo, '--to', applied])).toMatchObject({ code: 0 });
    await expectFinal(applied);
  });

  test('killed half way, the log leads at least as far as the checkpoint; continued, to the final tables', {
    timeout: 180_000,
  }, async () => {
    const [to, redo] = [join(root, 'killed'), join(root, 'killed-redo')];
    for (const [life, wait] of [1_200, 1_800].entries()) {
      const child = spawn(process.execPath, [COMMAND, ...replicate(to, redo)], { stdio: 'ignore' });
      const ended = new Promise((resolve) => child.on('exit', resolve));
      await Promise.race([delay(wait), ended]);
      child.kill('SIGKILL');
      await ended;
      const { checkpointTs } = (await readMetadata(to)) ?? {};
      if (checkpointTs === undefined) continue;
      const out = join(root, `out-${life}`);
      const applied = await tidegate(['redo', 'apply', redo, '--to', out]);
      expect(applied, applied.stderr).toMatchObject({ code: 0 });
      expect((await readMetadata(out))?.checkpointTs).toBeGreaterThanOrEqual(checkpointTs);
    }
    const run = await tidegate(replicate(to, redo), { deadline: 100_000 });
    expect(run, run.stderr).toMatchObject({ code: 0 });
    await expectFinal(to);
    const out = join(root, 'out-final');
    expect(await tidegate(['redo', 'apply', redo, '--to', out])).toMatchObject({ code: 0 });
    await expectFinal(out);
  });
});
