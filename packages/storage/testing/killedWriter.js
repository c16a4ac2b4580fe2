// Writes until it is killed: argv: directory, number of tables. Every line it prints was durable before.
import { createSink, readMetadata } from '@tidegate/storage';

const [dir = '', tableCount = '3'] = process.argv.slice(2);
const sink = await createSink(
  { dir, fileSize: 1024, flushInterval: 3, openFiles: 2 },
  { worker: 'worker-0', signal: new AbortController().signal },
);
const checkpoint = (await readMetadata(dir))?.checkpointTs ?? 0n;
const encoder = new TextEncoder();
const say = (text) => process.stdout.write(`${text}\n`);
say('ready');

const rowsAt = (tableId, version, ts) => {
  const table = { tableId, schemaId: 1, schema: 'k', table: `t${tableId}`, version };
  // Three rows of one transaction, the last equal to the first: only the order of lives can tell a repetition.
  const lines = ['a', 'b', 'a'].map(
    (value) => `{"data":[{"id":"${ts}${value}${'x'.repeat(Number(ts % 7n) * 40)}"}],"_tidb":{"commitTs":${ts}}}`,
  );
  return { table, length: lines.length, commitTs: () => ts, rows: () => 1, bytes: (index) => encoder.encode(lines[index]) };
};

for (let ts = checkpoint + 1n; ; ts++) {
  const version = (ts / 10n) * 10n;
  if (ts === version) {
    const table = { tableId: 1, schemaId: 1, schema: 'k', table: 't1', version };
    await sink.flush(undefined);
    await sink.execute({
      type: 'ddl',
      commitTs: ts,
      query: `ALTER ${ts}`,
      kind: 'alter table',
      schema: 'k',
      table: 't1',
      adds: [],
      schemaChanges: [],
      admissions: [],
      tables: [table],
    });
    say(`ddl ${ts}`);
  } else {
    const written = [];
    for (let tableId = 1; tableId <= Number(tableCount); tableId++) {
      const rows = sink.write(rowsAt(tableId, tableId === 1 ? version : 0n, ts));
      written.push(rows);
    }
    const all = Promise.all(written).then(() => say(`rows ${ts}`));
    if (ts % 3n === 0n) {
      await all;
      if (ts % 2n === 0n) {
        await sink.checkpoint(ts);
        say(`checkpoint ${ts}`);
      }
    }
  }
}
