import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SourceEvent } from '@tidegate/dispatcher';
import { describe, expect, test } from 'vitest';
import { createSource } from './source.js';
import { readChunks, streamOf } from './testing/log.js';

const tsOf = (event: SourceEvent): bigint => (event.type === 'resolved' ? event.ts : event.commitTs);

/** An event with everything that must be the same again, short enough to compare many of them. */
function shown(event: SourceEvent): string {
  if (event.type !== 'rows') return JSON.stringify(event, (_, value) => (typeof value === 'bigint' ? `${value}` : value));
  return `${event.tableId}@${event.commitTs} ${event.count} ${Buffer.from(event.bytes).toString()}`;
}

describe.each(['shop', 'bank'])('the recorded %s log, read again from any ts', (log) => {
  const path = fileURLToPath(new URL(`../../../test/data/${log}.canal.jsonl.gz`, import.meta.url));
  const options = { path, syncPointIntervalMs: 100, allowShortSyncPoints: true };

  test('gives the tail of the first reading, and the tables as they are there', { timeout: 60_000 }, async () => {
    const first = (await readChunks(createSource(options))).flat();
    const places = [0.1, 0.35, 0.8].map((part) => tsOf(first[Math.floor(first.length * part)] as SourceEvent));
    for (const ts of [...places, (places[1] as bigint) - 1n]) {
      const again = (await readChunks(createSource(options), ts)).flat();
      const tail = first.filter((event) => tsOf(event) > ts);
      expect(again.length).toBe(tail.length);
      expect(again.map(shown)).toEqual(tail.map(shown));
    }
  });
});

test('a file can be read again, standard input, a pipe and a stream cannot', () => {
  const dir = mkdtempSync(join(tmpdir(), 'tidegate-canal-'));
  const pipe = join(dir, 'pipe');
  execFileSync('mkfifo', [pipe]);
  expect(createSource({ path: pipe }).replayable).toBe(false);
  rmSync(dir, { recursive: true });
  expect(createSource({ path: fileURLToPath(import.meta.url) }).replayable).toBe(true);
  expect(createSource({ path: '/some/log' }).replayable).toBe(true);
  expect(createSource({ path: '/dev/null' }).replayable).toBe(false);
  expect(createSource({ path: '-' }).replayable).toBe(false);
  expect(createSource({ stream: streamOf([]) }).replayable).toBe(false);
});
