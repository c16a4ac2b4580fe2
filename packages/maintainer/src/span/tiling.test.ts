import type { KeyRange } from '@tidegate/protocol';
import { expect, it } from 'vitest';
import { Tiling, UNDIVIDED } from './tiling.js';

const range = (start: string, end: string): KeyRange => ({
  start: new TextEncoder().encode(start),
  end: new TextEncoder().encode(end),
});

/** Tasks of one table at slot 7; the latest is visited first, as in the span table. */
function table(): { tiling: Tiling; add: (handle: number, of?: KeyRange) => void; remove: (handle: number) => void } {
  const handles: number[] = [];
  const tiling = new Tiling((_, visit) => [...handles].reverse().forEach(visit));
  return {
    tiling,
    add: (handle, of) => {
      handles.push(handle);
      tiling.added(7, handle, of);
    },
    remove: (handle) => {
      handles.splice(handles.indexOf(handle), 1);
      tiling.removed(7, handle, handles.length === 0);
    },
  };
}

it('tells how many spans tile a table, in whatever order they came, and that they do not', () => {
  const { tiling, add, remove } = table();
  expect([tiling.partsOf(7), tiling.isEmpty]).toEqual([UNDIVIDED, true]);
  add(2, range('m', ''));
  expect(tiling.partsOf(7)).toBeLessThan(UNDIVIDED);
  add(3, range('', 'c'));
  add(4, range('c', 'm'));
  expect([tiling.partsOf(7), tiling.partsOf(8)]).toEqual([3, UNDIVIDED]);
  // A gap, then a part of the gap, then all of it.
  remove(4);
  expect(tiling.partsOf(7)).toBeLessThan(UNDIVIDED);
  add(5, range('c', 'g'));
  expect(tiling.partsOf(7)).toBeLessThan(UNDIVIDED);
  add(6, range('g', 'm'));
  expect(tiling.partsOf(7)).toBe(4);
  // The same twice, and one that overlaps.
  add(8, range('g', 'm'));
  expect(tiling.partsOf(7)).toBeLessThan(UNDIVIDED);
  remove(8);
  add(9, range('a', 'b'));
  expect(tiling.partsOf(7)).toBeLessThan(UNDIVIDED);
  remove(9);
  expect([tiling.partsOf(7), tiling.rangeOf(6)]).toEqual([4, range('g', 'm')]);
});

it('a table that is served whole beside its parts is not tiled; one that lost its last task is not divided', () => {
  const { tiling, add, remove } = table();
  add(2);
  expect(tiling.partsOf(7)).toBe(UNDIVIDED);
  add(3, range('', 'c'));
  expect(tiling.partsOf(7)).toBeLessThan(UNDIVIDED);
  remove(2);
  remove(3);
  expect([tiling.partsOf(7), tiling.isEmpty, tiling.rangeOf(3)]).toEqual([UNDIVIDED, true, undefined]);
});
