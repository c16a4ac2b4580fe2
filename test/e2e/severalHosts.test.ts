import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sortKey } from '@tidegate/canal-json';
import type { SourceEvent } from '@tidegate/dispatcher';
import type { SpanSelector, TopologyRequest } from '@tidegate/protocol';
import { readRedoMeta } from '@tidegate/redo';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { type Call, disorderOf, type Life, violationsOverLives } from './repeats.js';
import { HOME, SeveralHosts, type SeveralHostsOptions } from './severalHosts.js';
import { compareFinal, overlapsOf, repeatsOf, serversOf } from './severalHostsChecks.js';
import { readLog } from './stampLog.js';

const data = (name: string): string => new URL(`../data/${name}`, import.meta.url).pathname;
const log = { path: data('shop.canal.jsonl.gz'), syncPointIntervalMs: 500, allowShortSyncPoints: true };
const ALL = [HOME, 'h2', 'h3'];

let events: readonly SourceEvent[];
beforeAll(async () => {
  events = await readLog(log);
});

/** The commit ts of the event at a share of the log. */
function at(share: number): bigint {
  const event = events[Math.floor((events.length - 1) * share)] as SourceEvent;
  return event.type === 'resolved' ? event.ts : event.commitTs;
}

/** A table with many rows in the last part of the log. */
function busyTable(from: bigint): number {
  const counts = new Map<number, number>();
  for (const event of events) {
    if (event.type === 'rows' && event.commitTs > from) counts.set(event.tableId, (counts.get(event.tableId) ?? 0) + 1);
  }
  return ([...counts].sort(([, a], [, b]) => b - a)[0] as [number, number])[0];
}

type Lives = ReadonlyMap<string, readonly Life[]>;

/** Runs `story` over several hosts up to the end of the log, checks what must hold whatever happens, and returns what the sinks did. */
async function run(
  options: Pick<SeveralHostsOptions, 'workers'> & Partial<SeveralHostsOptions> & { readonly splits?: boolean },
  story: (hosts: SeveralHosts) => Promise<void>,
): Promise<Lives> {
  const directory = mkdtempSync(join(tmpdir(), 'tidegate-hosts-'));
  const hosts = new SeveralHosts({ log, directory, hosts: ALL, ...options });
  try {
    await story(hosts);
    await hosts.finish();
    const byHost = hosts.lives();
    const lives = [...byHost.values()].flat();
    expect(violationsOverLives(events, lives)).toEqual([]);
    // Parts of a table have orders of their own.
    if (!options.splits) {
      expect(lives.flatMap(disorderOf)).toEqual([]);
      expect(overlapsOf(lives)).toEqual([]);
    }
    expect(await compareFinal(events, lives, data('shop.final.jsonl.gz'))).toMatchObject({ count: 0 });
    // The host of the table trigger tells sync points, each once, or again if it was lost itself.
    const points = events.flatMap((event) => (event.type === 'sync-point' ? [String(event.commitTs)] : []));
    expect(pointsOf(lives)).toEqual(pointsOf(byHost.get(HOME)));
    const told = pointsOf(lives);
    expect(byHost.get(HOME)?.length === options.workers ? told : [...new Set(told)]).toEqual(points);
    return byHost;
  } finally {
    await hosts.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

function countOf(lives: readonly Life[] | undefined, kind: string): number {
  return (lives ?? []).flat().filter((call) => call.kind === kind).length;
}

function pointsOf(lives: readonly Life[] | undefined): string[] {
  return (lives ?? []).flat().flatMap(({ kind, ts }) => (kind === 'sync-point' ? ts : []));
}

async function open(hosts: SeveralHosts, ...names: string[]): Promise<void> {
  for (const name of names) await hosts.open(name);
}

/** A host comes up in the midst of the run, and the maintainer hears of it. */
async function arrive(hosts: SeveralHosts, name: string): Promise<void> {
  const joined = hosts.told((event) => event.type === 'host-joined' && event.host === name);
  await hosts.open(name);
  await hosts.tellHosts();
  await joined;
}

async function lose(hosts: SeveralHosts, name: string): Promise<void> {
  const lost = hosts.told((event) => event.type === 'host-lost' && event.host === name);
  await hosts.lose(name);
  await hosts.tellHosts();
  await lost;
}

/** Has a table changed, asking again as long as it is being scheduled, and sees the change through. False: nothing is to be done. */
async function change(hosts: SeveralHosts, request: Extract<TopologyRequest, SpanSelector>): Promise<boolean> {
  const changed = hosts.told((event) => event.type === 'topology' && event.tableId === request.tableId);
  changed.catch(() => undefined);
  // The log may be over by now: no event need come that says when the table is free again.
  const answer = async (): Promise<string> => {
    const reply = await hosts.request(request);
    return reply.accepted ? 'accepted' : reply.code;
  };
  const settled = await vi.waitUntil(() => answer().then((code) => code !== 'SPAN_BUSY' && code), {
    timeout: 30_000,
    interval: 10,
  });
  if (settled === 'NOTHING_TO_DO') return false;
  expect(settled).toBe('accepted');
  expect(await changed).toMatchObject({ change: request.change, phase: 'finished' });
  return true;
}

function move(hosts: SeveralHosts, tableId: number, to: string): Promise<boolean> {
  return change(hosts, { type: 'topology', change: 'move', tableId, to });
}

describe('three hosts of one process, a transport between them', { timeout: 120_000 }, () => {
  test('each table lives on one host, and every change comes there once', async () => {
    const lives = await run({ workers: 2 }, async (hosts) => {
      await open(hosts, ...ALL);
      await hosts.start();
    });
    expect(repeatsOf([...lives.values()].flat())).toEqual([]);
    const servers = [...serversOf(lives).values()];
    expect(servers.filter((names) => names.length > 1)).toEqual([]);
    expect(new Set(servers.flat()).size).toBe(3);
  });

  test('a host joins half way and takes tables over; one moves on request: what is durable does not come again', async () => {
    const tableId = busyTable(at(0.8));
    const lives = await run({ workers: 2 }, async (hosts) => {
      await open(hosts, HOME, 'h2');
      await hosts.start();
      await hosts.reached(at(0.25));
      await arrive(hosts, 'h3');
      await hosts.reached(at(0.45));
      await move(hosts, tableId, HOME);
      expect(await move(hosts, tableId, 'h3')).toBe(true);
    });
    expect(repeatsOf([...lives.values()].flat())).toEqual([]);
    expect(countOf(lives.get('h3'), 'rows')).toBeGreaterThan(0);
    expect(serversOf(lives).get(tableId)).toContain('h3');
  });

  test('a host is lost half way, the others take over; it comes back under its name', async () => {
    const lives = await run({ workers: 1 }, async (hosts) => {
      await open(hosts, ...ALL);
      await hosts.start();
      await hosts.reached(at(0.2));
      await lose(hosts, 'h2');
      await hosts.reached(at(0.45));
      await arrive(hosts, 'h2');
    });
    expect(lives.get('h2')).toHaveLength(2);
    expect(lives.get('h2')?.map((life) => countOf([life], 'rows') > 0)).toEqual([true, true]);
  });

  test('the host of the maintainer is lost half way and comes back: the next epoch takes the others over as they are', async () => {
    const lives = await run({ workers: 1 }, async (hosts) => {
      await open(hosts, ...ALL);
      await hosts.start();
      await hosts.reached(at(0.5));
      await hosts.lose(HOME);
      await hosts.open(HOME);
      await hosts.start();
    });
    expect(lives.get(HOME)).toHaveLength(2);
    expect(lives.get('h2')).toHaveLength(1);
  });

  test('a redo log on each host; a table is split over the hosts and merged again', async () => {
    const tableId = busyTable(at(0.8));
    const dir = mkdtempSync(join(tmpdir(), 'tidegate-redos-'));
    const redo = (name: string) => ({
      redo: { module: import.meta.resolve('@tidegate/redo'), options: { dir: join(dir, name) } },
    });
    try {
      await run({ workers: 1, splits: true, log: { ...log, splittable: 'keyed' }, more: redo }, async (hosts) => {
        await open(hosts, ...ALL);
        await hosts.start();
        await hosts.reached(at(0.4));
        const keys = [100, 400].map((id) => sortKey([String(id)], () => true));
        expect(await change(hosts, { type: 'topology', change: 'split', tableId, mode: 0, keys })).toBe(true);
        expect(await change(hosts, { type: 'topology', change: 'merge', tableId, mode: 0 })).toBe(true);
        expect(hosts.events.some(({ type }) => type === 'redo')).toBe(true);
      });
      for (const name of ALL) expect(readdirSync(join(dir, name)).some((file) => file.endsWith('.redo'))).toBe(true);
      expect(await readRedoMeta(join(dir, HOME))).toBeDefined();
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });

  test('all of it, while one in twenty messages between hosts is lost', async () => {
    await run({ workers: 1, loss: 0.05 }, async (hosts) => {
      await open(hosts, HOME, 'h2');
      await hosts.start();
      await hosts.reached(at(0.2));
      await arrive(hosts, 'h3');
      await hosts.reached(at(0.4));
      await move(hosts, busyTable(at(0.8)), 'h2');
      await hosts.reached(at(0.6));
      await lose(hosts, 'h2');
      await hosts.reached(at(0.8));
      await arrive(hosts, 'h2');
      expect(hosts.transport.lost).toBeGreaterThan(0);
    });
  });
});

describe('the checks themselves', () => {
  const call = (kind: Call['kind'], begin: number, end: number, ...ts: string[]): Call => ({ kind, table: 7, ts, begin, end });
  const first = [call('restart', 0, 0, '0'), call('rows', 1, 4, '5 a', '6 b')];

  test('accept one stream after the other, and a transaction that is cut in two', () => {
    const lives = [first, [call('restart', 5, 5, '5'), call('rows', 6, 7, '6 b', '6 c')]];
    expect([overlapsOf(lives), repeatsOf(lives)]).toEqual([[], []]);
    expect(serversOf(new Map([['x', lives]]))).toEqual(new Map([[7, ['x']]]));
  });

  test('find a stream that begins before the one before has ended, and rows of one that was taken over', () => {
    expect(overlapsOf([first, [call('restart', 3, 3, '6')]])).toHaveLength(1);
    const late = [...first, call('rows', 8, 9, '8 d')];
    expect(overlapsOf([late, [call('restart', 5, 5, '6'), call('rows', 6, 7, '7 c')]])).toHaveLength(1);
  });

  test('find rows and sync points that come twice', () => {
    expect(repeatsOf([first, [call('restart', 5, 5, '4'), call('rows', 6, 7, '5 a', '6 b')]])).toEqual(['rows 7 6 b: 2 times']);
    const point: Call = { kind: 'sync-point', ts: ['9'], begin: 10, end: 11 };
    expect(repeatsOf([first, [point], [point]])).toEqual(['sync-point  9: 2 times']);
  });
});
