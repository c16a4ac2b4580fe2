import { expect, test } from 'vitest';
import { rowsMessage, syncPoint } from '../test/builders.js';
import { GroupFixture } from '../test/groupFixture.js';

function fixture(): GroupFixture {
  const f = new GroupFixture();
  f.sink.wakeOn = 'enqueue';
  f.sink.writeOutcome = 'enqueued';
  f.add();
  return f;
}

function deliver(f: GroupFixture, ...ts: bigint[]): void {
  f.send(rowsMessage(ts.map((commitTs) => ({ handle: 10, commitTs, bytes: 10 }))), 'source');
}

test('at the end of the lane what a sink keeps back is flushed, one flush at a time', () => {
  const f = fixture();
  deliver(f, 11n);
  expect(f.sink.count('flush')).toBe(0);
  f.send({ type: 'lane-end' }, 'source');
  expect(f.sink.calls.filter((call) => call.kind === 'flush')).toMatchObject([{ table: undefined }]);
  f.send({ type: 'resolved', ts: 11n }, 'source');
  expect(f.sink.count('flush')).toBe(1);
});

test('rows that come or are let through later are flushed as well', () => {
  const f = fixture();
  f.deliver(syncPoint(10n), 10);
  deliver(f, 12n);
  f.send({ type: 'lane-end' }, 'source');
  const before = f.sink.count('flush');
  expect(f.sink.count('write')).toBe(0);
  f.settleAll('flush');
  f.pass(10, 10n, true);
  expect(f.sink.count('write')).toBe(1);
  expect(f.sink.count('flush')).toBe(before + 1);
});

test('a sink that flushes every write by itself is told nothing, nor is one that has nothing', () => {
  const f = new GroupFixture();
  f.add();
  deliver(f, 11n);
  f.send({ type: 'lane-end' }, 'source');
  const idle = fixture();
  idle.send({ type: 'lane-end' }, 'source');
  expect([f.sink.count('flush'), idle.sink.count('flush')]).toEqual([0, 0]);
});
