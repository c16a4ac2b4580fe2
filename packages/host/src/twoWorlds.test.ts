import { describe, expect, test } from 'vitest';
import type { SourceRouterOptions } from './sourceRouter.js';
import { ddl, type Fixture, fixture, info, row } from './testing/routerFixture.js';

describe('with redo, main stands still for a table that the default world does not have yet', () => {
  const create = ddl(5n, { adds: [{ tableId: 2, schemaId: 1, splittable: false }], tables: [info(2)] });

  function redoFixture(options: Partial<SourceRouterOptions> = {}): Fixture {
    const f = fixture([1], { modes: [0, 1], ...options });
    const subscribe = (handle: number, mode: 0 | 1, tableId: number, startTs: bigint) =>
      f.router.receive({ type: 'subscribe', handle, generation: 1, mode, tableId, startTs, worker: 'worker-0' });
    for (const mode of [0, 1] as const) {
      subscribe(mode, mode, 0, 0n);
      subscribe(10 + mode, mode, 1, 0n);
    }
    f.feed(create);
    subscribe(21, 1, 2, 5n);
    f.taken();
    return f;
  }

  test('the redo world is told all that lies below it: that opens the gate for the DDL that the table waits for (D-46)', () => {
    const f = redoFixture();
    f.feed(ddl(8n, { blockTables: { type: 'normal', tableIds: [0, 2] } }), row(1, 9n));
    expect(f.taken('worker-1')).toEqual([{ type: 'resolved', ts: 7n }]);
  });

  test('up to a sync point of the ts that created it, too: nothing follows behind a sync point of its ts (B-1)', () => {
    const f = redoFixture();
    f.feed({ type: 'sync-point', commitTs: 5n }, row(1, 6n));
    expect(f.taken('worker-1')).toMatchObject([{ type: 'block-event' }, { type: 'resolved', ts: 5n }]);
    f.taken();
    f.feed(row(1, 7n));
    expect(f.taken()).toEqual([]);
    f.router.receive({ type: 'subscribe', handle: 20, generation: 1, mode: 0, tableId: 2, startTs: 5n, worker: 'worker-0' });
    expect(f.taken('worker-0').map((message) => message.type)).toEqual(['stream', 'block-event', 'resolved', 'rows']);
  });

  test('so it is where it stands for the bytes that it holds', () => {
    const f = redoFixture({ heldBytes: 100 });
    f.feed(row(2, 7n, 'x'.repeat(30)), row(2, 8n), row(2, 8n), row(1, 9n));
    expect(f.taken('worker-1')).toEqual([{ type: 'resolved', ts: 7n }]);
  });

  test('and a source that gives no marks does not keep the gate shut: behind so many bytes there is one', () => {
    const f = redoFixture({ markBytes: 10 });
    f.router.receive({ type: 'subscribe', handle: 20, generation: 1, mode: 0, tableId: 2, startTs: 5n, worker: 'worker-0' });
    f.taken();
    f.feed(row(1, 7n, 'x'.repeat(10)), row(1, 7n), row(1, 9n), row(1, 10n));
    expect(f.taken('worker-1')).toEqual([{ type: 'resolved', ts: 8n }]);
  });
});
