import type { BlockEventMessage, RowsMessage, SourceToWorker } from '@tidegate/protocol';
import { describe, expect, test } from 'vitest';
import { ddl, fixture, info, row, WORKERS } from './testing/routerFixture.js';

function changesOf(message: SourceToWorker | undefined): [number, bigint, string][] {
  const rows = message as RowsMessage;
  expect(rows.type).toBe('rows');
  return [...rows.handle].map((handle, i) => [
    handle,
    rows.commitTs[i] as bigint,
    new TextDecoder().decode(rows.bytes.subarray(rows.offset[i], rows.offset[i + 1])),
  ]);
}

describe('rows', () => {
  test('go to the worker that hosts the dispatcher, in commit order, in one message a chunk', () => {
    const f = fixture([1, 2]);
    f.subscribe(1, 10, 'worker-0');
    f.subscribe(2, 11, 'worker-1');
    f.taken();
    f.feed(row(1, 5n, 'a'), row(2, 5n, 'b'), row(1, 6n, 'c'));
    expect(f.taken('worker-0').map(changesOf)).toEqual([
      [
        [10, 5n, 'a'],
        [10, 6n, 'c'],
      ],
    ]);
    expect(f.taken('worker-1').map(changesOf)).toEqual([[[11, 5n, 'b']]]);
  });

  test('of one transaction stay in one message even past the batch size', () => {
    const f = fixture([1], { batchBytes: 16 });
    f.subscribe(1, 10, 'worker-0');
    f.taken();
    f.feed(row(1, 5n, 'x'.repeat(20)), row(1, 5n, 'y'.repeat(20)), row(1, 6n, 'z'));
    expect(f.taken('worker-0').map((message) => changesOf(message).length)).toEqual([2, 1]);
  });

  test('that exceed the largest message are refused with the option to raise', () => {
    const f = fixture([1], { maxMessageBytes: 100 });
    f.subscribe(1, 10, 'worker-0');
    f.feed(row(1, 5n, 'x'.repeat(101)));
    expect(f.context.events).toEqual([
      expect.objectContaining({ code: 'HOST_MESSAGE_TOO_LARGE', message: expect.stringContaining('laneBytes') }),
    ]);
  });
});

describe('a table without a dispatcher', () => {
  test('has its events held and sent in order behind its stream start, with the table as it was', () => {
    const f = fixture([1]);
    const alter = ddl(7n, { blockTables: { type: 'normal', tableIds: [1] }, tables: [info(1, 7n)] });
    f.feed({ type: 'resolved', ts: 3n }, row(1, 5n, 'a'), alter, row(1, 8n, 'b'), { type: 'resolved', ts: 9n });
    expect(f.taken('worker-1')).toEqual([
      { type: 'resolved', ts: 3n },
      { type: 'resolved', ts: 9n },
    ]);
    f.subscribe(1, 10, 'worker-1');
    const sent = f.taken('worker-1');
    expect(sent.map((message) => message.type)).toEqual(['stream', 'rows', 'block-event', 'rows', 'resolved']);
    expect(sent[0]).toEqual({ type: 'stream', handle: 10, generation: 1, resolvedTs: 3n, caughtUp: false, table: info(1) });
    expect(changesOf(sent[1])).toEqual([[10, 5n, 'a']]);
    expect((sent[2] as BlockEventMessage).event).toBe(alter);
    expect(changesOf(sent[3])).toEqual([[10, 8n, 'b']]);
    expect(sent[4]).toEqual({ type: 'resolved', ts: 9n, only: { handle: 10, generation: 1 } });
  });

  test('starts above its start ts: what is at or below it is not delivered', () => {
    const f = fixture([1]);
    f.feed(row(1, 5n), row(1, 6n, 'kept'));
    f.subscribe(1, 10, 'worker-0', 5n);
    expect(changesOf(f.taken('worker-0')[1])).toEqual([[10, 6n, 'kept']]);
  });

  test('gets a sync point at its start ts: it comes behind the DDL of that ts that added the table (B-1, D-2)', () => {
    const f = fixture([1]);
    f.feed({ type: 'sync-point', commitTs: 5n });
    f.taken();
    f.subscribe(1, 10, 'worker-1', 5n);
    expect(f.taken('worker-1').map(({ type }) => type)).toEqual(['stream', 'block-event', 'resolved']);
  });

  test('stops the reading when too much is held, and starts it again on subscription', () => {
    const f = fixture([1, 2], { heldBytes: 100 });
    f.subscribe(2, 11, 'worker-1');
    const before = f.pulls();
    f.taken();
    f.feed(row(2, 4n, 'first'), row(1, 5n, 'x'.repeat(200)), row(2, 6n, 'later'));
    // What was gathered before the stop has left: its dispatcher may be what the held table waits for.
    const rows = () => f.taken('worker-1').filter(({ type }) => type === 'rows');
    expect(rows().map(changesOf)).toEqual([[[11, 4n, 'first']]]);
    f.subscribe(1, 10, 'worker-0');
    expect(rows().map(changesOf)).toEqual([[[11, 6n, 'later']]]);
    expect(f.pulls()).toBeGreaterThan(before);
  });
});

test('nothing is routed past a barrier that is held for a table without a dispatcher', () => {
  const f = fixture([1, 2]);
  f.subscribe(0, 0, 'worker-0');
  f.subscribe(1, 11, 'worker-0');
  f.taken();
  f.feed({ type: 'sync-point', commitTs: 5n }, row(1, 6n, 'behind'), { type: 'resolved', ts: 6n });
  // Were the rows behind it sent, they could fill the worker, which would pause the lane that the held stream needs.
  // All that lies below the barrier has left, and those who have it may go by that (D-46, B-60).
  expect(f.taken('worker-0')).toMatchObject([{ type: 'block-event' }, { type: 'resolved', ts: 5n }]);
  f.subscribe(2, 12, 'worker-0');
  expect(f.taken('worker-0').map((message) => message.type)).toEqual(['stream', 'block-event', 'resolved', 'rows', 'resolved']);
});

test('a row behind a sync point of its ts is refused when that was promised to be the last', () => {
  const f = fixture([1, 2]);
  f.subscribe(1, 11, 'worker-0');
  f.feed({ type: 'sync-point', commitTs: 5n }, row(1, 5n));
  f.subscribe(0, 0, 'worker-0');
  f.subscribe(2, 12, 'worker-0');
  expect(f.context.events).toEqual([
    expect.objectContaining({ code: 'HOST_SOURCE_EVENT', message: expect.stringContaining('5 after the mark 5') }),
  ]);
});

test('a DDL of one table that is held does not hold up the others', () => {
  const f = fixture([1, 2]);
  f.subscribe(1, 11, 'worker-0');
  f.taken();
  f.feed(ddl(5n, { blockTables: { type: 'normal', tableIds: [2] } }), row(1, 6n));
  expect(f.taken('worker-0').map((message) => message.type)).toEqual(['rows']);
});

describe('block events', () => {
  test('Normal goes to the listed tables and T0 alone', () => {
    const f = fixture([1, 2, 3]);
    f.subscribe(0, 0, 'worker-0');
    for (const id of [1, 2, 3]) f.subscribe(id, 10 + id, id === 3 ? 'worker-1' : 'worker-0');
    f.taken();
    f.feed(ddl(5n, { blockTables: { type: 'normal', tableIds: [2, 0] } }));
    const [message] = f.taken('worker-0') as BlockEventMessage[];
    expect(message?.target).toEqual({ type: 'normal', handle: Uint32Array.of(12, 0), generation: Uint32Array.of(1, 1) });
    expect(f.taken('worker-1')).toEqual([]);
  });

  test('DB goes to the tables of the schema and the trigger, and drops them', () => {
    const f = fixture([1, 2]);
    f.subscribe(0, 0, 'worker-0');
    f.subscribe(1, 11, 'worker-0');
    f.subscribe(2, 12, 'worker-1');
    f.taken();
    f.feed(ddl(5n, { blockTables: { type: 'db', schemaId: 1 }, drops: { type: 'db', schemaId: 1 } }));
    expect(f.taken('worker-0').map((m) => [...(m as { target: { handle: Uint32Array } }).target.handle])).toEqual([[0, 11]]);
    expect(f.taken('worker-1')).toHaveLength(1);
    f.feed(row(1, 6n));
    expect(f.context.events).toEqual([
      expect.objectContaining({ code: 'HOST_SOURCE_EVENT', message: expect.stringContaining('dropped table') }),
    ]);
  });

  test('All is one message a worker', () => {
    const f = fixture([1, 2]);
    f.subscribe(0, 0, 'worker-0');
    f.subscribe(1, 11, 'worker-0');
    f.subscribe(2, 12, 'worker-1');
    f.taken();
    f.feed({ type: 'sync-point', commitTs: 5n });
    for (const worker of WORKERS)
      expect(f.taken(worker)).toEqual([
        { type: 'block-event', event: { type: 'sync-point', commitTs: 5n }, target: { type: 'all' } },
      ]);
  });

  test('All leaves out a dropped table whose dispatcher is still there', () => {
    const f = fixture([1, 2]);
    f.subscribe(0, 0, 'worker-0');
    f.subscribe(1, 11, 'worker-0');
    f.subscribe(2, 12, 'worker-1');
    f.feed(ddl(5n, { blockTables: { type: 'normal', tableIds: [2, 0] }, drops: { type: 'normal', tableIds: [2] } }));
    f.taken();
    f.feed({ type: 'sync-point', commitTs: 6n });
    expect(f.taken('worker-1')).toEqual([]);
    f.router.receive({ type: 'unsubscribe', handle: 12, generation: 1 });
    f.feed({ type: 'sync-point', commitTs: 7n });
    expect(f.taken('worker-1')).toEqual([expect.objectContaining({ target: { type: 'all' } })]);
  });

  test('that add a table hold its rows until its dispatcher subscribes', () => {
    const f = fixture([]);
    f.subscribe(0, 0, 'worker-0');
    f.feed(
      ddl(5n, {
        blockTables: { type: 'normal', tableIds: [0] },
        adds: [{ tableId: 7, schemaId: 1, splittable: false }],
        tables: [info(7, 5n)],
      }),
    );
    f.feed(row(7, 6n, 'early'));
    f.taken();
    f.subscribe(7, 20, 'worker-1', 5n);
    const sent = f.taken('worker-1');
    expect(sent[0]).toMatchObject({ type: 'stream', resolvedTs: 5n, caughtUp: false, table: info(7, 5n) });
    expect(changesOf(sent[1])).toEqual([[20, 6n, 'early']]);
  });

  test('a DDL and a sync point may share a ts, two DDLs may not', () => {
    const f = fixture([1]);
    f.subscribe(0, 0, 'worker-0');
    f.subscribe(1, 11, 'worker-1');
    f.feed(ddl(5n, {}), { type: 'sync-point', commitTs: 5n });
    expect(f.context.events).toEqual([]);
    f.feed(ddl(5n, {}));
    expect(f.context.events).toEqual([expect.objectContaining({ message: expect.stringContaining('two DDLs at commit ts 5') })]);
  });

  test('that name an unknown table are refused', () => {
    const f = fixture([]);
    f.feed(ddl(5n, { blockTables: { type: 'normal', tableIds: [9] } }));
    expect(f.context.events).toEqual([
      expect.objectContaining({ message: expect.stringContaining('table id 9, which does not exist') }),
    ]);
  });
});

describe('a full lane', () => {
  test('stops the routing without loss and goes on in order when there is room', () => {
    const f = fixture([1, 2]);
    f.subscribe(1, 11, 'worker-0');
    f.subscribe(2, 12, 'worker-1');
    f.taken();
    f.context.full.add('worker-0');
    f.feed(row(1, 5n, 'a'), { type: 'resolved', ts: 5n }, row(1, 6n, 'b'), row(2, 6n, 'c'));
    expect(f.taken('worker-0')).toEqual([]);
    expect(f.taken('worker-1')).toEqual([{ type: 'resolved', ts: 5n }]);
    f.context.full.clear();
    f.router.room();
    const sent = f.taken('worker-0');
    expect(sent.map((message) => message.type)).toEqual(['rows', 'resolved', 'rows']);
    expect(f.taken('worker-1').map(changesOf)).toEqual([[[12, 6n, 'c']]]);
  });

  test('is tried again by the net when room() is lost', () => {
    const f = fixture([1]);
    f.subscribe(1, 11, 'worker-0');
    f.taken();
    f.context.full.add('worker-0');
    f.feed(row(1, 5n, 'a'));
    f.context.full.clear();
    f.context.advance(f.router as never, 50);
    expect(f.taken('worker-0').map(changesOf)).toEqual([[[11, 5n, 'a']]]);
  });
});

describe('the end of the source', () => {
  test('resolves up to the last commit ts and is told once', () => {
    const f = fixture([1]);
    f.subscribe(1, 11, 'worker-0');
    f.feed(row(1, 5n));
    f.router.receive({ type: 'end' });
    f.router.receive({ type: 'room-net' });
    expect(f.taken('worker-1')).toEqual([{ type: 'resolved', ts: 5n }]);
    expect(f.context.events).toEqual([{ type: 'source-end', endTs: 5n }]);
  });

  test('a failure is told after everything read before it was routed', () => {
    const f = fixture([1]);
    f.subscribe(1, 11, 'worker-0');
    f.taken();
    f.context.full.add('worker-0');
    f.feed(row(1, 5n), row(1, 6n, 'last'));
    f.router.receive({ type: 'failed', code: 'BAD_LINE', message: 'line 3' });
    expect(f.context.events).toEqual([]);
    f.context.full.clear();
    f.router.room();
    expect(f.taken('worker-0').flatMap(changesOf)).toHaveLength(2);
    expect(f.context.events).toEqual([{ type: 'source-failed', code: 'BAD_LINE', message: 'line 3' }]);
  });

  test('commit ts that goes back is refused', () => {
    const f = fixture([1]);
    f.feed(row(1, 5n), row(1, 4n));
    expect(f.context.events).toEqual([
      expect.objectContaining({ code: 'HOST_SOURCE_EVENT', message: expect.stringContaining('4 after 5') }),
    ]);
  });
});

test('after hold nothing more is routed; what is below the last commit ts is resolved', () => {
  const f = fixture([1]);
  f.subscribe(1, 11, 'worker-0');
  f.feed(row(1, 5n));
  f.router.receive({ type: 'hold' });
  expect(f.context.replies).toEqual([4n]);
  expect(f.taken('worker-1')).toEqual([{ type: 'resolved', ts: 4n }]);
  f.taken();
  f.feed(row(1, 6n));
  expect(f.taken()).toEqual([]);
});

test('every worker is told to hurry, behind what was routed before', () => {
  const f = fixture([1]);
  f.subscribe(1, 11, 'worker-0');
  f.taken();
  f.feed(row(1, 5n));
  f.router.receive({ type: 'hurry' });
  expect(f.taken('worker-0').map(({ type }) => type)).toEqual(['rows', 'lane-end']);
  expect(f.taken('worker-1')).toEqual([{ type: 'lane-end' }]);
});
