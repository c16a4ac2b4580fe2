// A sink that stamps everything it does from one counter shared by all workers, so that a test can order what happened
// across threads. Delays are random, from a seed. What it did is written to a file when it closes.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * @param {{ counter: SharedArrayBuffer, directory: string, seed: number, maxDelay: number, wakeOn?: 'enqueue' | 'flush' }} options
 * @param {{ worker: string }} context
 */
export function createSink(options, context) {
  const counter = new Int32Array(options.counter);
  const stamp = () => Atomics.add(counter, 0, 1);
  const random = generator(options.seed ^ hash(context.worker));
  const log = [];
  const pause = () => (options.maxDelay === 0 ? undefined : delay(random() * options.maxDelay));
  /** Writes that are not durable yet, by table. */
  const open = new Map();

  return {
    wakeOn: options.wakeOn ?? 'enqueue',
    write(rows) {
      const entry = {
        kind: 'rows',
        table: rows.table.tableId,
        name: `${rows.table.schema}.${rows.table.table}`,
        ts: [],
        rows: 0,
        begin: stamp(),
        end: -1,
      };
      for (let i = 0; i < rows.length; i++) {
        entry.ts.push(String(rows.commitTs(i)));
        entry.rows += rows.rows(i);
      }
      log.push(entry);
      const table = rows.table.tableId;
      // Writes of one table become durable in order, as in any real sink.
      const done = (open.get(table) ?? Promise.resolve()).then(pause).then(() => {
        entry.end = stamp();
      });
      open.set(table, done);
      return done;
    },
    async flush(table) {
      await pause();
      if (table !== undefined) await open.get(table.tableId);
    },
    async execute(ddl) {
      const entry = { kind: 'ddl', ts: String(ddl.commitTs), query: ddl.query, begin: stamp(), end: -1 };
      log.push(entry);
      await pause();
      entry.end = stamp();
    },
    async syncPoint(event) {
      const entry = { kind: 'sync-point', ts: String(event.commitTs), begin: stamp(), end: -1 };
      log.push(entry);
      await pause();
      entry.end = stamp();
    },
    pass(ddl) {
      log.push({ kind: 'pass', ts: String(ddl.commitTs), begin: stamp(), end: stamp() });
    },
    async close() {
      await Promise.all(open.values());
      writeFileSync(
        join(options.directory, `${context.worker}.jsonl`),
        log.map((entry) => `${JSON.stringify(entry)}\n`).join(''),
      );
    },
  };
}

function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function hash(text) {
  let value = 2166136261;
  for (const character of text) value = Math.imul(value ^ character.charCodeAt(0), 16777619);
  return value >>> 0;
}
