import type { SourceToWorker, StreamStarts } from '@tidegate/protocol';
import { expect, test } from 'vitest';
import { fixture, info, row } from './testing/routerFixture.js';

const TABLES = Array.from({ length: 3_000 }, (_, index) => index + 1);

/** Subscriptions to all tables, a row each, every second one for the other worker. */
function subscribeMany(router: ReturnType<typeof fixture>['router'], tables: readonly number[]): void {
  router.receive({
    type: 'subscribe-many',
    workers: ['worker-0', 'worker-1'],
    worker: Uint8Array.from(tables, (table) => table % 2),
    handle: Uint32Array.from(tables, (table) => table + 1),
    generation: Uint32Array.from(tables, () => 7),
    mode: new Uint8Array(tables.length),
    tableId: Float64Array.from(tables),
    startTs: BigUint64Array.from(tables, () => 0n),
  });
}

function startsOf(message: SourceToWorker): [number, number, bigint, string | undefined, string | undefined][] {
  if (message.type === 'stream')
    return [[message.handle, message.generation, message.resolvedTs, message.table?.schema, message.table?.table]];
  if (message.type !== 'streams') return [];
  return [...message.handle].map((handle, at) => {
    const name = message.names.subarray(at === 0 ? 0 : message.nameEnd[at - 1], message.nameEnd[at]);
    const schema = message.schemas[message.schema[at]!];
    return [handle, message.generation[at]!, message.resolvedTs[at]!, schema, new TextDecoder().decode(name)];
  });
}

test('many that start together start in few messages that fit a lane, each with its table', () => {
  const f = fixture(TABLES);
  subscribeMany(f.router, TABLES);
  const messages = f.taken('worker-1');
  const odd = TABLES.filter((table) => table % 2 === 1);
  expect(messages.flatMap(startsOf)).toEqual(odd.map((table) => [table + 1, 7, 0n, 'db', info(table).table]));
  // Behind the full ones the last few come one by one.
  const many = messages.filter((message): message is StreamStarts => message.type === 'streams');
  expect([many.length < 6, messages.length - many.length < 64]).toEqual([true, true]);
  expect(Math.max(...many.map(({ handle }) => handle.length)) * 60).toBeLessThan(32 * 1024);
});

test('a few start one by one, and what follows comes behind their start', () => {
  const f = fixture([1, 2, 3]);
  subscribeMany(f.router, [1, 3]);
  f.feed(row(1, 5n), { type: 'resolved', ts: 5n });
  expect(f.taken('worker-1').map(({ type }) => type)).toEqual(['stream', 'stream', 'rows', 'resolved']);
});

test('starts that are gathered do not overtake rows, nor rows starts', () => {
  const f = fixture(TABLES);
  subscribeMany(f.router, [1]);
  f.feed(row(1, 5n), row(3, 6n));
  // What was held for table 3 makes it start behind the lane, between the others.
  subscribeMany(f.router, TABLES.slice(1));
  f.feed(row(5, 7n), { type: 'resolved', ts: 7n });
  const types = f.taken('worker-1').map(({ type }) => (type === 'streams' ? 'stream' : type));
  expect(types.slice(0, 2)).toEqual(['stream', 'rows']);
  expect(types.filter((type, at) => type !== types[at - 1])).toEqual([
    'stream',
    'rows',
    'stream',
    'rows',
    'resolved',
    'stream',
    'rows',
    'resolved',
  ]);
});
