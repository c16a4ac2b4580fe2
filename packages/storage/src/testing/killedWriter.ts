// Writes until it is killed. Arguments: directory, number of tables. Whatever it prints was durable before.

import type { TableRows } from '@tidegate/dispatcher';
import { createSink } from '../createSink.js';
import { readMetadata } from '../metadata.js';
import { ddlEvent, tableInfo } from './rows.js';

const [dir = '', tableCount = '3'] = process.argv.slice(2);
const context = { worker: 'worker-0', signal: new AbortController().signal };
const sink = await createSink({ dir, fileSize: 1024, flushInterval: 3, openFiles: 2 }, context);
const checkpoint = (await readMetadata(dir))?.checkpointTs ?? 0n;
const encoder = new TextEncoder();
const say = (text: string): boolean => process.stdout.write(`${text}\n`);
say('ready');

/** Three changes of one transaction, the last equal to the first: only the order of lives can tell it from a repetition. */
function transaction(tableId: number, version: bigint, ts: bigint): TableRows {
  const padding = 'x'.repeat(Number(ts % 7n) * 40);
  const lines = ['a', 'b', 'a'].map((value) => `{"data":[{"id":"${ts}${value}${padding}"}],"_tidb":{"commitTs":${ts}}}`);
  return {
    table: tableInfo(tableId, 'k', `t${tableId}`, version),
    length: lines.length,
    commitTs: () => ts,
    rows: () => 1,
    bytes: (index) => encoder.encode(lines[index]),
  };
}

for (let ts = checkpoint + 1n; ; ts++) {
  const version = (ts / 10n) * 10n;
  if (ts === version) {
    await sink.flush(undefined);
    await sink.execute(
      ddlEvent(ts, `ALTER ${ts}`, { kind: 'alter table', schema: 'k', table: 't1', tables: [tableInfo(1, 'k', 't1', version)] }),
    );
    say(`ddl ${ts}`);
    continue;
  }
  const written: Promise<void>[] = [];
  for (let tableId = 1; tableId <= Number(tableCount); tableId++) {
    written.push(sink.write(transaction(tableId, tableId === 1 ? version : 0n, ts)));
  }
  const durable = Promise.all(written).then(() => say(`rows ${ts}`));
  if (ts % 3n !== 0n) continue;
  await durable;
  if (ts % 2n !== 0n) continue;
  await sink.checkpoint(ts);
  say(`checkpoint ${ts}`);
}
