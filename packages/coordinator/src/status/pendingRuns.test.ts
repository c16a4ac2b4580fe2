import { stretchesOf } from '@tidegate/protocol';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ColumnViews } from './columnViews.js';
import { PendingRuns } from './pendingRuns.js';

const status = fc.record({
  handle: fc.constantFrom(5, 6, 7, 8, 65_530),
  generation: fc.constantFrom(1, 2, 3, 4, 65_500, 0xffff_ffff),
  what: fc.constantFrom(17, 17, 17, 33),
  count: fc.constantFrom(1, 1, 2, 300),
});

test('what comes first goes first, whatever lies in one run', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(status, fc.integer({ min: 1, max: 400 })), { maxLength: 40 }), (steps) => {
      const runs = new PendingRuns(1_000);
      const views = new ColumnViews();
      let expected: { handle: number; generation: number; what: number }[] = [];
      for (const step of steps) {
        if (typeof step === 'number') {
          const count = Math.min(step, expected.length);
          runs.drop(count);
          expected = expected.slice(count);
        } else if (expected.length + step.count <= 1_000) {
          const { handle, generation, what, count } = step;
          runs.push(handle, generation | 0, what, count);
          for (let i = 0; i < count; i++) expected.push({ handle: handle + i, generation: (generation + i) >>> 0, what });
        }
        expect(runs.length).toBe(expected.length);
        if (expected.length === 0) continue;
        const part = expected.slice(0, 1 + (expected.length >>> 1));
        const { handle, generation, stretches } = runs.columns(part.length, views);
        expect([...handle]).toEqual(part.map((one) => one.handle));
        expect([...generation]).toEqual(part.map((one) => one.generation));
        expect(stretches).toEqual(stretchesOf(handle));
        const [first] = part;
        expect(runs.saysOf(part.length, first?.what ?? 0)).toBe(part.every(({ what }) => what === first?.what));
      }
    }),
    { numRuns: 200 },
  );
});

test('columns that batches share stay what they are', () => {
  const views = new ColumnViews();
  const kept = views.neighbours(70_000, 2_048);
  for (let page = 0; page < 20; page++) views.neighbours(page << 16, 2_048);
  expect(kept[0]).toBe(70_000);
  expect(kept[2_047]).toBe(72_047);
  expect([...views.neighbours(65_000, 1_000)]).toEqual(Array.from({ length: 1_000 }, (_, i) => 65_000 + i));
});
