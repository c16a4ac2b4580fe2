import { configColumnsOf, Stage } from '@tidegate/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { configOf } from '../test/builders.js';
import { Bitset } from './bitset.js';
import { EventEntry } from './eventEntry.js';
import { EventTable } from './eventTable.js';
import { HandleMap } from './handleMap.js';
import { Inbox } from './inbox.js';
import { LatestOnly } from './latestOnly.js';
import { OldAnswers } from './oldAnswers.js';
import { Flag } from './rowLayout.js';
import { RowTable } from './rows.js';
import { advanceWaiting, appendWaiting, removeWaiting, repeatWaiting } from './waitingList.js';

test('handle map: like a Map, over page borders', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(0, 1, 1_023, 1_024, 5_000, 0xff_ffff), fc.option(fc.nat(1_000)))), (steps) => {
      const map = new HandleMap();
      const model = new Map<number, number>();
      for (const [handle, row] of steps) {
        if (row === null) {
          map.delete(handle);
          model.delete(handle);
        } else {
          map.set(handle, row);
          model.set(handle, row);
        }
        for (const key of [0, 1, 1_023, 1_024, 5_000, 0xff_ffff]) expect(map.get(key)).toBe(model.get(key) ?? -1);
      }
    }),
  );
});

test('bitset: like a Set, in order', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(2_000), fc.boolean())), (steps) => {
      const bits = new Bitset();
      const model = new Set<number>();
      for (const [value, add] of steps) {
        add ? bits.add(value) : bits.delete(value);
        add ? model.add(value) : model.delete(value);
      }
      const members: number[] = [];
      for (let at = bits.next(0); at >= 0; at = bits.next(at + 1)) members.push(at);
      expect([members, bits.size]).toEqual([[...model].sort((a, b) => a - b), model.size]);
    }),
  );
});

test('waiting list: acknowledged rows go, owed rows stand at the end in order of their debt', () => {
  const step = fc.tuple(fc.constantFrom('append', 'remove', 'repeat', 'post'), fc.nat(7));
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const rows = new RowTable();
      for (let i = 0; i < 8; i++) rows.insert(configOf({ handle: 10 + i }));
      rows.needEvents();
      const entry = new EventEntry(0, 0, { type: 'sync-point', commitTs: 1n });
      let posted: number[] = [];
      let owed: number[] = [];
      for (const [what, row] of steps) {
        const listed = rows.has(row, Flag.UNACKED);
        if (what === 'append' && !listed) {
          appendWaiting(rows, entry, row);
          owed.push(row);
        } else if (what === 'remove' && listed) {
          removeWaiting(rows, entry, row);
          posted = posted.filter((other) => other !== row);
          owed = owed.filter((other) => other !== row);
        } else if (what === 'repeat' && listed) {
          repeatWaiting(rows, entry, row);
          if (posted.includes(row)) owed.push(row);
          posted = posted.filter((other) => other !== row);
        } else if (what === 'post' && entry.owed >= 0) {
          let count = 1;
          while (owed[count] === (owed[0] as number) + count) count++;
          advanceWaiting(rows, entry, Math.min(count, row + 1));
          posted.push(...owed.splice(0, Math.min(count, row + 1)));
        }
        const listedRows: number[] = [];
        for (let at = entry.head; at >= 0; at = rows.next[at] as number) listedRows.push(at);
        expect(listedRows).toEqual([...posted, ...owed]);
        expect([entry.owed, entry.unacked, entry.tail]).toEqual([owed[0] ?? -1, listedRows.length, listedRows.at(-1) ?? -1]);
        expect(listedRows.filter((at) => rows.has(at, Flag.OWES_WAITING))).toEqual(owed);
      }
    }),
  );
});

test('row table: a freed row is taken again and remembers nothing; columns survive growth', () => {
  const rows = new RowTable();
  const configs = Array.from({ length: 500 }, (_, i) =>
    configOf({ handle: i + 2, tableId: 2 ** 40 + i, startTs: 2n ** 60n + BigInt(i) }),
  );
  const taken = configs.map((config) => rows.insert(config));
  expect(taken.map((row) => rows.configOf(row))).toEqual(configs);
  rows.setTable(3, { tableId: 1, schemaId: 9, schema: 's', table: 't', version: 2n ** 63n });
  expect(rows.tableOf(3)).toEqual({ tableId: 2 ** 40 + 3, schemaId: 9, schema: 's', table: 't', version: 2n ** 63n });
  rows.free(3);
  expect(rows.insert(configOf({ handle: 9_999, skipDmlAsStartTs: true }))).toBe(3);
  expect([rows.tableOf(3), rows.live, rows.used, rows.configOf(3).skipDmlAsStartTs]).toEqual([undefined, 500, 500, true]);
});

test('row table: what is used at an event is there while somebody is at one, and for every row', () => {
  const rows = new RowTable();
  const insert = (handle: number): number => rows.insert(configOf({ handle }));
  for (let handle = 2; handle < 100; handle++) insert(handle);
  expect([rows.entry(5), rows.stage(5), rows.next.length]).toEqual([-1, Stage.NONE, 0]);
  rows.setEntry(5, 7);
  rows.setStage(5, Stage.WAITING);
  for (let handle = 100; handle < 1_000; handle++) insert(handle);
  expect([rows.entry(5), rows.stage(5), rows.entry(900), rows.next.length]).toEqual([7, Stage.WAITING, -1, rows.handle.length]);
  rows.setEntry(5, -1);
  rows.restEvents();
  rows.setEntry(6, -1);
  rows.setStage(6, Stage.NONE);
  expect([rows.entry(5), rows.stage(5), rows.next.length, rows.retryAt.length]).toEqual([-1, Stage.NONE, 0, 0]);
  rows.needEvents();
  expect([rows.entry(5), rows.stage(5), rows.doneNext.length]).toEqual([-1, Stage.NONE, rows.handle.length]);
  // A row that is taken again is at no event.
  rows.setEntry(9, 3);
  rows.setStage(9, Stage.WAITING);
  rows.free(9);
  expect([insert(2_000), rows.entry(9), rows.stage(9)]).toEqual([9, -1, Stage.NONE]);
});

test('row table: rows of columns are the rows of their configs, and names that start together those of their tables', () => {
  const configs = Array.from({ length: 200 }, (_, i) =>
    configOf({
      handle: i + 2,
      tableId: 2 ** 40 + i,
      startTs: 2n ** 63n + BigInt(i),
      mode: i % 2 === 0 ? 0 : 1,
      skipDmlAsStartTs: i % 3 === 0,
    }),
  );
  const rows = new RowTable();
  const columns = configColumnsOf(configs);
  for (let at = 0; at < configs.length; at++) rows.insertAt(columns, at);
  expect(configs.map((_, row) => rows.configOf(row))).toEqual(configs);
  const names = ['tüb', '', 't'].map((name) => new TextEncoder().encode(name));
  const nameEnd = Uint32Array.of(4, 4, 5);
  const starts = {
    type: 'streams',
    handle: Uint32Array.of(2, 3, 4),
    generation: Uint32Array.of(1, 1, 1),
    resolvedTs: BigUint64Array.of(1n, 1n, 1n),
    schemas: ['other', 'ß'],
    schema: Uint32Array.of(1, 0, 1),
    schemaId: Float64Array.of(2 ** 40, 8, 9),
    version: BigUint64Array.of(2n ** 63n + 5n, 7n, 0n),
    nameEnd,
    names: Uint8Array.from(names.flatMap((name) => [...name])),
  } as const;
  for (const at of [0, 1, 2]) rows.setTableAt(at, starts, at);
  expect([0, 1, 2].map((row) => rows.tableOf(row))).toEqual([
    { tableId: 2 ** 40, schemaId: 2 ** 40, schema: 'ß', table: 'tüb', version: 2n ** 63n + 5n },
    { tableId: 2 ** 40 + 1, schemaId: 8, schema: 'other', table: '', version: 7n },
    { tableId: 2 ** 40 + 2, schemaId: 9, schema: 'ß', table: 't', version: 0n },
  ]);
});

test('old answers: a FIFO that refuses beyond its bound', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.array(fc.boolean(), { maxLength: 500 }), (most, steps) => {
      const ring = new OldAnswers(most);
      const model: number[] = [];
      let next = 0;
      for (const push of steps) {
        if (push) {
          expect(ring.push(next, 1, 2, 3, 4)).toBe(model.length < most);
          if (model.length < most) model.push(next);
          next++;
        } else if (model.length > 0) {
          expect(ring.front(0)).toBe(model.shift());
          ring.shift();
        }
        expect(ring.length).toBe(model.length);
      }
    }),
  );
});

describe('event table', () => {
  test('one entry an event and mode; forgotten with its last reference, its index taken again', () => {
    const table = new EventTable();
    const event = { type: 'sync-point', commitTs: 5n } as const;
    const entry = table.open(0, event);
    expect([table.open(0, { ...event }), table.open(1, event) === entry, table.size]).toEqual([entry, false, 2]);
    entry.refs = 2;
    table.release(entry);
    expect(table.find(0, entry.key)).toBe(entry);
    table.release(entry);
    expect([table.find(0, entry.key), table.at(entry.index), table.size]).toEqual([undefined, undefined, 1]);
    expect(table.open(0, event).index).toBe(entry.index);
  });
});

test('inbox: keeps its order while it is compacted', () => {
  const inbox = new Inbox();
  for (let i = 0; i < 200; i++) inbox.push({ type: 'mark', mark: BigInt(i) });
  for (let i = 0; i < 200; i++) {
    expect(inbox.front).toEqual({ type: 'mark', mark: BigInt(i) });
    inbox.shift();
  }
  expect([inbox.shift(), inbox.length]).toEqual([undefined, 0]);
});

test('latest only: one call at a time, of those that wait the newest', () => {
  const begun: number[] = [];
  const calls = new LatestOnly<number>((value) => begun.push(value));
  for (const value of [1, 2, 3]) calls.offer(value);
  expect(begun).toEqual([1]);
  calls.over();
  expect(begun).toEqual([1, 3]);
  calls.over();
  calls.offer(4);
  expect(begun).toEqual([1, 3, 4]);
});
