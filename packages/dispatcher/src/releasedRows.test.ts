import { expect, test } from 'vitest';
import { rowsMessage, syncPoint } from '../test/builders.js';
import { GroupFixture } from '../test/groupFixture.js';

/** A message of rows of two dispatchers that came over a lane. */
function deliver(f: GroupFixture): { readonly released: () => number } {
  let released = 0;
  const message = rowsMessage([
    { handle: 10, commitTs: 11n, bytes: 10 },
    { handle: 11, commitTs: 11n, bytes: 10 },
  ]);
  f.send({ ...message, release: () => released++ }, 'source');
  return { released: () => released };
}

function settleFirst(f: GroupFixture, how: 'sink-done' | 'sink-failed'): void {
  f.settleCall(f.sink.open[0] as (typeof f.sink.open)[number], how);
}

function fixture(copies: boolean): GroupFixture {
  const f = new GroupFixture();
  Object.assign(f.sink, { copies });
  f.add({ handle: 10 });
  f.add({ handle: 11, tableId: 2 });
  return f;
}

test('the memory of a message is free once all its rows are durable', () => {
  const f = fixture(false);
  const { released } = deliver(f);
  settleFirst(f, 'sink-done');
  expect(released()).toBe(0);
  settleFirst(f, 'sink-done');
  expect(released()).toBe(1);
});

test('with a sink that copies, once they were all handed to it: those behind a barrier later', () => {
  const f = fixture(true);
  f.deliver(syncPoint(10n), 10);
  const { released } = deliver(f);
  expect([f.sink.count('write'), released()]).toEqual([1, 0]);
  f.pass(10, 10n, true);
  expect([f.sink.count('write'), released()]).toEqual([2, 1]);
  f.settleAll('write');
  expect(released()).toBe(1);
});

test('a sink that copies finds the rows of every dispatcher, though it is through with the first at once', () => {
  const f = fixture(true);
  let released = 0;
  const seen: number[] = [];
  const write = f.sink.write.bind(f.sink);
  f.sink.write = (token, rows) => {
    seen.push(released);
    return write(token, rows);
  };
  f.send(
    { ...rowsMessage([10, 11].map((handle) => ({ handle, commitTs: 11n, bytes: 10 }))), release: () => released++ },
    'source',
  );
  expect([seen, released]).toEqual([[0, 0], 1]);
});

test('never where a write failed: the sink may be in the middle of it', () => {
  const f = fixture(false);
  const { released } = deliver(f);
  settleFirst(f, 'sink-failed');
  settleFirst(f, 'sink-done');
  expect(released()).toBe(0);
});
