import type { KeyRange } from '@tidegate/protocol';
import { describe, expect, test } from 'vitest';
import { configOf, ddl, HALF, normal, rowsMessage, syncPoint, tableOf } from '../test/builders.js';
import { GroupFixture } from '../test/groupFixture.js';

const UPPER: KeyRange = { start: HALF.end, end: Uint8Array.of(0xff) };

/** Two dispatchers of one table, a half each, and its DDL-free neighbour. */
function halves(given: ConstructorParameters<typeof GroupFixture>[0] = {}): GroupFixture {
  const f = new GroupFixture(given);
  f.add({ handle: 10, range: HALF });
  f.add({ handle: 11, range: UPPER });
  return f;
}

describe('must it block? (D-18)', () => {
  const cases = [
    ['no block tables', undefined, false, false],
    ['Normal [own table]', normal(1), false, true],
    ['Normal [T0]', normal(0), false, true],
    ['Normal []', normal(), false, true],
    ['Normal [own table, another]', normal(1, 2), true, true],
    ['Normal [T0, own table]', normal(0, 1), true, true],
    ['DB', { type: 'db', schemaId: 1 } as const, true, true],
    ['All', { type: 'all' } as const, true, true],
  ] as const;

  test.each(cases)('%s', (_name, blockTables, complete, part) => {
    for (const [range, expected] of [
      [undefined, complete],
      [HALF, part],
    ] as const) {
      const f = new GroupFixture();
      f.add(range === undefined ? {} : { range });
      f.deliver(ddl(5n, blockTables === undefined ? {} : { blockTables }), 10);
      expect(f.view(10).phase).toBe(expected ? 'parked' : 'open');
      expect(f.sink.count('execute')).toBe(expected ? 0 : 1);
    }
  });

  test('a sync point: always', () => {
    const f = halves();
    f.deliver(syncPoint(5n));
    expect(f.posted()).toEqual(['WAITING 10/5s', 'WAITING 11/5s']);
  });
});

describe('a table that may no longer be split (D-11)', () => {
  const after = (splittable?: boolean) =>
    ddl(5n, { blockTables: normal(1), tables: [{ ...tableOf(1, 1, 5n), ...(splittable !== undefined && { splittable }) }] });

  test('a part of it fails on delivery: an error, the stream stays closed, no WAITING', () => {
    const f = halves();
    f.deliver(after(false), 10, 11);
    f.rows(10, 6);
    expect([f.errors(), f.posted(), f.sink.calls]).toEqual([['DISPATCHER_NOT_SPLITTABLE'], [], []]);
    expect([f.view(10).phase, f.view(11).phase, f.view(10).checkpointTs]).toEqual(['failed', 'failed', 0n]);
  });

  test('it passes where the table may be split, where nothing is said, and where it is another table', () => {
    for (const event of [
      after(true),
      after(),
      ddl(5n, { blockTables: normal(1), tables: [{ ...tableOf(2), splittable: false }] }),
    ]) {
      const f = halves();
      f.deliver(event, 10, 11);
      expect(f.posted()).toEqual(['WAITING 10/5', 'WAITING 11/5']);
    }
  });

  test('a dispatcher of the complete table does not mind; nor does a part with the check off', () => {
    const complete = new GroupFixture();
    complete.add();
    complete.deliver(after(false), 10);
    expect([complete.errors(), complete.sink.count('execute')]).toEqual([[], 1]);
    const off = halves({ checkSplittable: false });
    off.deliver(after(false), 10, 11);
    expect([off.errors(), off.posted().length]).toEqual([[], 2]);
  });
});

describe('two parts of one table on one worker, with one sink', () => {
  test('each has its own order, progress and checkpoint', () => {
    const f = halves();
    f.send(
      rowsMessage([
        { handle: 10, commitTs: 5n },
        { handle: 11, commitTs: 6n },
        { handle: 10, commitTs: 7n },
      ]),
      'source',
    );
    expect(f.sink.calls.map(({ kind, table, ts }) => [kind, table?.tableId, ts])).toEqual([
      ['write', 1, [5n, 7n]],
      ['write', 1, [6n]],
    ]);
    f.settleCall(f.opened('write'));
    expect([f.view(10).checkpointTs, f.view(11).checkpointTs]).toEqual([6n, 5n]);
  });

  test('a flush asked for by one says nothing of the other: each reports when its own rows are confirmed (D-20)', () => {
    const f = halves();
    f.sink.wakeOn = 'enqueue';
    f.sink.writeOutcome = 'enqueued';
    f.rows(10, 5);
    f.rows(11, 6);
    f.deliver(ddl(8n, { blockTables: normal(1) }), 10, 11);
    expect([f.sink.count('flush'), f.posted()]).toEqual([2, []]);
    f.settleCall(f.sink.open[1] as (typeof f.sink.open)[number]);
    expect(f.posted()).toEqual(['WAITING 11/8']);
    f.settleCall(f.opened('write'));
    expect(f.posted()).toEqual(['WAITING 10/8']);
  });

  test('one writes, the other passes; the sink is told of the pass once, and the table changes for both', () => {
    const f = halves();
    f.sink.wantsPass = true;
    f.sink.auto.delete('pass');
    f.add({ handle: 12, range: { start: UPPER.end, end: Uint8Array.of() } });
    const renamed = { ...tableOf(1, 1, 5n), table: 'renamed' };
    f.deliver(ddl(5n, { blockTables: normal(1), tables: [renamed] }), 10, 11, 12);
    f.statuses();
    f.write(10, 5n);
    f.pass(11, 5n);
    f.pass(12, 5n);
    expect([f.posted(), f.sink.count('execute'), f.sink.count('pass')]).toEqual([['DONE 10/5'], 1, 1]);
    f.settleAll('pass');
    expect(f.posted()).toEqual(['DONE 11/5', 'DONE 12/5']);
    for (const handle of [10, 11, 12]) f.rows(handle, 6);
    expect(f.sink.open.map(({ table }) => table?.table)).toEqual(['renamed', 'renamed', 'renamed']);
  });

  test('the memory of who wrote is of dispatchers, not of tables (T-C)', () => {
    const f = halves();
    f.deliver(ddl(5n, { blockTables: normal(1) }), 10, 11);
    f.write(10, 5n);
    f.pass(11, 5n);
    f.deliver(syncPoint(6n));
    f.pass(10, 6n, true);
    f.pass(11, 6n, true);
    f.resolved(9n);
    f.statuses();
    f.write(10, 5n);
    f.write(11, 5n);
    expect(f.posted()).toEqual(['DONE 10/5', 'UNKNOWN 11/5']);
  });

  test('removing one leaves the other; the snapshot has each with its range (S-3)', () => {
    const f = halves();
    expect(f.snapshot().spans.map(({ config }) => config.range)).toEqual([HALF, UPPER]);
    f.rows(10, 5);
    f.rows(11, 5);
    f.remove(10);
    expect(f.snapshot().spans).toMatchObject([{ removing: true, config: { handle: 10 } }, { config: { handle: 11 } }]);
    f.settleAll('write');
    expect([f.group.view(10), f.view(11).checkpointTs]).toEqual([undefined, 4n]);
  });
});

describe('a stream begins (Sink.restart)', () => {
  test('the sink is told, in every case, with the start ts and before any row of it', () => {
    const f = new GroupFixture();
    f.add({ handle: 10, range: HALF, startTs: 4n });
    f.rows(10, 5);
    f.add({ handle: 11, range: UPPER, startTs: 3n });
    f.rows(11, 4);
    f.add({ handle: 12, tableId: 2 });
    f.settleAll('write');
    f.remove(10);
    f.add({ handle: 10, generation: 2, startTs: 4n });
    expect(f.sink.restarts).toEqual(['t1 from 4 after 0', 't1 from 3 after 1', 't2 from 0 after 2', 't1 from 4 after 2']);
  });

  test('of its own pipeline only, never for the trigger, and once a stream', () => {
    const f = new GroupFixture({}, { redo: true });
    f.add({ handle: 0 });
    f.add({ handle: 1, mode: 1 });
    f.add({ handle: 10, mode: 1 });
    f.start(configOf({ mode: 1 }));
    expect([f.sink.restarts, f.redoSink.restarts]).toEqual([[], ['t1 from 0 after 0']]);
  });

  test('one that throws stops the dispatcher', () => {
    const f = new GroupFixture();
    Object.assign(f.sink, {
      restart: () => {
        throw new Error('cannot go back');
      },
    });
    f.add();
    f.rows(10, 5);
    expect([f.errors(), f.view(10).phase, f.sink.calls]).toEqual([['DISPATCHER_SINK'], 'failed', []]);
  });
});
