import { type DispatcherConfig, stretchesOf } from '@tidegate/protocol';
import { expect, it } from 'vitest';
import { Placement } from './placement.js';

const FIRST = 4_000;
const handles = (from: number, count: number): Uint32Array => Uint32Array.from({ length: count }, (_, i) => from + i);

function config(handle: number): DispatcherConfig {
  const id = handle.toString(16).padStart(32, '0');
  return {
    id,
    handle,
    generation: handle + 7,
    mode: 0,
    tableId: handle,
    schemaId: 1,
    startTs: 1n,
    skipDmlAsStartTs: false,
  };
}

/** Two hundred dispatchers around a page's end, the last fifty on another worker. */
function placed(): Placement {
  const placement = new Placement(2);
  for (let i = 0; i < 200; i++) placement.insert(config(FIRST + i), i < 150 ? 0 : 1, i);
  return placement;
}

/** What it says by columns, which must be what it says of each. */
function askedOf(placement: Placement, handle: Uint32Array, generation = handle.map((one) => one + 7)) {
  const stretches = stretchesOf(handle);
  if (stretches === undefined) throw new Error('too short');
  const hasAll = placement.hasAll(handle, generation, stretches);
  expect(hasAll).toBe(placement.hasAll(handle, generation));
  return { hasAll, worker: placement.workerOfAll(handle, generation, stretches) };
}

it('knows of neighbours at once whether all are here, and which worker has them', () => {
  const placement = placed();
  expect(askedOf(placement, handles(FIRST, 150))).toEqual({ hasAll: true, worker: 0 });
  expect(askedOf(placement, handles(FIRST + 150, 50))).toEqual({ hasAll: true, worker: 1 });
  expect(askedOf(placement, handles(FIRST, 151))).toEqual({ hasAll: true, worker: -1 });
  expect(askedOf(placement, Uint32Array.of(...handles(FIRST + 150, 50), ...handles(FIRST, 50)))).toEqual({
    hasAll: true,
    worker: -1,
  });
});

it('finds the one that is not here: never placed, removed, of another generation, on a page that is not there', () => {
  const none = { hasAll: false, worker: -1 };
  expect(askedOf(placed(), handles(FIRST + 100, 101))).toEqual(none);
  expect(askedOf(placed(), handles(FIRST - 1, 101))).toEqual(none);
  expect(askedOf(placed(), handles(90_000, 100))).toEqual(none);
  const generations = handles(FIRST, 100).map((one) => one + 7);
  generations[96] = 1;
  expect(askedOf(placed(), handles(FIRST, 100), generations)).toEqual(none);
  for (const gone of [FIRST, FIRST + 95, FIRST + 96, FIRST + 99]) {
    const placement = placed();
    placement.remove(gone);
    expect(askedOf(placement, handles(FIRST, 100))).toEqual(none);
  }
});

it('forgets what it has found when one of them goes, and when another of its handle comes', () => {
  const placement = placed();
  const all = handles(FIRST, 100);
  const generation = all.map((one) => one + 7);
  expect(askedOf(placement, all, generation)).toEqual({ hasAll: true, worker: 0 });
  expect(
    placement.workerOfAll(
      all,
      generation.map((one) => one + 1),
      Uint32Array.of(100),
    ),
  ).toBe(-1);
  placement.remove(FIRST + 50);
  expect(askedOf(placement, all, generation)).toEqual({ hasAll: false, worker: -1 });
  placement.insert({ ...config(FIRST + 50), generation: 9_999 }, 0, 200);
  expect(askedOf(placement, all, generation)).toEqual({ hasAll: false, worker: -1 });
});
