import type { Source, SourceEvent } from '@tidegate/dispatcher';
import { expect, test } from 'vitest';
import type { ReplayMessage } from './sourceMessages.js';
import { SourceReplays } from './sourceReplays.js';

/** Settles once everything that could go on without being let go on has. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const EVENTS: readonly SourceEvent[] = [{ type: 'resolved', ts: 9n }];

/** Replays of sources that say what happens to them; opening and closing wait for `let…` while they are held. */
function fixture(fields: Partial<Source> = {}) {
  const calls: string[] = [];
  const posted: ReplayMessage[] = [];
  const held: { open?: (() => void)[]; close?: (() => void)[] } = {};
  let made = 0;
  const pass = (what: 'open' | 'close') => new Promise<void>((go) => (held[what] === undefined ? go() : held[what].push(go)));
  const create = (): Source => {
    const name = `source ${++made}`;
    return {
      replayable: true,
      async open({ startTs, signal }) {
        calls.push(`${name} opens at ${startTs}`);
        signal.addEventListener('abort', () => calls.push(`${name} is aborted`));
        await pass('open');
        return { startTs, tables: [] };
      },
      async read() {
        calls.push(`${name} reads`);
        return EVENTS;
      },
      async close() {
        await pass('close');
        calls.push(`${name} is closed`);
      },
      ...fields,
    };
  };
  const replays = new SourceReplays(create, { module: 'file:///source.js', options: {} }, (message) => posted.push(message));
  const letGo = async (what: 'open' | 'close') => {
    for (const go of held[what]?.splice(0) ?? []) go();
    await settled();
  };
  return { replays, calls, posted, held, letGo };
}

test('opens, reads and closes an instance; what it gives carries its number', async () => {
  const f = fixture();
  f.replays.open(3, 7n);
  f.replays.pull(3);
  await settled();
  expect(f.posted).toEqual([
    { type: 'replay-open', id: 3, snapshot: { startTs: 7n, tables: [] } },
    { type: 'replay-chunk', id: 3, events: EVENTS },
  ]);
  f.replays.close(3);
  await settled();
  expect(f.calls).toEqual(['source 1 opens at 7', 'source 1 reads', 'source 1 is aborted', 'source 1 is closed']);
});

test('one that is closed while it opens tells nothing, and is closed when it has opened', async () => {
  const f = fixture();
  f.held.open = [];
  f.replays.open(1, 7n);
  await settled();
  f.replays.close(1);
  await f.letGo('open');
  expect(f.posted).toEqual([]);
  expect(f.calls.at(-1)).toBe('source 1 is closed');
});

test('the next is opened when the one before is closed, never two at a time', async () => {
  const f = fixture();
  f.replays.open(1, 7n);
  await settled();
  f.held.close = [];
  f.replays.close(1);
  f.replays.open(2, 5n);
  await settled();
  expect(f.calls).not.toContain('source 2 opens at 5');
  await f.letGo('close');
  expect(f.calls.slice(-2)).toEqual(['source 1 is closed', 'source 2 opens at 5']);
  expect(f.posted.at(-1)).toMatchObject({ type: 'replay-open', id: 2 });
});

test('one that was closed again before its turn came is never made', async () => {
  const f = fixture();
  f.replays.open(1, 7n);
  await settled();
  f.held.close = [];
  f.replays.close(1);
  f.replays.open(2, 5n);
  f.replays.close(2);
  f.replays.open(3, 4n);
  await f.letGo('close');
  await f.letGo('close');
  expect(f.calls.filter((call) => call.includes('opens'))).toEqual(['source 1 opens at 7', 'source 2 opens at 4']);
});

test('a late close, or a pull, of another number does nothing', async () => {
  const f = fixture();
  f.replays.open(2, 7n);
  await settled();
  f.replays.close(1);
  f.replays.pull(1);
  await settled();
  expect(f.calls).toEqual(['source 1 opens at 7', 'source 1 reads']);
  expect(
    f.posted.map(({ type }) => type),
    'nobody is told what it read',
  ).toEqual(['replay-open']);
});

test.each<[string, Partial<Source>, ReplayMessage[]]>([
  [
    'to open',
    { open: () => Promise.reject(new Error('no file')) },
    [{ type: 'replay-failed', id: 1, code: 'HOST_SOURCE', message: expect.stringContaining('no file') }],
  ],
  [
    'to read',
    { read: () => Promise.reject(Object.assign(new Error('torn'), { code: 'MINE' })) },
    [expect.objectContaining({ type: 'replay-open' }), { type: 'replay-failed', id: 1, code: 'MINE', message: 'torn' }],
  ],
  ['at its end', { read: async () => null }, [expect.objectContaining({ type: 'replay-open' }), { type: 'replay-end', id: 1 }]],
])('a source that fails %s is told as such', async (_, fields, told) => {
  const f = fixture(fields);
  f.replays.open(1, 7n);
  f.replays.pull(1);
  await settled();
  expect(f.posted).toEqual(told);
});

test('one that fails to close has done no harm', async () => {
  const f = fixture({ close: () => Promise.reject(new Error('stuck')) });
  f.replays.open(1, 7n);
  await settled();
  f.replays.close(1);
  f.replays.open(2, 6n);
  await settled();
  expect(f.posted.map(({ id }) => id)).toEqual([1, 2]);
  await f.replays.end();
});

test('what exists at a ts is told by an instance of its own, which is closed at once; a replay goes on beside it', async () => {
  const f = fixture();
  f.replays.open(1, 7n);
  await settled();
  expect(await f.replays.snapshotAt(5n)).toEqual({ startTs: 5n, tables: [] });
  f.replays.pull(1);
  await settled();
  expect(f.calls.filter((call) => !call.startsWith('source 1'))).toEqual([
    'source 2 opens at 5',
    'source 2 is aborted',
    'source 2 is closed',
  ]);
  expect(f.posted.map(({ type }) => type)).toEqual(['replay-open', 'replay-chunk']);
});
