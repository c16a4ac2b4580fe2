import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Host, type HostOptions, startHost } from '@tidegate/host';
import { describe, expect, test } from 'vitest';
import { disorderOf, readLives, violationsOverLives } from './repeats.js';
import { readLog } from './stampLog.js';

const log = {
  path: new URL('../data/shop.canal.jsonl.gz', import.meta.url).pathname,
  syncPointIntervalMs: 500,
  allowShortSyncPoints: true,
};
const SOURCE = { module: import.meta.resolve('@tidegate/canal-json'), options: log };
const SINK = new URL('./dyingSink.mjs', import.meta.url);

interface Deaths {
  readonly deaths: readonly number[];
  readonly how: 'exit' | 'throw' | 'memory';
  readonly maxDelay: number;
}

/** Replicates the shop log while threads die, and checks what the sinks did over all their lives. */
async function survive(
  options: Deaths,
  host: Partial<HostOptions>,
  during: (running: Host) => void = () => undefined,
): Promise<string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'tidegate-death-'));
  try {
    const counter = new SharedArrayBuffer(12);
    const running = await startHost({
      source: SOURCE,
      sink: { module: SINK, options: { counter, directory, ...options } },
      restarts: 100,
      dispatcher: { heartbeatInterval: 50, heartbeatFirst: 0 },
      coordinator: { lowLatency: true },
      // A create that the coordinator gets while its only worker is being replaced is asked for again.
      maintainer: { operatorResend: 300 },
      ...host,
    });
    const told: string[] = [];
    running.on('thread-lost', ({ thread, death, drained }) => told.push(`lost ${thread} (${death.reason}, ${drained})`));
    running.on('thread-replaced', ({ thread }) => told.push(`replaced ${thread}`));
    let checkpoint = 0n;
    running.on('checkpoint', ({ checkpointTs }) => {
      if (checkpointTs < checkpoint) told.push(`the checkpoint went back to ${checkpointTs}`);
      checkpoint = checkpointTs;
    });
    during(running);
    await running.finished;
    const lives = readLives(directory);
    expect(violationsOverLives(await readLog(log), lives)).toEqual([]);
    expect(lives.flatMap(disorderOf)).toEqual([]);
    return told;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Three writes of the log's first two hundred, at random. */
function someWrites(): number[] {
  return Array.from({ length: 3 }, () => 1 + Math.floor(Math.random() * 200));
}

describe('a worker dies and the run goes on: nothing is lost, and the order of the DDLs holds', { timeout: 120_000 }, () => {
  for (const [workers, how, maxDelay] of [
    [1, 'exit', 0],
    [2, 'exit', 4],
    [3, 'throw', 2],
  ] as const) {
    const deaths = process.env.TIDEGATE_DEATHS?.split(',').map(Number) ?? someWrites();
    test(`${workers} workers, ${how}, sink delays up to ${maxDelay} ms, at the writes ${deaths.join(', ')}`, async () => {
      const told = await survive({ deaths, how, maxDelay }, { workers });
      const reason = how === 'exit' ? 'exit' : 'uncaught-error';
      const lost = told.filter((word) => word.startsWith('lost'));
      expect(lost.length).toBeGreaterThan(0);
      for (const word of lost) expect(word).toMatch(new RegExp(`^lost worker-\\d \\(${reason}, true\\)$`));
      expect(told.filter((word) => word.startsWith('replaced'))).toHaveLength(lost.length);
    });
  }

  test('out of memory', async () => {
    const told = await survive({ deaths: [40], how: 'memory', maxDelay: 1 }, { workers: 2, workerHeapMb: 48 });
    expect(told).toEqual([expect.stringMatching(/^lost worker-\d \(out-of-memory, true\)$/), expect.stringMatching(/^replaced/)]);
  });
});

describe('a control thread is replaced in the middle: the next epoch goes on where the last one stood', {
  timeout: 120_000,
}, () => {
  /** Replaces a thread at the first checkpoints beyond the beginning. */
  const replacing =
    (thread: string, times: number) =>
    (running: Host): void => {
      let left = times;
      let busy = false;
      running.on('checkpoint', ({ checkpointTs }) => {
        if (checkpointTs === 0n || busy || left === 0) return;
        busy = true;
        left--;
        void running.replace(thread).then(() => {
          busy = false;
        });
      });
    };
  for (const [thread, control] of [
    ['control', 'shared'],
    ['coordinator', 'separate'],
    ['maintainer', 'separate'],
  ] as const) {
    test(`${thread}, twice`, async () => {
      const told = await survive({ deaths: [], how: 'exit', maxDelay: 3 }, { workers: 2, control }, replacing(thread, 2));
      const once = [`lost ${thread} (terminated, true)`, `replaced ${thread}`];
      expect(told).toEqual([...once, ...once]);
    });
  }

  test('control, while workers die as well', async () => {
    const told = await survive({ deaths: someWrites(), how: 'exit', maxDelay: 2 }, { workers: 2 }, replacing('control', 1));
    expect(told).toContain('replaced control');
    expect(told.filter((word) => word.startsWith('lost worker')).length).toBeGreaterThan(0);
    expect(told.filter((word) => word.startsWith('replaced'))).toHaveLength(told.length / 2);
  });
});
