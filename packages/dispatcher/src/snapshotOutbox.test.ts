import {
  ComponentState,
  type ComponentStatusMessage,
  SPAN_PART_BYTES,
  STATUS_PART_ROWS,
  spanBytes,
  type WorkerSnapshot,
} from '@tidegate/protocol';
import { describe, expect, test } from 'vitest';
import { configOf, ddl, normal } from '../test/builders.js';
import { GroupFixture } from '../test/groupFixture.js';

const MANY = 20_000;

/** Dispatchers 2 … 20 001, all working but the last, which is initialising. */
function crowd(): GroupFixture {
  const f = new GroupFixture();
  f.create(...Array.from({ length: MANY }, (_, i) => configOf({ handle: i + 2, tableId: i + 1 })));
  for (let handle = 2; handle < MANY + 1; handle++) {
    f.group.receive({ type: 'stream', handle, generation: 1, resolvedTs: 5n, caughtUp: true }, 'source');
  }
  f.context.settle(f.group);
  f.context.take();
  return f;
}

const handlesOf = (parts: readonly ComponentStatusMessage[]) => parts.flatMap(({ statuses }) => [...statuses.handle]);

describe('20 000 dispatchers', () => {
  test('in columns: parts that fit a lane, of which the last has the id; those that initialise are not listed (H-1, H-2)', () => {
    const f = crowd();
    f.send({ type: 'snapshot', id: 9, columns: true });
    const parts = f.messages<ComponentStatusMessage>('component-statuses');
    expect(parts.every(({ statuses }) => statuses.handle.length <= STATUS_PART_ROWS)).toBe(true);
    expect(parts.map(({ snapshot }) => snapshot)).toEqual(parts.map((_, index) => (index === parts.length - 1 ? 9 : undefined)));
    expect(handlesOf(parts)).toEqual(Array.from({ length: MANY - 1 }, (_, i) => i + 2));
    expect(new Set(parts.flatMap(({ statuses }) => [...statuses.state]))).toEqual(new Set([ComponentState.WORKING]));
    expect(new Set(parts.flatMap(({ statuses }) => [...statuses.checkpointTs]))).toEqual(new Set([5n]));
    expect(f.messages('worker-snapshot')).toEqual([]);
  });

  test('in full: parts that fit a lane, every one but the last with more to follow (S-3)', () => {
    const f = crowd();
    f.send({ type: 'snapshot', id: 9 });
    const parts = f.messages<WorkerSnapshot>('worker-snapshot');
    for (const { spans } of parts)
      expect(spans.reduce((sum, one) => sum + spanBytes(one), 0)).toBeLessThanOrEqual(SPAN_PART_BYTES);
    expect(parts.map(({ created }) => created)).toEqual(parts.map((_, i) => (i === parts.length - 1 ? MANY : undefined)));
    expect(parts.map(({ id, more }) => [id, more === true])).toEqual(parts.map((_, index) => [9, index < parts.length - 1]));
    expect(parts.flatMap(({ spans }) => spans.map(({ config }) => config.handle))).toEqual(
      Array.from({ length: MANY }, (_, i) => i + 2),
    );
  });
});

test('a group without dispatchers answers at once, with nothing', () => {
  const f = new GroupFixture();
  f.send({ type: 'snapshot', id: 3, columns: true });
  f.send({ type: 'snapshot', id: 4 });
  expect(f.messages<ComponentStatusMessage>('component-statuses')).toMatchObject([
    { snapshot: 3, statuses: { handle: new Uint32Array() } },
  ]);
  expect(f.messages<WorkerSnapshot>('worker-snapshot')).toEqual([{ type: 'worker-snapshot', id: 4, spans: [], created: 0 }]);
});

test('on a full lane it waits; who stops meanwhile is not listed behind the news of it', () => {
  const f = new GroupFixture();
  for (const handle of [10, 11, 12]) f.add({ handle, tableId: handle });
  f.context.take();
  f.context.full.add('coordinator');
  f.send({ type: 'snapshot', id: 5 });
  f.send({ type: 'snapshot', id: 6, columns: true });
  f.send({ type: 'remove', handle: Uint32Array.of(11), generation: Uint32Array.of(1) });
  f.context.full.clear();
  f.group.room('coordinator');
  f.context.settle(f.group);
  const sent = f.context.take('coordinator').map(({ message }) => message as ComponentStatusMessage | WorkerSnapshot);
  const told = sent.map((message) =>
    message.type === 'worker-snapshot'
      ? message.spans.map(({ config }) => config.handle)
      : [...message.statuses.handle].map((handle, i) =>
          message.statuses.state[i] === ComponentState.STOPPED ? -handle : handle,
        ),
  );
  expect(told).toEqual([[-11], [10, 12], [10, 12]]);
});

test('a later request takes the place of an unfinished one of its kind', () => {
  const f = new GroupFixture();
  f.add({ handle: 10 });
  f.context.take();
  f.context.full.add('coordinator');
  for (const id of [1, 2]) f.send({ type: 'snapshot', id });
  f.context.full.clear();
  f.group.room('coordinator');
  expect(f.messages<WorkerSnapshot>('worker-snapshot').map(({ id }) => id)).toEqual([2]);
});

test('a span with many tables in its event fills a part by itself (D-51)', () => {
  const f = new GroupFixture();
  for (const handle of [0, 10, 11]) f.add({ handle, tableId: handle });
  f.deliver(ddl(10n, { blockTables: normal(0, ...Array.from({ length: 3_000 }, (_, i) => i + 10)) }), 0, 10, 11);
  f.context.take();
  f.send({ type: 'snapshot', id: 1 });
  expect(f.messages<WorkerSnapshot>('worker-snapshot').map(({ spans }) => spans.length)).toEqual([1, 1, 1]);
});

describe('a brief listing (H-1)', () => {
  const listed = (f: GroupFixture, id: number, brief = true) => {
    f.send({ type: 'snapshot', id, columns: true, brief });
    const parts = f.messages<ComponentStatusMessage>('component-statuses').filter(({ snapshot }) => snapshot !== undefined);
    return parts.map(({ snapshot, unchanged, statuses }) => [snapshot, unchanged === true, ...statuses.handle]);
  };

  const some = (): GroupFixture => {
    const f = new GroupFixture();
    for (const handle of [10, 11]) f.add({ handle, tableId: handle });
    f.context.take();
    return f;
  };

  test('says that nothing has changed since the last one, and lists nothing; without one, or in full, it lists', () => {
    const f = some();
    expect(listed(f, 1)).toEqual([[1, false, 10, 11]]);
    expect(listed(f, 2)).toEqual([[2, true]]);
    expect(listed(f, 3, false)).toEqual([[3, true, 10, 11]]);
    expect(listed(f, 4)).toEqual([[4, true]]);
  });

  test('whatever comes may change it: a mark moves single checkpoints (B-60), a new coordinator asks for all', () => {
    const f = some();
    listed(f, 1);
    f.send({ type: 'resolved', ts: 500n });
    expect(listed(f, 2)).toEqual([[2, false, 10, 11]]);
    expect(listed(f, 3)).toEqual([[3, true]]);
    f.send({ type: 'snapshot', id: 4 });
    expect(listed(f, 5)).toEqual([[5, false, 10, 11]]);
    f.send({ type: 'remove', handle: Uint32Array.of(11), generation: Uint32Array.of(1) });
    expect(listed(f, 6)).toEqual([[6, false, 10]]);
  });

  test('one that was not finished, or that something changed between its parts, is none', () => {
    const f = crowd();
    f.context.full.add('coordinator');
    f.send({ type: 'snapshot', id: 1, columns: true });
    f.context.full.clear();
    f.group.room('coordinator');
    f.context.settle(f.group);
    f.context.take();
    // Waiting for room changes nothing.
    expect(listed(f, 2)).toEqual([[2, true]]);
    f.send({ type: 'resolved', ts: 500n });
    f.context.full.add('coordinator');
    f.send({ type: 'snapshot', id: 3, columns: true });
    f.context.full.clear();
    expect(listed(f, 4)[0]?.slice(0, 2)).toEqual([4, false]);
    expect(listed(f, 5)).toEqual([[5, true]]);
  });
});
