import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostSnapshot } from '@tidegate/host';
import { afterEach, describe, expect, test } from 'vitest';
import { runTidegate } from './run.js';
import { type FakeHost, fakeStart, hostSnapshot } from './testing/fakeHost.js';
import { RecordedIo, temporaryDirs } from './testing/surroundings.js';

const newDir = temporaryDirs(afterEach);
const END = 462422017131676063n;
const source = {
  tables: 2,
  changes: 90,
  rows: 100,
  ddls: 3,
  syncPoints: 1,
  subscribers: 0,
  behind: 0,
  replays: 0,
  replayedEvents: 0,
  commitTs: END,
  resolvedTs: END,
  heldBytes: 0,
  blockedWorkers: 0,
  ended: true,
};
const atEnd = hostSnapshot({ checkpointTs: END, endTs: END, source, coordinator: { pending: { suppressed: { pending: 7 } } } });

interface Started {
  readonly code: Promise<number>;
  readonly io: RecordedIo;
  readonly host: Promise<FakeHost>;
}

function replicate(args: readonly string[], snapshot: HostSnapshot = atEnd, io: RecordedIo = new RecordedIo()): Started {
  const { start, host } = fakeStart(snapshot);
  return { code: runTidegate(['replicate', ...args], io, start), io, host };
}

describe('a run to the end', () => {
  test('hands its options to the host, prints a summary, and leaves no lock', async () => {
    const dir = await newDir();
    const run = replicate([
      'log.jsonl',
      '--to',
      dir,
      '--workers',
      '3',
      '--unclassified',
      'all',
      '--sync-point-interval',
      '1m',
      '--flush-interval',
      '2s',
    ]);
    const host = await run.host;
    expect(host.options).toMatchObject({
      workers: 3,
      startTs: 0n,
      source: { options: { path: join(process.cwd(), 'log.jsonl'), unclassified: 'all', syncPointIntervalMs: 60_000 } },
      sink: { options: { dir, fsync: true, flushInterval: 2_000 } },
    });
    expect([host.options.source.module, host.options.sink.module].every((module) => String(module).startsWith('file:'))).toBe(
      true,
    );
    host.emit('checkpoint', { type: 'checkpoint', checkpointTs: END, resolvedTs: END });
    host.finish();
    expect(await run.code).toBe(0);
    expect(run.io.stdout.text).toContain(`Replicated log.jsonl to ${dir}\n  rows        100, `);
    expect(run.io.stdout.text).toContain('suppressed  7 statuses: pending 7');
    expect(run.io.stderr.text).toBe('');
    expect(await readdir(dir)).toEqual([]);
    expect(run.io.listeners).toBe(0);
  });

  test('as JSON: every line an object, the last one the summary', async () => {
    const dir = await newDir();
    const run = replicate(['-', '--to', dir, '--json']);
    const host = await run.host;
    const key = { commitTs: END, isSyncPoint: false };
    for (const [phase, age] of [
      ['opened', 0],
      ['selected', 4],
      ['written', 5],
      ['completed', 6],
    ] as const) {
      host.emit('barrier', { type: 'barrier', phase, key, mode: 0, influence: 'db', at: 1, age });
    }
    host.finish();
    expect(await run.code).toBe(0);
    expect(run.io.json[0]).toMatchObject({ event: 'started', log: '-', to: dir, startTs: '0', resumed: false });
    expect(run.io.json[2]).toEqual({
      event: 'barrier',
      commitTs: String(END),
      isSyncPoint: false,
      phase: 'selected',
      influence: 'db',
      mode: 0,
      ageMs: 4,
    });
    expect(run.io.json.at(-1)).toMatchObject({
      event: 'summary',
      outcome: 'finished',
      rows: 100,
      changes: 90,
      ddls: 3,
      syncPoints: 1,
      barriers: 1,
      alignmentMs: { median: 4, p99: 4, max: 4 },
      suppressed: { pending: 7 },
      checkpointTs: String(END),
      unfinished: [],
    });
    expect(run.io.stderr.text).toBe('');
  });

  test('quietly: nothing at all', async () => {
    const run = replicate(['log', '--to', await newDir(), '--quiet'], atEnd, new RecordedIo(true));
    (await run.host).finish();
    expect(await run.code).toBe(0);
    expect(run.io.stdout.text + run.io.stderr.text).toBe('');
  });

  test('on a terminal the line is drawn over itself and gone at the end', async () => {
    const run = replicate(['log', '--to', await newDir()], atEnd, new RecordedIo(true));
    const host = await run.host;
    await expect.poll(() => run.io.stderr.text).toContain('\r');
    expect(run.io.stderr.text).toMatch(/^\r[^\n\r]*100 rows read[^\n\r]*$/m);
    expect(run.io.stderr.text.endsWith('\u001b[K')).toBe(true);
    host.emit('barrier-stuck', {
      type: 'barrier-stuck',
      key: { commitTs: 5n, isSyncPoint: false },
      mode: 0,
      age: 9,
      missing: [],
      missingCount: 0,
      text: 'It waits.',
    });
    expect(run.io.stderr.text).toContain('\r\u001b[Ktidegate: It waits.\n');
    host.finish();
    await run.code;
    expect(run.io.stderr.text.endsWith('\r\u001b[K') || run.io.stderr.text.endsWith('It waits.\n')).toBe(true);
  });

  test('a directory with a checkpoint is continued there, and that is said', async () => {
    const dir = await newDir();
    await writeFile(join(dir, 'metadata'), `{"checkpoint-ts":${END}}`);
    const run = replicate(['log', '--to', dir]);
    const host = await run.host;
    // One below: the log may have ended inside the transaction at its checkpoint.
    expect(host.options.startTs).toBe(END - 1n);
    host.finish();
    expect(await run.code).toBe(0);
    expect(run.io.stderr.text).toBe(
      `tidegate: ${dir} holds an earlier run; continuing at its checkpoint ${END} (2025-11-24 16:00:04.317)\n`,
    );
  });

  test('what the host could not finish makes it a failure', async () => {
    const run = replicate(['log', '--to', await newDir()]);
    const host = await run.host;
    host.stopReport = { finished: false, unfinished: ['worker-0: lost (its thread died)'], checkpointTs: END };
    host.finish();
    expect(await run.code).toBe(1);
    expect(run.io.stdout.text).toContain('unfinished\n    worker-0: lost (its thread died)\n');
  });
});

describe('a run that is stopped', () => {
  const half = hostSnapshot({ checkpointTs: 462422016000786433n, source: { ...source, ended: false } });

  test('by Ctrl-C: drains with the deadline, says how to go on, ends with 130', async () => {
    const dir = await newDir();
    const run = replicate(['log', '--to', dir, '--stop-deadline', '7s'], half);
    const host = await run.host;
    run.io.signal('SIGINT');
    expect(await run.code).toBe(130);
    expect(host.stops[0]).toBe(7_000);
    expect(run.io.stderr.text).toBe('tidegate: SIGINT: stopping; what is under way gets 7.0 s. Once more ends at once.\n');
    expect(run.io.stdout.text).toContain('Stopped before the end of log\n');
    expect(run.io.stdout.text).toContain('the same command continues there');
    expect(run.io.exits).toEqual([]);
  });

  test('by SIGTERM: 143', async () => {
    const run = replicate(['log', '--to', await newDir()], half);
    await run.host;
    run.io.signal('SIGTERM');
    expect(await run.code).toBe(143);
  });

  test('before its threads were up: as soon as they are', async () => {
    const dir = await newDir();
    const io = new RecordedIo();
    const { start, host } = fakeStart(half);
    const code = runTidegate(['replicate', 'log', '--to', dir], io, async (options) => {
      io.signal('SIGINT');
      return await start(options);
    });
    expect(await code).toBe(130);
    expect((await host).stops[0]).toBe(10_000);
  });

  test('a second time: ends at once, and the lock is released', async () => {
    const dir = await newDir();
    const run = replicate(['log', '--to', dir], half);
    const host = await run.host;
    host.stop = () => new Promise(() => undefined);
    run.io.signal('SIGINT');
    expect(existsSync(join(dir, '.tidegate.lock'))).toBe(true);
    run.io.signal('SIGINT');
    expect(run.io.exits).toEqual([130]);
    expect(existsSync(join(dir, '.tidegate.lock'))).toBe(false);
    host.fail(new Error('the end of this test'));
    await run.code;
  });

  test('after the source had ended is a run to the end all the same', async () => {
    const run = replicate(['log', '--to', await newDir()]);
    await run.host;
    run.io.signal('SIGINT');
    expect(await run.code).toBe(0);
  });
});

describe('a run that fails', () => {
  const failure = Object.assign(new Error('log.jsonl, line 7: no JSON'), { code: 'CANAL_MALFORMED_LINE' });

  test('prints the error with its code, and how far it came', async () => {
    const dir = await newDir();
    const run = replicate(['log', '--to', dir]);
    const host = await run.host;
    host.emit('checkpoint', { type: 'checkpoint', checkpointTs: 9n, resolvedTs: 9n });
    host.fail(failure);
    expect(await run.code).toBe(1);
    expect(run.io.stderr.text).toBe(
      `tidegate: log.jsonl, line 7: no JSON (CANAL_MALFORMED_LINE)\ntidegate: ${dir} is complete up to the checkpoint: the same command continues there.\n`,
    );
    expect(await readdir(dir)).toEqual([]);
  });

  test('as JSON: an error, then the summary; the error is on standard error too', async () => {
    const run = replicate(['log', '--to', await newDir(), '--json']);
    (await run.host).fail(failure);
    expect(await run.code).toBe(1);
    expect(run.io.json.at(-2)).toEqual({ event: 'error', code: 'CANAL_MALFORMED_LINE', message: 'log.jsonl, line 7: no JSON' });
    expect(run.io.json.at(-1)).toMatchObject({ event: 'summary', outcome: 'failed' });
    expect(run.io.stderr.text).toBe('tidegate: log.jsonl, line 7: no JSON (CANAL_MALFORMED_LINE)\n');
  });

  test('while starting', async () => {
    const io = new RecordedIo();
    const code = await runTidegate(['replicate', 'log', '--to', await newDir()], io, async () => {
      throw failure;
    });
    expect(code).toBe(1);
    expect(io.stderr.text).toContain('tidegate: log.jsonl, line 7: no JSON (CANAL_MALFORMED_LINE)\n');
  });

  test('before it starts: a log that is not there, and then no directory is made', async () => {
    const to = join(await newDir(), 'made');
    const io = new RecordedIo();
    expect(await runTidegate(['replicate', 'no-such-log', '--to', to], io)).toBe(1);
    expect(io.stderr.text).toMatch(/no-such-log: there is no such file.* \(CANAL_INPUT\)\n$/);
    expect(existsSync(to)).toBe(false);
  });

  test('before it starts: an unwritable, locked or contradicted directory', async () => {
    const dir = await newDir();
    await writeFile(join(dir, 'file'), '');
    const unwritable = new RecordedIo();
    expect(await runTidegate(['replicate', 'log', '--to', join(dir, 'file', 'x')], unwritable)).toBe(1);
    expect(unwritable.stderr.text).toMatch(/^tidegate: .*file\/x cannot be a directory.* \(CLI_DIRECTORY\)\n$/);

    const log = join(dir, 'file');
    const locked = new RecordedIo();
    await writeFile(join(dir, '.tidegate.lock'), String(process.ppid));
    expect(await runTidegate(['replicate', log, '--to', dir], locked)).toBe(1);
    expect(locked.stderr.text).toMatch(/\(CLI_LOCKED\)\n$/);

    const contradicted = new RecordedIo();
    await writeFile(join(dir, 'metadata'), '{"checkpoint-ts":5}');
    expect(await runTidegate(['replicate', 'log', '--to', dir, '--start-ts', '6'], contradicted)).toBe(1);
    expect(contradicted.stderr.text).toMatch(/complete up to its checkpoint 5, .* \(CLI_RESUME\)\n$/);
  });
});
