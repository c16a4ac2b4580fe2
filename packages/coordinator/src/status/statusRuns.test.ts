import { expect, test } from 'vitest';
import { runEnd, sameColumn } from './statusRuns.js';

test('a run is the rows of one event and one stage', () => {
  const event = Uint32Array.of(0, 0, 1, 1, 1, 0);
  const stage = Uint8Array.of(1, 1, 1, 3, 3, 1);
  const ends: number[] = [];
  const batch = { event, stage, uniform: false };
  for (let from = 0; from < event.length; from = runEnd(batch, from)) ends.push(runEnd(batch, from));
  expect(ends).toEqual([2, 3, 5, 6]);
  expect(runEnd({ event: new Uint32Array(9), stage: new Uint8Array(9), uniform: true }, 0)).toBe(9);
});

test('columns are the same when their rows are', () => {
  const column = Uint32Array.of(1, 2, 3);
  expect(sameColumn(column, column)).toBe(true);
  expect(sameColumn(column, Uint32Array.of(1, 2, 3))).toBe(true);
  expect(sameColumn(column, Uint32Array.of(1, 2, 4))).toBe(false);
  expect(sameColumn(column, Uint32Array.of(1, 2))).toBe(false);
});
