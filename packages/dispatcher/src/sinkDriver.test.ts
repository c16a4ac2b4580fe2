import { describe, expect, test } from 'vitest';
import { ddl, rowsMessage, syncPoint, tableOf } from '../test/builders.js';
import { ByteBudget, MessageHold } from './byteBudget.js';
import type { Sink, TableRows } from './contracts.js';
import { RowsSlice } from './rowsSlice.js';
import { SinkDriver } from './sinkDriver.js';
import type { SinkCompletion } from './sinkPort.js';

interface Deferred {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

function deferred(): Deferred {
  let settle: Omit<Deferred, 'promise'> | undefined;
  const promise = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...(settle as Omit<Deferred, 'promise'>) };
}

function rowsOf(ts: bigint): TableRows {
  const budget = new ByteBudget({} as never, { source: 's', highWater: 1e6, lowWater: 1, pauseCheck: 1 }, () => undefined);
  const slice = new RowsSlice(rowsMessage([{ handle: 10, commitTs: ts }]), new MessageHold(budget, 8));
  slice.push(0);
  return slice.asTableRows(tableOf(1));
}

function driven(sink: Partial<Sink>): { driver: SinkDriver; posted: SinkCompletion[] } {
  const posted: SinkCompletion[] = [];
  const full: Sink = {
    write: () => undefined,
    flush: () => undefined,
    execute: () => undefined,
    close: () => undefined,
    ...sink,
  };
  return { driver: new SinkDriver(full, (completion) => posted.push(completion)), posted };
}

describe('the sink driver, with a real asynchronous sink', () => {
  test('write: enqueued at once, done when its promise settles', async () => {
    const first = deferred();
    const { driver, posted } = driven({ write: () => first.promise });
    expect([driver.write(1, rowsOf(5n)), driver.pending, posted]).toEqual(['enqueued', 1, []]);
    first.resolve();
    await expect.poll(() => driver.pending).toBe(0);
    expect(posted).toEqual([{ type: 'sink-done', token: 1 }]);
  });

  test('a write that returns nothing is durable: no completion follows', () => {
    const { driver, posted } = driven({});
    expect([driver.write(1, rowsOf(5n)), posted]).toEqual(['done', []]);
  });

  test('rejections and throws alike become failures', async () => {
    const broken = new Error('disk full');
    const { driver, posted } = driven({
      write: () => Promise.reject(broken),
      execute: () => {
        throw broken;
      },
    });
    driver.write(1, rowsOf(5n));
    driver.execute(2, ddl(6n));
    await expect.poll(() => posted.length).toBe(2);
    expect(posted).toEqual([
      { type: 'sink-failed', token: 1, error: broken },
      { type: 'sink-failed', token: 2, error: broken },
    ]);
  });

  test('flush, execute, sync point, pass and checkpoint are posted when over; what a sink lacks succeeds', async () => {
    const calls: string[] = [];
    const { driver, posted } = driven({
      flush: async (table) => void calls.push(`flush ${table?.table}`),
      execute: async (event) => void calls.push(`execute ${event.commitTs}`),
      pass: async (event) => void calls.push(`pass ${event.commitTs}`),
    });
    driver.flush(1, tableOf(3));
    driver.execute(2, ddl(6n));
    driver.syncPoint(3, syncPoint(7n));
    driver.pass(4, ddl(8n));
    driver.checkpoint(5, 9n);
    await expect.poll(() => posted.length).toBe(5);
    expect(calls).toEqual(['flush t3', 'execute 6', 'pass 8']);
    expect(posted.map((completion) => completion.token).sort()).toEqual([1, 2, 3, 4, 5]);
    expect([driver.wakeOn, driver.wantsPass, driven({}).driver.wantsPass]).toEqual(['enqueue', true, false]);
  });

  test('restart and meta are there only where the sink has them', async () => {
    const plain = driven({}).driver;
    expect([plain.restart, plain.meta]).toEqual([undefined, undefined]);
    const log: string[] = [];
    const { driver, posted } = driven({
      restart: (table, startTs) => void log.push(`restart ${table.table} ${startTs}`),
      meta: async ({ resolvedTs, checkpointTs }) => void log.push(`meta ${resolvedTs} ${checkpointTs}`),
    });
    driver.restart?.(tableOf(1), 5n);
    driver.meta?.(7, { resolvedTs: 9n, checkpointTs: 8n });
    await expect.poll(() => posted).toEqual([{ type: 'sink-done', token: 7 }]);
    expect(log).toEqual(['restart t1 5', 'meta 9 8']);
  });

  test('drain flushes everything and waits for writes that settle only by it', async () => {
    const write = deferred();
    const { driver, posted } = driven({
      write: () => write.promise,
      flush: async (table) => {
        expect(table).toBeUndefined();
        write.resolve();
      },
    });
    driver.write(1, rowsOf(5n));
    await driver.drain();
    expect([driver.pending, posted]).toEqual([0, [{ type: 'sink-done', token: 1 }]]);
  });

  test('drain rejects with the failure of its flush', async () => {
    const { driver } = driven({ flush: () => Promise.reject(new Error('disk full')) });
    await expect(driver.drain()).rejects.toThrow('disk full');
  });
});
