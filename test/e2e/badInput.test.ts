import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { startHost } from '@tidegate/host';
import { readChanges } from '@tidegate/storage';
import { afterAll, describe, expect, test } from 'vitest';
import { type Outcome, tidegate } from './command.js';

const root = mkdtempSync(join(tmpdir(), 'tidegate-bad-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const packed = readFileSync(fileURLToPath(new URL('../data/shop.canal.jsonl.gz', import.meta.url)));
const lines = gunzipSync(packed).toString('utf8').trimEnd().split('\n');
/** A line in the middle of the log that holds a row. */
const middle = lines.findIndex((line, index) => index > 6_000 && line.includes('"type":"INSERT"'));
const line = lines[middle] as string;

/** The log with what `change` makes of the lines from the middle on. */
function logWith(name: string, change: (rest: string[]) => string[]): string {
  const path = join(root, `${name}.jsonl`);
  writeFileSync(path, `${[...lines.slice(0, middle), ...change(lines.slice(middle))].join('\n')}\n`);
  return path;
}

async function replicate(log: string, name: string): Promise<Outcome & { to: string }> {
  const to = join(root, `${name}-out`);
  return { ...(await tidegate(['replicate', log, '--to', to, '--workers', '2'])), to };
}

/** Whatever was written is whole: every file reads, in commit order, and nothing at or above the fault is there. */
async function expectWhole(to: string, below: bigint): Promise<void> {
  let last = 0n;
  let changes = 0;
  for await (const change of readChanges(to)) {
    expect(change.commitTs).toBeGreaterThanOrEqual(last);
    last = change.commitTs;
    changes++;
  }
  expect(changes).toBeGreaterThan(1_000);
  expect(last).toBeLessThanOrEqual(below);
}

function tsOf(text: string): bigint {
  return BigInt(/"(?:commitTs|watermarkTs)":(\d+)/.exec(text)?.[1] ?? '0');
}

describe('a bad log ends the run with an error that says what and where, and leaves nothing half-written', () => {
  const cases: [string, (rest: string[]) => string[], RegExp][] = [
    ['a line that is not JSON', (rest) => ['{"database": "shop", oops}', ...rest], new RegExp(`line ${middle + 1}\\b`)],
    [
      'a line that ends in the middle',
      (rest) => [(rest[0] as string).slice(0, 100), ...rest.slice(1)],
      new RegExp(`line ${middle + 1}\\b`),
    ],
    ['a missing _tidb', (rest) => [(rest[0] as string).replace(/,"_tidb":\{[^}]*\}/, ''), ...rest.slice(1)], /_tidb/],
    [
      'a timestamp that goes back',
      (rest) => [(rest[0] as string).replace(/"commitTs":\d+/, '"commitTs":462422016000786433'), ...rest.slice(1)],
      /462422016000786433/,
    ],
    [
      'a row for a table that does not exist',
      (rest) => [(rest[0] as string).replace(/"table":"[^"]*"/, '"table":"no_such_table"'), ...rest.slice(1)],
      /no_such_table/,
    ],
    [
      'a DDL that cannot be classified',
      (rest) => [
        `{"id":0,"database":"shop","table":"","pkNames":null,"isDdl":true,"type":"QUERY","sql":"FROBNICATE TABLE shop.t","sqlType":null,"mysqlType":null,"data":null,"old":null,"es":1,"ts":1,"_tidb":{"commitTs":${tsOf(rest[0] as string)}}}`,
        ...rest.filter((text) => tsOf(text) > tsOf(line)),
      ],
      /FROBNICATE TABLE shop\.t/,
    ],
  ];
  test.each(cases)('%s', { timeout: 60_000 }, async (name, change, message) => {
    const path = logWith(name.replaceAll(' ', '-'), change);
    const run = await replicate(path, name.replaceAll(' ', '-'));
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/^tidegate: /m);
    expect(run.stderr).toMatch(message);
    expect(run.stderr).not.toMatch(/\n\s+at /); // a message for people, not a stack trace
    await expectWhole(run.to, tsOf(line));
  });

  test('a truncated gzip', { timeout: 60_000 }, async () => {
    const path = join(root, 'truncated.jsonl.gz');
    writeFileSync(path, gzipSync(`${lines.join('\n')}\n`).subarray(0, 500_000));
    const run = await replicate(path, 'truncated');
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/truncated/i);
    await expectWhole(run.to, tsOf(lines.at(-1) as string));
  });

  test('a log that does not exist', async () => {
    const run = await replicate(join(root, 'nowhere.jsonl'), 'nowhere');
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/nowhere\.jsonl/);
  });

  test('a directory that cannot be written', async () => {
    writeFileSync(join(root, 'a-file'), '');
    const run = await tidegate([
      'replicate',
      logWith('good', (rest) => rest),
      '--to',
      join(root, 'a-file', 'below'),
      '--workers',
      '2',
    ]);
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/a-file/);
  });
});

describe('a bad sink ends the host with an error that says what and where', () => {
  const source = { module: import.meta.resolve('@tidegate/canal-json'), options: { path: join(root, 'sink.jsonl') } };
  writeFileSync(join(root, 'sink.jsonl'), `${lines.join('\n')}\n`);

  async function failure(name: string, code: string): Promise<Error & { code?: string }> {
    mkdirSync(join(root, 'sinks'), { recursive: true });
    const path = join(root, 'sinks', `${name}.mjs`);
    writeFileSync(path, code);
    return startHost({ source, sink: { module: new URL(`file://${path}`) }, workers: 2 }).then(
      (host) =>
        host.finished.then(
          () => expect.unreachable('the host finished'),
          (error: Error) => error,
        ),
      (error: Error) => error,
    );
  }

  const sink = (fields: string) =>
    `export const createSink = () => ({ write() {}, flush() {}, execute() {}, close() {}, ${fields} });`;

  test('that throws on rows', async () => {
    const error = await failure('rows', sink("write() { throw new Error('no space for rows'); }"));
    expect(error.message).toMatch(/no space for rows/);
    expect(error.code).toBeTypeOf('string');
  });

  test('that rejects rows later', async () => {
    const error = await failure('rows-later', sink("async write() { await null; throw new Error('rows refused later'); }"));
    expect(error.message).toMatch(/rows refused later/);
  });

  test('that throws on a DDL', async () => {
    const error = await failure(
      'ddl',
      sink("execute(ddl) { if (ddl.kind.includes('truncate')) throw new Error('truncate refused'); }"),
    );
    expect(error.message).toMatch(/truncate refused/);
  });

  test('whose flush fails', async () => {
    const error = await failure('flush', sink("async flush() { throw new Error('flush failed'); }"));
    expect(error.message).toMatch(/flush failed/);
  });

  test('whose module lacks createSink', async () => {
    const error = await failure('no-export', 'export const somethingElse = 1;');
    expect(error.message).toMatch(/createSink/);
    expect(error.message).toMatch(/no-export\.mjs/);
  });

  test('whose module does not load', async () => {
    const error = await failure('syntax', 'export const = 1;');
    expect(error.message).toMatch(/syntax\.mjs/);
  });
});
