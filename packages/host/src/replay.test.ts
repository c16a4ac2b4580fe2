import type { SourceEvent } from '@tidegate/dispatcher';
import type { DdlEvent, RowsMessage, SourceToWorker, Subscribe, TableInfo } from '@tidegate/protocol';
import { ManualContext } from '@tidegate/runtime/testing';
import { expect, test } from 'vitest';
import { SourceRouter, type SourceRouterOptions } from './sourceRouter.js';

const TABLE: TableInfo = { tableId: 1, schemaId: 1, schema: 'db', table: 't1', version: 1n };
const SNAPSHOT = { startTs: 0n, tables: [{ ...TABLE, splittable: true }] };

function row(commitTs: bigint, key: number, tableId = 1): SourceEvent {
  const bytes = new TextEncoder().encode(`${commitTs}/${key}`);
  return { type: 'rows', tableId, commitTs, count: 1, bytes, key: Uint8Array.of(key) };
}

function ddl(commitTs: bigint, fields: Partial<DdlEvent>): DdlEvent {
  const names = { query: `ddl ${commitTs}`, kind: 'test', schema: 'db', table: '' };
  return { type: 'ddl', commitTs, ...names, adds: [], schemaChanges: [], admissions: [], tables: [], ...fields };
}

/** A router with dispatcher 10 of table 1 on worker-0, and a source that says what it is asked for. */
function fixture(options: Partial<SourceRouterOptions> = {}) {
  const context = new ManualContext({ self: 'source' });
  const calls: string[] = [];
  const router = new SourceRouter(context as never, {
    workers: ['worker-0', 'worker-1'],
    snapshot: SNAPSHOT,
    pump: {
      pull: () => calls.push('pull main'),
      replays: {
        open: (id, startTs) => calls.push(`open ${id} at ${startTs}`),
        pull: (id) => calls.push(`pull ${id}`),
        close: (id) => calls.push(`close ${id}`),
      },
    },
    batchBytes: 1 << 16,
    maxMessageBytes: 1 << 18,
    heldBytes: 1 << 20,
    ...options,
  });
  const subscribe = (handle: number, startTs: bigint, more: Partial<Subscribe> = {}) =>
    router.receive({ type: 'subscribe', handle, generation: 1, mode: 0, tableId: 1, startTs, worker: 'worker-1', ...more });
  router.receive({ type: 'subscribe', handle: 10, generation: 1, mode: 0, tableId: 1, startTs: 0n, worker: 'worker-0' });
  return {
    context,
    router,
    subscribe,
    calls: () => calls.splice(0),
    feed: (...events: SourceEvent[]) => router.receive({ type: 'chunk', events }),
    begin: (id: number, startTs: bigint, tables = SNAPSHOT.tables) =>
      router.receive({ type: 'replay-open', id, snapshot: { startTs, tables } }),
    replay: (id: number, ...events: SourceEvent[]) => router.receive({ type: 'replay-chunk', id, events }),
    taken: () => context.take('worker-1').flatMap(({ message }) => shown(message as SourceToWorker)),
  };
}

/** A message in short: `stream 12 from 3 behind`, `12: 5/7`, `caught up 12 at 9`. */
function shown(message: SourceToWorker): string[] {
  switch (message.type) {
    case 'stream':
      return [
        `stream ${message.handle} from ${message.resolvedTs}${message.caughtUp ? '' : ' behind'} as ${message.table?.table}`,
      ];
    case 'rows':
      return changesOf(message);
    case 'block-event':
      return [
        `${message.event.type} ${message.event.commitTs} to ${message.target.type === 'all' ? 'all' : message.target.handle.join()}`,
      ];
    case 'resolved':
      return [
        message.only === undefined
          ? `mark ${message.ts}`
          : `${message.behind === true ? 'mark' : 'caught up'} ${message.only.handle} at ${message.ts}`,
      ];
    case 'streams':
      return [...message.handle].map((handle) => `stream ${handle} of many`);
    case 'lane-end':
      return ['lane end'];
  }
}

function changesOf(rows: RowsMessage): string[] {
  const text = (i: number) => new TextDecoder().decode(rows.bytes.subarray(rows.offset[i], rows.offset[i + 1]));
  return [...rows.handle].map((handle, i) => `${handle}: ${text(i)}`);
}

test('one that is behind gets a replay up to where main stands, inside of a transaction, and main goes on behind it', () => {
  const f = fixture();
  f.feed(row(5n, 1), { type: 'resolved', ts: 5n }, row(7n, 2), row(7n, 3));
  f.context.take();
  f.calls();
  f.subscribe(12, 4n);
  expect(f.calls()).toContain('open 1 at 3');
  f.feed(row(7n, 4), { type: 'resolved', ts: 7n });
  expect(f.taken(), 'main stands still').toEqual([]);
  f.begin(1, 3n);
  expect(f.calls()).toContain('pull 1');
  f.replay(1, row(5n, 1), { type: 'resolved', ts: 5n }, row(7n, 2));
  expect(f.taken()).toEqual(['stream 12 from 4 behind as t1', '12: 5/1', '12: 7/2']);
  f.replay(1, row(7n, 3), row(7n, 4), row(9n, 5));
  expect(f.calls()).toContain('close 1');
  expect(f.taken()).toEqual(['12: 7/3', 'caught up 12 at 5', '12: 7/4', 'mark 7']);
});

test('with redo, a long replay tells the redo world how far it is, so that the gate opens for the others in it (D-46)', () => {
  const f = fixture({ modes: [0, 1], markBytes: 6 });
  f.subscribe(11, 0n, { mode: 1 });
  f.feed(row(5n, 1), row(6n, 2), row(7n, 3), row(7n, 4), row(8n, 5), { type: 'resolved', ts: 8n });
  f.taken();
  f.subscribe(12, 4n, { generation: 2 });
  f.subscribe(13, 4n, { mode: 1, generation: 2 });
  f.begin(1, 3n);
  f.replay(1, row(5n, 1), row(6n, 2), row(7n, 3), row(7n, 4));
  const rows = ['12: 5/1', '13: 5/1', '12: 6/2', '13: 6/2'].sort();
  const seen = f.taken();
  expect(
    seen
      .filter((text) => text.includes('/'))
      .slice(0, 4)
      .sort(),
  ).toEqual(rows);
  expect(seen.filter((text) => text.startsWith('mark'))).toEqual(['mark 13 at 6']);
  f.replay(1, row(8n, 5));
  expect(f.taken().filter((text) => !text.includes('/'))).toEqual(['mark 13 at 7', 'caught up 12 at 8', 'caught up 13 at 8']);
});

test('one that comes behind a running replay makes it begin anew, and the first loses nothing and gets nothing twice', () => {
  const f = fixture();
  f.feed(row(5n, 1), row(7n, 2), row(7n, 3), row(9n, 4));
  f.context.take();
  f.subscribe(12, 5n);
  f.begin(1, 4n);
  f.replay(1, row(5n, 1), row(7n, 2));
  f.subscribe(13, 3n);
  expect(f.calls().slice(-2)).toEqual(['close 1', 'open 2 at 2']);
  f.replay(1, row(7n, 3));
  f.begin(2, 2n);
  f.taken();
  f.replay(2, row(5n, 1), row(7n, 2), row(7n, 3), row(9n, 4));
  expect(f.taken()).toEqual([
    'stream 13 from 3 behind as t1',
    '13: 5/1',
    '13: 7/2',
    // The newer one is served first of two; each has the order of the source.
    '13: 7/3',
    '12: 7/3',
    '13: 9/4',
    '12: 9/4',
    'caught up 12 at 5',
    'caught up 13 at 3',
  ]);
});

test('those who come while it is being opened wait for one more opening, not for one each', () => {
  const f = fixture();
  f.feed(row(5n, 1), row(7n, 2));
  f.calls();
  f.subscribe(12, 6n);
  f.subscribe(13, 4n);
  f.subscribe(14, 3n);
  expect(f.calls().filter((call) => call.startsWith('open'))).toEqual(['open 1 at 5']);
  f.begin(1, 5n);
  expect(f.calls()).toEqual(['close 1', 'open 2 at 2']);
});

test('with the last of those behind the replay is closed, and main goes on', () => {
  const f = fixture();
  f.feed(row(5n, 1));
  f.subscribe(12, 4n);
  f.feed(row(6n, 2));
  f.context.take();
  f.calls();
  f.router.receive({ type: 'unsubscribe', handle: 12, generation: 1 });
  expect(f.calls()).toContain('close 1');
  expect(f.context.take('worker-0')).toHaveLength(1);
});

test('the replay has names and drops of its own: a table that main has dropped is served up to its drop', () => {
  const f = fixture();
  const rename = ddl(6n, {
    blockTables: { type: 'normal', tableIds: [1, 0] },
    tables: [{ ...TABLE, table: 'new', version: 6n }],
  });
  const drop = ddl(8n, { blockTables: { type: 'normal', tableIds: [1, 0] }, drops: { type: 'normal', tableIds: [1] } });
  f.subscribe(0, 0n, { tableId: 0 });
  f.feed(row(5n, 1), rename, row(7n, 2), drop, { type: 'sync-point', commitTs: 9n }, { type: 'resolved', ts: 9n });
  f.router.receive({ type: 'unsubscribe', handle: 10, generation: 1 });
  f.taken();
  f.subscribe(12, 4n);
  f.begin(1, 3n);
  f.replay(1, row(5n, 1), rename, row(7n, 2), drop, { type: 'sync-point', commitTs: 9n });
  expect(f.taken()).toEqual([
    'stream 12 from 4 behind as t1',
    '12: 5/1',
    'ddl 6 to 12',
    '12: 7/2',
    'ddl 8 to 12',
    'caught up 12 at 9',
  ]);
  f.feed({ type: 'sync-point', commitTs: 12n });
  expect(f.taken()).toEqual(['sync-point 12 to 0']);
});

test('rows of a split table go to the range that holds their key, block events to all', () => {
  const f = fixture();
  f.subscribe(0, 0n, { tableId: 0 });
  f.feed(row(5n, 10), row(5n, 200), row(6n, 99), row(6n, 100));
  const middle = Uint8Array.of(100);
  f.router.receive({ type: 'unsubscribe', handle: 10, generation: 1 });
  f.subscribe(12, 4n, { range: { start: new Uint8Array(0), end: middle } });
  f.subscribe(13, 5n, { range: { start: middle, end: new Uint8Array(0) } });
  f.begin(1, 3n);
  f.replay(1, row(5n, 10), row(5n, 200), row(6n, 99), row(6n, 100));
  f.taken();
  f.feed({ type: 'sync-point', commitTs: 7n }, row(8n, 100), row(8n, 99));
  expect(f.taken()).toEqual(['sync-point 7 to all', '13: 8/100', '12: 8/99']);
});

test('a split table whose rows have no key is refused', () => {
  const f = fixture();
  f.subscribe(12, 0n, { range: { start: new Uint8Array(0), end: Uint8Array.of(9) } });
  f.feed({ type: 'rows', tableId: 1, commitTs: 5n, count: 1, bytes: new Uint8Array(1) });
  expect(f.context.events).toEqual([expect.objectContaining({ message: expect.stringContaining('no key') })]);
});

test('a handle under its next generation takes the place of the one before; the late unsubscribe finds nothing', () => {
  const f = fixture();
  f.feed(row(5n, 1));
  f.subscribe(10, 5n, { generation: 2 });
  f.router.receive({ type: 'unsubscribe', handle: 10, generation: 1 });
  f.context.take('worker-0');
  f.taken();
  f.feed(row(6n, 2));
  expect(f.taken()).toEqual(['10: 6/2']);
  expect(f.context.take('worker-0')).toEqual([]);
});

test('the end is told when nobody is behind, and hold does not stop a replay', () => {
  const f = fixture();
  f.feed(row(5n, 1));
  f.subscribe(12, 4n);
  f.router.receive({ type: 'end' });
  expect(f.context.events).toEqual([]);
  f.begin(1, 3n);
  f.router.receive({ type: 'hold' });
  expect(f.context.replies).toEqual([4n]);
  f.replay(1, row(5n, 1));
  expect(f.taken()).toEqual(['mark 4', 'stream 12 from 4 behind as t1', '12: 5/1', 'caught up 12 at 4']);
});

test.each([
  ['brings something else', (f: ReturnType<typeof fixture>) => f.replay(1, row(6n, 9)), 'HOST_SOURCE_EVENT'],
  ['ends before', (f: ReturnType<typeof fixture>) => f.router.receive({ type: 'replay-end', id: 1 }), 'HOST_SOURCE_EVENT'],
  ['opens too late', (f: ReturnType<typeof fixture>) => f.begin(1, 4n), 'HOST_REWIND'],
  [
    'fails',
    (f: ReturnType<typeof fixture>) => f.router.receive({ type: 'replay-failed', id: 1, code: 'GONE', message: 'gone' }),
    'GONE',
  ],
])('a replay that %s is a typed failure: who is behind is lost', (name, act, code) => {
  const f = fixture();
  f.feed(row(5n, 1));
  f.subscribe(12, 4n);
  if (name !== 'opens too late') f.begin(1, 3n);
  act(f);
  expect(f.context.events).toEqual([expect.objectContaining({ type: 'source-failed', code, lost: true })]);
});

test('shared: nothing is held, nothing is read before anybody has subscribed', () => {
  const f = fixture({ shared: true });
  f.router.receive({ type: 'unsubscribe', handle: 10, generation: 1 });
  f.calls();
  f.feed(row(5n, 1));
  expect(f.calls()).toEqual([]);
  expect(f.router.inspect()).toMatchObject({ commitTs: 0n, heldBytes: 0 });
  f.subscribe(0, 0n, { tableId: 0 });
  expect(f.router.inspect()).toMatchObject({ commitTs: 5n, heldBytes: 0 });
  f.subscribe(12, 3n);
  expect(f.calls()).toContain('open 1 at 2');
});

test('shared: one that starts ahead of main gets its stream when main is there, with the table as it is there', () => {
  const f = fixture({ shared: true });
  f.subscribe(12, 6n);
  const alter = ddl(6n, { blockTables: { type: 'normal', tableIds: [1] }, tables: [{ ...TABLE, table: 'later', version: 6n }] });
  f.feed(row(5n, 1), alter);
  expect(f.taken()).toEqual([]);
  f.feed(row(7n, 2));
  expect(f.taken()).toEqual(['stream 12 from 6 as later', '12: 7/2']);
});

test('HOST_REWIND: what has left cannot be had again from a source that does not replay; the changefeed is lost', () => {
  const f = fixture({ pump: { pull: () => undefined } });
  f.feed(row(5n, 1));
  f.router.receive({ type: 'unsubscribe', handle: 10, generation: 1 });
  f.subscribe(12, 4n);
  expect(f.context.events).toEqual([expect.objectContaining({ code: 'HOST_REWIND', lost: true })]);
});

test('a source that does not replay has what follows a departed dispatcher held for its successor', () => {
  const f = fixture({ pump: { pull: () => undefined } });
  f.feed(row(5n, 1));
  f.router.receive({ type: 'unsubscribe', handle: 10, generation: 1 });
  f.feed(row(6n, 2));
  f.subscribe(12, 5n);
  expect(f.taken()).toEqual(['stream 12 from 5 behind as t1', '12: 6/2', 'caught up 12 at 5']);
  expect(f.router.inspect()).toMatchObject({ heldBytes: 0 });
});

test('a table that had no event since then has another dispatcher without a replay', () => {
  const f = fixture();
  f.feed(row(5n, 1));
  f.router.receive({ type: 'unsubscribe', handle: 10, generation: 1 });
  f.subscribe(13, 5n);
  expect(f.taken()).toEqual(['stream 13 from 5 as t1']);
});

test('rows that are held are held by themselves: what their source read them from may be used again', () => {
  const f = fixture({
    snapshot: {
      startTs: 0n,
      tables: [
        { ...TABLE, splittable: true },
        { ...TABLE, tableId: 2, table: 't2', splittable: true },
      ],
    },
  });
  const held = row(5n, 7, 2) as Extract<SourceEvent, { type: 'rows' }>;
  // As files and streams give it: what `slice` gives of it is a view.
  const chunk = Buffer.alloc(1 << 16);
  chunk.set(held.bytes, 100);
  f.feed({ ...held, bytes: chunk.subarray(100, 100 + held.bytes.length) });
  chunk.fill(0);
  f.subscribe(12, 0n, { tableId: 2 });
  f.feed({ type: 'resolved', ts: 6n });
  expect(f.taken()).toContain('12: 5/7');
});
