// A sink whose thread dies at given writes, counted over all workers and lives. What it does is written down as it happens, for
// a thread that dies closes nothing: one line when a call begins and one when it has taken effect, stamped from one counter.

import { createHash } from 'node:crypto';
import { openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * @param {{ counter: SharedArrayBuffer, directory: string, deaths: readonly number[], how: 'exit' | 'throw' | 'memory', maxDelay: number }} options
 * `counter`: stamps, writes, lives.
 * @param {{ worker: string }} context
 */
export function createSink(options, context) {
  const [STAMPS, WRITES, LIVES] = [0, 1, 2];
  const counter = new Int32Array(options.counter);
  const stamp = () => Atomics.add(counter, STAMPS, 1);
  const life = Atomics.add(counter, LIVES, 1);
  const file = openSync(join(options.directory, `${life}-${context.worker}.jsonl`), 'w');
  const note = (line) => writeSync(file, `${JSON.stringify(line)}\n`);
  const pause = () => (options.maxDelay === 0 ? undefined : delay(Math.random() * options.maxDelay));
  const open = new Map();
  let calls = 0;

  const perform = async (kind, ts) => {
    const call = ++calls;
    note({ call, kind, ts: [ts], begin: stamp() });
    await pause();
    note({ call, end: stamp() });
  };

  return {
    write(rows) {
      const table = rows.table.tableId;
      const call = ++calls;
      const ts = [];
      for (let i = 0; i < rows.length; i++) ts.push(`${rows.commitTs(i)} ${hash(rows.bytes(i))}`);
      note({ call, kind: 'rows', table, ts, begin: stamp() });
      if (options.deaths.includes(Atomics.add(counter, WRITES, 1) + 1)) die(options.how);
      const done = (open.get(table) ?? Promise.resolve()).then(pause).then(() => note({ call, end: stamp() }));
      open.set(table, done);
      return done;
    },
    async flush(table) {
      await (table === undefined ? Promise.all(open.values()) : open.get(table.tableId));
    },
    restart(table, startTs) {
      note({ call: ++calls, kind: 'restart', table: table.tableId, ts: [String(startTs)], begin: stamp() });
    },
    execute: (ddl) => perform('ddl', String(ddl.commitTs)),
    syncPoint: (event) => perform('sync-point', String(event.commitTs)),
    close() {},
  };
}

export function hash(bytes) {
  return createHash('sha1').update(bytes).digest('base64url').slice(0, 12);
}

function die(how) {
  if (how === 'exit') process.exit(7);
  if (how === 'throw') setImmediate(() => raise());
  if (how === 'memory') for (const all = []; ; ) all.push({ some: [1, 2, 3] });
}

function raise() {
  throw new Error('thrown outside of every call');
}
