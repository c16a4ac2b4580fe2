import { ManualContext } from '@tidegate/runtime/testing';
import { describe, expect, test } from 'vitest';
import { configOf, ddl, normal, rowsMessage, syncPoint, tableOf } from '../test/builders.js';
import { OptionError, SinkModuleError } from './errors.js';
import type { GroupActor } from './groupActor.js';
import { createDispatcherGroup, type WorkerOptions } from './worker.js';

/** A sink module as a data URL. */
function moduleOf(source: string): string {
  return `data:text/javascript,${encodeURIComponent(source)}`;
}

const SINK = moduleOf(`
  export function createSink(options, context) {
    const log = options.log ? [] : undefined;
    globalThis[options.name] = { log, context };
    const soon = (what) => new Promise((resolve) => setImmediate(() => { log.push(what); resolve(); }));
    return {
      write: (rows) => soon('write ' + rows.table.table + ' ' + rows.commitTs(0)),
      flush: (table) => soon('flush ' + (table ? table.table : 'all')),
      execute: (ddl) => soon('execute ' + ddl.commitTs),
      syncPoint: (event) => soon('sync ' + event.commitTs),
      close: () => soon('close'),
    };
  }
`);

async function make(options: unknown): Promise<GroupActor> {
  return (await createDispatcherGroup(new ManualContext({ self: 'worker-3' }), options as WorkerOptions)) as GroupActor;
}

async function failure(options: unknown): Promise<OptionError | SinkModuleError> {
  return make(options).then(
    () => expect.unreachable('must fail'),
    (error: unknown) => error as OptionError,
  );
}

describe('createDispatcherGroup', () => {
  test('imports the sink, runs rows and block events through it, and stops it in order', async () => {
    const context = new ManualContext({ self: 'worker-3' });
    const name = 'tidegateWorkerTest';
    const options = { sink: { module: SINK, options: { name, log: true } } };
    const actor = (await createDispatcherGroup(context, options)) as GroupActor;
    const made = (globalThis as Record<string, unknown>)[name] as { log: string[]; context: { worker: string } };
    expect(made.context.worker).toBe('worker-3');
    const send = (message: unknown): void => {
      actor.receive(message as never, 'source');
      context.settle(actor);
    };
    const until = async (condition: () => boolean): Promise<void> => {
      await expect
        .poll(() => {
          context.settle(actor);
          return condition();
        })
        .toBe(true);
    };
    send({ type: 'create', configs: [configOf()] });
    send({ type: 'stream', handle: 10, generation: 1, resolvedTs: 0n, caughtUp: true, table: tableOf(1) });
    send(rowsMessage([{ handle: 10, commitTs: 5n }]));
    const target = { type: 'normal', handle: Uint32Array.of(10), generation: Uint32Array.of(1) };
    send({ type: 'block-event', event: ddl(6n, { blockTables: normal(0, 1) }), target });
    await until(() => context.takeRecords('coordinator').length === 1);
    expect(made.log).toEqual(['write t1 5', 'flush t1']);
    send({ type: 'answer', mode: 0, answer: { target, action: { action: 0, key: { commitTs: 6n, isSyncPoint: false } } } });
    await until(() => context.takeRecords('coordinator').length === 1);
    send({ type: 'block-event', event: syncPoint(7n), target });
    send({ type: 'answer', mode: 0, answer: { target, action: { action: 0, key: { commitTs: 7n, isSyncPoint: true } } } });
    await until(() => actor.inspect().lastSyncedTs === 7n);
    expect(actor.inspect()).toMatchObject({ dispatchers: 1, withSink: 0 });
    expect(actor.group.checkpointOf(10)).toBe(6n);
    await actor.stop();
    expect(made.log).toEqual(['write t1 5', 'flush t1', 'execute 6', 'sync 7', 'flush all', 'close']);
  });

  test('closes the sink even where the last flush fails, and says why', async () => {
    const module = moduleOf(`
      export const createSink = (o) => ({
        write() {}, execute() {}, flush: async () => { throw new Error('disk full'); },
        close: () => { globalThis.tidegateClosed = (globalThis.tidegateClosed ?? 0) + 1; },
      });
    `);
    const actor = await make({ sink: { module } });
    await expect(actor.stop()).rejects.toThrow('disk full');
    expect((globalThis as Record<string, unknown>).tidegateClosed).toBe(1);
  });

  test('makes the redo sink by its own module and options, and drains and closes both (D-45)', async () => {
    const name = { sink: 'tidegateDefaultSink', redoSink: 'tidegateRedoSink' };
    const actor = await make({
      sink: { module: SINK, options: { name: name.sink, log: true } },
      redoSink: { module: SINK, options: { name: name.redoSink, log: true } },
    });
    expect(actor.inspect().gate).toEqual({ resolvedTs: 0n, waiting: 0 }); // D-46: redo is on
    await actor.stop();
    const logs = Object.values(name).map((one) => (globalThis as unknown as Record<string, { log: string[] }>)[one]?.log);
    expect(logs).toEqual([
      ['flush all', 'close'],
      ['flush all', 'close'],
    ]);
  });

  test('a redo sink that cannot be made leaves no sink open behind it', async () => {
    const name = 'tidegateLeftSink';
    const sink = { module: SINK, options: { name, log: true } };
    const error = await failure({ sink, redoSink: { module: moduleOf('export const none = 1;') } });
    expect(error.code).toBe('DISPATCHER_SINK_MODULE');
    const made = (globalThis as unknown as Record<string, { log: string[]; context: { signal: AbortSignal } }>)[name];
    expect([made?.log, made?.context.signal.aborted]).toEqual([['close'], true]);
  });

  test('a fence aborts the signal at once; the stop after it only closes (F-12)', async () => {
    const name = 'tidegateFencedSink';
    const actor = await make({ sink: { module: SINK, options: { name, log: true } } });
    const made = (globalThis as unknown as Record<string, { log: string[]; context: { signal: AbortSignal } }>)[name];
    actor.receive({ type: 'fence' }, 'coordinator');
    expect([made?.context.signal.aborted, made?.log]).toEqual([true, []]);
    await actor.stop();
    await actor.abort();
    expect(made?.log).toEqual(['close']);
  });

  test('abort tells the sink by its signal and closes it without draining', async () => {
    const module = moduleOf(`
      export const createSink = (o, context) => {
        const log = (globalThis.tidegateAborted = []);
        return { write() {}, execute() {}, flush: () => log.push('flush'), close: () => { log.push('close ' + context.signal.aborted); } };
      };
    `);
    const actor = await make({ sink: { module } });
    await actor.abort();
    expect((globalThis as Record<string, unknown>).tidegateAborted).toEqual(['close true']);
  });

  test.each([
    ['no such module', 'file:///nowhere/sink.js', 'cannot be imported'],
    ['no createSink', moduleOf('export const createSnik = () => ({}); export const other = 1;'), 'it exports createSnik, other'],
    [
      'a sink without methods',
      moduleOf('export const createSink = () => ({ write() {}, close() {} });'),
      'no method flush, execute',
    ],
    ['no sink at all', moduleOf('export const createSink = () => undefined;'), 'no method write'],
    [
      'a factory that throws',
      moduleOf('export const createSink = () => { throw new Error("no folder"); };'),
      'createSink failed: no folder',
    ],
    [
      'a wrong wakeOn',
      moduleOf('export const createSink = () => ({ write() {}, flush() {}, execute() {}, close() {}, wakeOn: "never" });'),
      'must be "enqueue" or "flush", not "never"',
    ],
  ])('%s is a SinkModuleError that names the module', async (_name, module, text) => {
    const error = await failure({ sink: { module } });
    expect(error).toBeInstanceOf(SinkModuleError);
    expect(error.code).toBe('DISPATCHER_SINK_MODULE');
    expect(error.message).toContain(text);
    expect(error.message).toContain(module.slice(0, 20));
  });

  test("a factory's own typed error comes through as it is", async () => {
    const module = moduleOf('export const createSink = () => { throw Object.assign(new Error("x"), { code: "STORAGE_DIR" }); };');
    expect((await failure({ sink: { module } })).code).toBe('STORAGE_DIR');
  });

  test.each([
    [undefined, 'options'],
    [{}, 'sink'],
    [{ sink: {} }, 'sink.module'],
    [{ sink: { module: SINK }, redoSink: null }, 'redoSink'],
    [{ sink: { module: SINK }, redoSink: { module: 'redo.js' } }, 'redoSink.module'],
    [{ sink: { module: SINK }, redo: 1 }, 'redo'],
    [{ sink: { module: SINK }, checkSplittable: 'no' }, 'checkSplittable'],
    [{ sink: { module: 'sink.js' } }, 'sink.module'],
    [{ sink: { module: SINK }, executorSlots: 0 }, 'executorSlots'],
    [{ sink: { module: SINK }, retryInterval: 1.5 }, 'retryInterval'],
    [{ sink: { module: SINK }, retryInterval: 9_000, retryIntervalMax: 8_000 }, 'retryIntervalMax'],
    [{ sink: { module: SINK }, retryBackoff: 0.5 }, 'retryBackoff'],
    [{ sink: { module: SINK }, retryJitter: Number.NaN }, 'retryJitter'],
    [{ sink: { module: SINK }, highWater: 10, lowWater: 10 }, 'lowWater'],
    [{ sink: { module: SINK }, coordinator: '' }, 'coordinator'],
    [{ sink: { module: SINK }, flushIdle: 'yes' }, 'flushIdle'],
    [{ sink: { module: SINK }, retryIntervall: 5 }, 'retryIntervall'],
  ])('option error %# names the option', async (options, name) => {
    const error = await failure(options);
    expect(error).toBeInstanceOf(OptionError);
    expect((error as OptionError).option).toBe(name);
    expect(error.message).toContain(`"${name}"`);
  });
});
