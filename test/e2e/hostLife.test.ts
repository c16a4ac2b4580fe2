import { type Host, HostError, type HostOptions, startHost } from '@tidegate/host';
import { ThreadDeathError } from '@tidegate/runtime';
import { describe, expect, test } from 'vitest';
import { NEVER, sinkOf, sourceOf } from './hostModules.js';

/** Chunks of a source that is stopped long before its end. */
const ENDLESS = 1e9;
const FINE = {
  source: sourceOf(3),
  sink: sinkOf(),
  workers: 2,
  restarts: 0,
  coordinator: { lowLatency: true },
  dispatcher: { heartbeatInterval: 50, heartbeatFirst: 0 },
};

/** What a start, or the run that follows it, is rejected with. */
async function failure(options: Partial<HostOptions>): Promise<HostError> {
  const error = await startHost({ ...FINE, ...options }).then(
    (host) =>
      host.finished.then(
        () => expect.unreachable('the host finished'),
        (reason: unknown) => reason,
      ),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(HostError);
  return error as HostError;
}

async function at(host: Host, ts: bigint): Promise<void> {
  const told = new Promise<void>((resolve) => host.on('checkpoint', ({ checkpointTs }) => checkpointTs >= ts && resolve()));
  if ((await host.inspect()).checkpointTs < ts) await told;
}

describe('a host that cannot start says why and leaves nothing behind', { timeout: 120_000 }, () => {
  const uncloneable = { ...sinkOf(), options: { callback: () => undefined } };
  test.each<[string, Partial<HostOptions>, string, RegExp]>([
    [
      'createSource throws',
      { source: { module: 'data:text/javascript,export const createSource = () => { throw new Error("no such log") }' } },
      'HOST_SOURCE',
      /no such log/,
    ],
    [
      'open throws an error with a code',
      { source: sourceOf(1, 'open() { throw Object.assign(new Error("gone"), { code: "LOG_GONE" }) }') },
      'LOG_GONE',
      /gone/,
    ],
    ['open gives nothing', { source: sourceOf(1, 'async open() {}') }, 'HOST_SOURCE_EVENT', /startTs undefined/],
    [
      'open never ends',
      { source: sourceOf(1, `open: () => ${NEVER}`), startDeadline: 2_500 },
      'HOST_THREAD',
      /thread source .*2500 ms/,
    ],
    [
      'createSink never ends',
      { sink: sinkOf('', `await ${NEVER}`), startDeadline: 2_500 },
      'HOST_THREAD',
      /thread worker-0 .*2500 ms/,
    ],
    ['createSink leaves', { sink: sinkOf('', 'process.exit(3)') }, 'HOST_THREAD', /thread worker-0 .*exit code 3/],
    [
      'a sink throws outside of every call while the source opens',
      {
        source: sourceOf(1, `open: () => ${NEVER}`),
        sink: sinkOf('', 'setTimeout(() => { throw new Error("too early") })'),
      },
      'HOST_THREAD',
      /thread worker-0 .*too early/,
    ],
    ['options cannot be handed over', { sink: uncloneable }, 'HOST_THREAD', /thread worker-\d .*could not be cloned/],
  ])('%s', async (_, options, code, message) => {
    expect(await failure(options)).toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

describe('a thread that dies ends the host with an error that names thread, reason and what was in flight', {
  timeout: 120_000,
}, () => {
  test.each<[string, Partial<HostOptions>, string, string]>([
    ['the sink leaves while it writes', { sink: sinkOf('write() { if (writes === 3) process.exit(3); }') }, 'worker-0', 'exit'],
    [
      'the sink throws outside of its call, even with a code',
      { sink: sinkOf('write() { setTimeout(() => { throw Object.assign(new Error("stray"), { code: "ENOENT" }); }); }') },
      'worker-0',
      'uncaught-error',
    ],
    [
      'the sink leaves in the middle of a barrier',
      { sink: sinkOf('async flush() { process.exit(3); }'), source: sourceOf(50) },
      'worker-0',
      'exit',
    ],
    [
      'the sink runs out of memory',
      { sink: sinkOf('write() { for (const all = []; ; ) all.push({ some: [1, 2, 3] }); }'), workerHeapMb: 32 },
      'worker-0',
      'out-of-memory',
    ],
    [
      'the source leaves in the middle',
      { source: sourceOf(9, 'async read() { if (n === 3) process.exit(3); return next(); }') },
      'source',
      'exit',
    ],
    ['the sink leaves while it closes', { sink: sinkOf('close() { process.exit(3); }') }, 'worker-0', 'exit'],
  ])('%s', async (_, options, thread, reason) => {
    const error = await failure(options);
    expect(error).toMatchObject({
      code: 'HOST_THREAD',
      message: expect.stringMatching(`thread ${thread} .*${reason}.*in flight: `),
    });
    expect(error.cause).toBeInstanceOf(ThreadDeathError);
    expect(error.cause).toMatchObject({ thread, reason, inFlight: expect.any(Array) });
  });
});

describe('a source that fails', { timeout: 120_000 }, () => {
  test.each([
    ['at the first read', 'async read() { throw new Error("broken") }', 'HOST_SOURCE', /broken/, 0n],
    ['in the middle', 'async read() { if (n === 3) throw new Error("broken"); return next(); }', 'HOST_SOURCE', /broken/, 22n],
    [
      'by a hole in a chunk',
      'async read() { return n === 3 ? [, ...next()] : next(); }',
      'HOST_SOURCE_EVENT',
      /place 0 of 13/,
      22n,
    ],
  ])('%s: what it gave before is replicated, then the error is raised', async (_, fields, code, message, upTo) => {
    const host = await startHost({ ...FINE, source: sourceOf(9, fields) });
    const told: Error[] = [];
    host.on('error', (error) => told.push(error));
    await expect(host.finished).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(told).toHaveLength(1);
    expect(await host.inspect()).toMatchObject({ state: 'failed', checkpointTs: upTo });
    expect(await host.stop()).toMatchObject({ finished: true, checkpointTs: upTo });
  });
});

describe('a stop', { timeout: 120_000 }, () => {
  test.each<[string, Partial<HostOptions>]>([
    ['at once', {}],
    ['with all the time of the world', {}],
    ['while a read never returns', { source: sourceOf(ENDLESS, `async read() { return n > 3 ? ${NEVER} : next(); }`) }],
  ])('%s finishes what was read, and the host can be looked at', async (name, options) => {
    const host = await startHost({ ...FINE, source: sourceOf(ENDLESS), ...options });
    if (options.source !== undefined) await at(host, 33n);
    const stop = host.stop(name.includes('world') ? { deadline: Number.POSITIVE_INFINITY } : {});
    expect((await host.inspect()).state).toBe('stopping');
    const report = await stop;
    expect(report).toMatchObject({ finished: true, unfinished: [] });
    expect(await host.stop({ deadline: 1 })).toBe(report);
    expect(await host.finished).toMatchObject({ checkpointTs: report.checkpointTs, snapshot: { source: { ended: false } } });
    expect(await host.inspect()).toMatchObject({ state: 'stopped', source: { ended: false } });
  });

  test.each<[string, Partial<HostOptions>, RegExp]>([
    [
      'a write never settles',
      { sink: sinkOf(`write: () => { begun(); return ${NEVER}; }`) },
      /worker-0: deadline .*its own stop/,
    ],
    ['a sink blocks its thread', { sink: sinkOf('write() { begun(); busy(60_000); }') }, /worker-0: lost/],
    [
      'the source does not close',
      { source: sourceOf(ENDLESS, `close: () => ${NEVER}`), sink: sinkOf('write() { begun(); }') },
      /source: deadline .*its own stop/,
    ],
  ])('while %s ends at its deadline and names it', async (_, options, named) => {
    const begun = new SharedArrayBuffer(4);
    const { module } = options.sink ?? FINE.sink;
    const host = await startHost({ ...FINE, source: sourceOf(ENDLESS), ...options, sink: { module, options: { begun } } });
    await Atomics.waitAsync(new Int32Array(begun), 0, 0).value;
    const began = performance.now();
    const report = await host.stop({ deadline: 1_000 });
    expect(performance.now() - began).toBeLessThan(6_000);
    expect(report.finished).toBe(false);
    expect(report.unfinished.join('\n')).toMatch(named);
    expect(await host.finished).toMatchObject({ checkpointTs: report.checkpointTs });
  });

  test('with a shorter deadline cuts short the one that goes on; an end that could not close everything is an error', async () => {
    const host = await startHost({ ...FINE, sink: sinkOf(`close: () => ${NEVER}`) });
    await at(host, 33n);
    await expect(host.stop({ deadline: 500 })).resolves.toMatchObject({ finished: false, checkpointTs: 33n });
    await expect(host.finished).rejects.toMatchObject({
      code: 'HOST_CUT_OFF',
      message: expect.stringMatching(/33 is durable.*worker-0/),
    });
  });

  test('of a run that is over does not wait for a source that is busy with something else', async () => {
    const busy = 'setTimeout(() => { for (const until = Date.now() + 6_000; Date.now() < until; ); }, 20)';
    const host = await startHost({ ...FINE, source: sourceOf(3, `async read() { if (n > 3) ${busy}; return next(); }`) });
    expect(await host.finished).toMatchObject({ checkpointTs: 33n });
  });

  test('goes well on a main thread that is busy meanwhile', async () => {
    const host = await startHost({ ...FINE, source: sourceOf(5, `async read() { return n > 5 ? ${NEVER} : next(); }`) });
    await at(host, 55n);
    const stop = host.stop({ deadline: 500 });
    for (const until = performance.now() + 1_300; performance.now() < until; );
    expect(await stop).toEqual({ finished: true, unfinished: [], checkpointTs: 55n });
  });

  test('refuses a deadline that is none', async () => {
    const host = await startHost(FINE);
    for (const deadline of [Number.NaN, -1, '5' as unknown as number])
      await expect(host.stop({ deadline })).rejects.toMatchObject({ code: 'HOST_OPTION' });
    await host.finished;
  });
});

describe('bounds', { timeout: 120_000 }, () => {
  test('a worker that does not get on stops the reading at what its lane and its inboxes hold', async () => {
    const [laneBytes, highWater, bytes] = [256 * 1024, 1024 * 1024, 10_000];
    const host = await startHost({
      ...FINE,
      laneBytes,
      dispatcher: { highWater, lowWater: highWater / 2, pauseCheck: 60_000 },
      source: sourceOf(ENDLESS, '', bytes),
      sink: sinkOf(`wakeOn: 'flush', write: () => ${NEVER}, flush: () => ${NEVER}`),
    });
    let source = (await host.inspect()).source;
    while (source === undefined || source.blockedWorkers === 0) source = (await host.inspect()).source;
    // Both workers together; beyond that a message in hand each, and a chunk.
    expect(source.changes * bytes).toBeLessThan(2 * (laneBytes + highWater) + 1024 * 1024);
    await host.stop({ deadline: 500 });
  });
});
