import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { checkIdentity, identify, remember } from './logIdentity.js';

const root = mkdtempSync(join(tmpdir(), 'tidegate-log-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function line(ts: bigint, sql: string): string {
  const names = '"database":"d","table":"","isDdl":true,"type":"QUERY"';
  return `{${names},"sql":${JSON.stringify(sql)},"data":null,"_tidb":{"commitTs":${ts}}}\n`;
}

const LINES = [line(5n, 'CREATE DATABASE d'), line(6n, 'CREATE TABLE t (id INT)'), line(7n, 'CREATE TABLE u (id INT)')];

function file(name: string, content: string | Uint8Array): string {
  const path = join(root, name);
  writeFileSync(path, content);
  return path;
}

test('a directory takes its own log again, longer, elsewhere or packed, and no other one', async () => {
  const log = file('a.jsonl', LINES.slice(0, 2).join(''));
  checkIdentity(root, log, await identify(log));
  remember(root, await identify(log));
  const same = [file('b.jsonl', LINES.slice(0, 2).join('')), file('c.jsonl.gz', gzipSync(LINES.join('')))];
  for (const path of same) checkIdentity(root, path, await identify(path));
  appendFileSync(log, LINES[2] as string);
  checkIdentity(root, log, await identify(log));
  const other = file('d.jsonl', LINES.join('').replace('"commitTs":5', '"commitTs":4'));
  const identity = await identify(other);
  expect(() => checkIdentity(root, other, identity)).toThrow(expect.objectContaining({ code: 'CLI_LOG' }));
});

test('a log that has become shorter is refused', async () => {
  const log = file('shrinks.jsonl', LINES.join(''));
  remember(root, await identify(log));
  truncateSync(log, LINES.slice(0, 2).join('').length);
  const identity = await identify(log);
  expect(() => checkIdentity(root, log, identity)).toThrow(/shorter/);
});

test('standard input and an empty log have no identity, a missing log is named', async () => {
  expect(await identify('-')).toBeUndefined();
  expect(await identify(file('empty.jsonl', ''))).toBeUndefined();
  await expect(identify(join(root, 'nothing.jsonl'))).rejects.toMatchObject({ code: 'CANAL_INPUT' });
});
