// Writes until it is killed. Arguments: directory, number of tables. Whatever it prints was durable before.

import type { TableRows } from '@tidegate/dispatcher';
import { createSink } from '../createSink.js';
import { readRedoMeta } from '../meta.js';
import { ddlEvent, sinkContext, tableInfo } from './rows.js';

const [dir = '', tableCount = '3'] = process.argv.slice(2);
const options = { dir, commitBytes: 4096, segmentBytes: 16_384, commitInterval: 2 };
const sinks = await Promise.all(['worker-0', 'worker-1'].map((worker) => createSink(options, sinkContext(worker))));
const sinkOf = (number: number): (typeof sinks)[number] => sinks[number % sinks.length] as (typeof sinks)[number];
const meta = await readRedoMeta(dir);
const checkpoint = meta?.resolvedTs ?? 0n;
// Each life has its tables on other workers than the one before.
const shift = Number(process.pid % 2);
const encoder = new TextEncoder();
const say = (text: string): boolean => process.stdout.write(`${text}\n`);
say('ready');

/** Three changes of one transaction, the last equal to the first: only the order of lives can tell it from a repetition. */
function transaction(tableId: number, ts: bigint): TableRows {
  const texts = ['a', 'b', 'a'].map((value) => `${ts}${value}${'x'.repeat(Number(ts % 7n) * 40)}`);
  return {
    table: tableInfo(tableId, `t${tableId}`, tableId === 1 ? (ts / 10n) * 10n : 0n),
    length: texts.length,
    commitTs: () => ts,
    rows: () => 1,
    bytes: (index) => encoder.encode(texts[index]),
  };
}

for (let ts = checkpoint + 1n; ; ts++) {
  if (ts % 10n === 0n) {
    await Promise.all(sinks.map((sink) => sink.flush(undefined)));
    await sinkOf(Number(ts / 10n) + shift).execute(ddlEvent(ts, `ALTER ${ts}`));
    say(`ddl ${ts}`);
    continue;
  }
  const written: Promise<void>[] = [];
  for (let tableId = 1; tableId <= Number(tableCount); tableId++) {
    written.push(sinkOf(tableId + shift).write(transaction(tableId, ts)));
  }
  const durable = Promise.all(written).then(() => say(`rows ${ts}`));
  if (ts % 6n !== 0n) continue;
  await durable;
  await sinkOf(0).checkpoint(ts - 3n);
  say(`checkpoint ${ts - 3n}`);
}
