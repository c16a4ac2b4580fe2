import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { expect, test } from 'vitest';

const LOG = new URL('../../../test/data/shop.canal.jsonl.gz', import.meta.url);
/** The built package: the child process and its worker thread read it as a user's would. */
const PACKAGE = JSON.stringify(new URL('../dist/index.js', import.meta.url).href);

const READ = `
  const { createSource } = await import(${PACKAGE});
  const source = createSource({ path: '-' });
  await source.open({ startTs: 0n, signal: new AbortController().signal });
  let rows = 0;
  for (let events = await source.read(); events !== null; events = await source.read()) {
    for (const event of events) if (event.type === 'rows') rows += event.count;
  }
  await source.close();
  console.log(rows);
`;

async function run(script: string): Promise<string> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const output = text(child.stdout);
  await pipeline(createReadStream(LOG), child.stdin);
  return (await output).trim();
}

test('reads standard input, packed', async () => {
  expect(await run(READ)).toBe('16548');
});

test('reads standard input in a worker thread', async () => {
  const inWorker = `(async () => {${READ}})()`;
  const script = `
    import { Worker } from 'node:worker_threads';
    new Worker(${JSON.stringify(inWorker)}, { eval: true });
  `;
  expect(await run(script)).toBe('16548');
});
