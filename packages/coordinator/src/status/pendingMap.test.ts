import { Stage } from '@tidegate/protocol';
import { describe, expect, test } from 'vitest';
import { done, facts, none, waiting } from '../testing/statuses.js';
import { type BlockStatus, Offered, PendingMap } from './pendingMap.js';

/** What remains to be taken, in order. */
function takeAll(map: PendingMap): BlockStatus[] {
  const taken: BlockStatus[] = [];
  for (let status = map.take(); status !== undefined; status = map.take()) taken.push(status);
  return taken;
}

const shape = ({ handle, key, mode, stage }: BlockStatus) => ({ handle, ts: key.commitTs, sp: key.isSyncPoint, mode, stage });

describe('local status buffer, capacity 4', () => {
  test('DeduplicatesPendingDone (L-3, L-6)', () => {
    const map = new PendingMap({ capacity: 4 });
    expect(map.offer(done(9, 100))).toBe(Offered.ACCEPTED);
    expect(map.offer(done(9, 100))).toBe(Offered.SUPPRESSED);
    expect(map.length).toBe(1);
    expect(takeAll(map).map(shape)).toEqual([{ handle: 9, ts: 100n, sp: false, mode: 0, stage: Stage.DONE }]);
    expect(map.suppressed.pending).toBe(1);
  });

  test('DeduplicatesPendingWaiting (L-2)', () => {
    const map = new PendingMap({ capacity: 4 });
    map.offer(waiting(9, 150));
    map.offer(waiting(9, 150));
    expect(map.length).toBe(1);
    const [taken, ...rest] = takeAll(map);
    expect(taken).toEqual(waiting(9, 150));
    expect(rest).toEqual([]);
  });

  test('AllowsWaitingAgainAfterTake (L-6)', () => {
    const map = new PendingMap({ capacity: 4 });
    for (let round = 0; round < 2; round++) {
      expect(map.offer(waiting(9, 180))).toBe(Offered.ACCEPTED);
      expect(map.take()).toEqual(waiting(9, 180));
    }
    expect(map.take()).toBeUndefined();
  });

  test('AllowsDoneAgainAfterTake (L-6)', () => {
    const map = new PendingMap({ capacity: 4 });
    for (let round = 0; round < 2; round++) {
      expect(map.offer(done(9, 190))).toBe(Offered.ACCEPTED);
      expect(map.take()).toEqual(done(9, 190));
    }
    expect(map.take()).toBeUndefined();
  });

  test('KeepsWaitingBeforeDone (L-7)', () => {
    const map = new PendingMap({ capacity: 4 });
    map.offer(waiting(9, 200));
    map.offer(done(9, 200));
    map.offer(done(9, 200));
    expect(takeAll(map).map(({ stage }) => stage)).toEqual([Stage.WAITING, Stage.DONE]);
  });

  test('KeepsDistinctDoneKeys (L-1)', () => {
    const map = new PendingMap({ capacity: 4 });
    map.offer(done(9, 300));
    map.offer(done(9, 300, { isSyncPoint: true }));
    map.offer(done(9, 300, { mode: 1 }));
    expect(takeAll(map).map(shape)).toEqual([
      { handle: 9, ts: 300n, sp: false, mode: 0, stage: Stage.DONE },
      { handle: 9, ts: 300n, sp: true, mode: 0, stage: Stage.DONE },
      { handle: 9, ts: 300n, sp: false, mode: 1, stage: Stage.DONE },
    ]);
  });
});

test('L-4: NONE is always queued, never merged, in its place among the others', () => {
  const map = new PendingMap({ capacity: 8 });
  map.offer(waiting(1, 10));
  map.offer(none(1, 10));
  map.offer(none(1, 10));
  map.offer(done(1, 10));
  expect(takeAll(map).map(({ stage }) => stage)).toEqual([Stage.WAITING, Stage.NONE, Stage.NONE, Stage.DONE]);
});

test('T-C: UNKNOWN is no representative of anything: never merged', () => {
  const map = new PendingMap({ capacity: 8 });
  const unknown: BlockStatus = { ...done(1, 10), stage: Stage.UNKNOWN };
  expect([map.offer(unknown), map.offer(unknown)]).toEqual([Offered.ACCEPTED, Offered.ACCEPTED]);
  expect(takeAll(map).map(({ stage }) => stage)).toEqual([Stage.UNKNOWN, Stage.UNKNOWN]);
});

test('L-5: null and undefined are ignored', () => {
  const map = new PendingMap({ capacity: 4 });
  expect([map.offer(null), map.offer(undefined)]).toEqual([Offered.IGNORED, Offered.IGNORED]);
  expect(map.length).toBe(0);
});

test('L-8: a full map refuses what is new, still merges what it has, and goes on when something is taken', () => {
  const map = new PendingMap({ capacity: 4 });
  for (let handle = 0; handle < 4; handle++) map.offer(waiting(handle, 10));
  expect(map.offer(waiting(4, 10))).toBe(Offered.FULL);
  expect(map.offer(none(4, 10))).toBe(Offered.FULL);
  expect(map.offer(waiting(3, 10))).toBe(Offered.SUPPRESSED);
  expect(map.refused).toBe(2);
  map.take();
  expect(map.offer(waiting(4, 10))).toBe(Offered.ACCEPTED);
  expect(takeAll(map).map(({ handle }) => handle)).toEqual([1, 2, 3, 4]);
  expect(map.keys.size).toBe(0);
});

test('L-8: order is kept while offers and takes go round the ring', () => {
  const map = new PendingMap({ capacity: 3 });
  const taken: number[] = [];
  for (let handle = 0; handle < 20; handle++) {
    map.offer(handle % 3 === 0 ? none(handle, 5) : done(handle, 5));
    if (handle % 2 === 1) taken.push(map.take()?.handle ?? -1);
    if (map.length === 3) taken.push(map.take()?.handle ?? -1);
  }
  taken.push(...takeAll(map).map(({ handle }) => handle));
  expect(taken).toEqual(Array.from({ length: 20 }, (_, handle) => handle));
});

test('L-10: the first payload wins; L-11: the key stands in the entry, so no payload can leak it', () => {
  const map = new PendingMap({ capacity: 4 });
  const first = facts(10);
  map.offer(waiting(1, 10, { facts: first }));
  map.offer(waiting(1, 10, { facts: { ...facts(10), blockTables: { type: 'normal', tableIds: [1] } } }));
  (first as { key: unknown }).key = { commitTs: 99n, isSyncPoint: true };
  const taken = map.take();
  expect(taken?.facts).toBe(first);
  expect(taken?.key.commitTs).toBe(10n);
  expect(map.keys.size).toBe(0);
});

test('a capacity below 1 counts as 1', () => {
  const map = new PendingMap({ capacity: 0 });
  expect([map.offer(done(1, 1)), map.offer(done(2, 1))]).toEqual([Offered.ACCEPTED, Offered.FULL]);
});

test('words above 2^31 survive: ts, generation', () => {
  const map = new PendingMap({ capacity: 4 });
  const big: BlockStatus = {
    ...done(5, 0),
    generation: 0xffff_fffe,
    key: { commitTs: 0xffff_fff0_ffff_fff1n, isSyncPoint: false },
  };
  map.offer(big);
  expect(map.offer(big)).toBe(Offered.SUPPRESSED);
  expect(map.take()).toEqual(big);
});

test('a handle above 2^24 - 1 is an error that names it', () => {
  expect(() => new PendingMap().offer(done(2 ** 24, 1))).toThrow(/handle 16777216/);
});
