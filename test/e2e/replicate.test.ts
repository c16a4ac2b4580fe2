import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { tidegate } from './command.js';

const data = (name: string) => fileURLToPath(new URL(`../data/${name}`, import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'tidegate-replicate-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Figures of the recordings, from the server that they were recorded from. */
const RECORDINGS = {
  shop: { rows: 16_548, ddls: 67, tables: 29, finalRows: 2_478 },
  bank: { rows: 86_467, ddls: 349, tables: 32, finalRows: 10_818 },
} as const;

describe('a recorded log replicated by the command leads to the final tables, cell by cell', () => {
  for (const name of ['shop', 'bank'] as const) {
    for (const workers of [1, 2, 4]) {
      test(`${name}, ${workers} workers`, { timeout: 240_000 }, async () => {
        const to = join(root, `${name}-${workers}`);
        const recording = RECORDINGS[name];
        const run = await tidegate(
          ['replicate', data(`${name}.canal.jsonl.gz`), '--to', to, '--workers', String(workers), '--json'],
          { deadline: 200_000 },
        );
        expect(run, run.stderr).toMatchObject({ code: 0 });
        const lines = run.stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as Record<string, unknown>);
        const summary = lines.at(-1) as { rows: number; ddls: number };
        expect(summary).toMatchObject({ rows: recording.rows, ddls: recording.ddls });
        const verify = await tidegate(['verify', to, '--against', data(`${name}.final.jsonl.gz`), '--json']);
        expect(verify, verify.stderr + verify.stdout).toMatchObject({ code: 0 });
        const verdict = JSON.parse(verify.stdout.trim().split('\n').at(-1) as string) as Record<string, unknown>;
        expect(verdict).toMatchObject({ tables: recording.tables, rows: recording.finalRows, differences: 0 });
      });
    }
  }
});

test('a second run into the same directory goes on from its checkpoint and changes nothing', { timeout: 120_000 }, async () => {
  const to = join(root, 'twice');
  const args = ['replicate', data('shop.canal.jsonl.gz'), '--to', to, '--workers', '2', '--json'];
  expect(await tidegate(args)).toMatchObject({ code: 0 });
  const metadata = readFileSync(join(to, 'metadata'), 'utf8');
  const again = await tidegate(args);
  expect(again, again.stderr).toMatchObject({ code: 0 });
  expect(JSON.parse(again.stdout.trim().split('\n').at(-1) as string)).toMatchObject({ rows: 0, ddls: 0 });
  expect(readFileSync(join(to, 'metadata'), 'utf8')).toBe(metadata);
  expect(await tidegate(['verify', to, '--against', data('shop.final.jsonl.gz')])).toMatchObject({ code: 0 });
});

test('a log that ended inside a transaction is continued without a loss', { timeout: 120_000 }, async () => {
  const to = join(root, 'cut');
  const { gunzipSync } = await import('node:zlib');
  const lines = gunzipSync(readFileSync(data('shop.canal.jsonl.gz')))
    .toString('utf8')
    .trimEnd()
    .split('\n');
  const ts = (line: string | undefined) => /"commitTs":(\d+)/.exec(line ?? '')?.[1];
  // The first line of a transaction of several, behind the middle of the log.
  const cut = lines.findIndex(
    (line, i) => i > 7_000 && ts(line) !== undefined && ts(line) === ts(lines[i + 1]) && ts(line) !== ts(lines[i - 1]),
  );
  const part = join(root, 'part.jsonl');
  writeFileSync(part, `${lines.slice(0, cut + 1).join('\n')}\n`);
  const whole = join(root, 'whole.jsonl');
  writeFileSync(whole, `${lines.join('\n')}\n`);
  expect(await tidegate(['replicate', part, '--to', to, '--workers', '2'])).toMatchObject({ code: 0 });
  const rest = await tidegate(['replicate', whole, '--to', to, '--workers', '3', '--json']);
  expect(rest, rest.stderr).toMatchObject({ code: 0 });
  // Everything behind the cut, and the transaction that it went through once more.
  const changes = lines.slice(cut).filter((line) => /"type":"(?:INSERT|UPDATE|DELETE)"/.test(line)).length;
  expect(JSON.parse(rest.stdout.trim().split('\n').at(-1) as string)).toMatchObject({ rows: changes });
  const verify = await tidegate(['verify', to, '--against', data('shop.final.jsonl.gz')]);
  expect(verify, verify.stdout).toMatchObject({ code: 0 });
  expect(verify.stdout).toContain('16,548 row changes');
});

test('a log from standard input', { timeout: 120_000 }, async () => {
  const to = join(root, 'stdin');
  const { gunzipSync } = await import('node:zlib');
  const input = gunzipSync(readFileSync(data('shop.canal.jsonl.gz')));
  const run = await tidegate(['replicate', '-', '--to', to, '--workers', '2'], { input });
  expect(run, run.stderr).toMatchObject({ code: 0 });
  expect(await tidegate(['verify', to, '--against', data('shop.final.jsonl.gz')])).toMatchObject({ code: 0 });
});
