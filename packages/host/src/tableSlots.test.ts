import { describe, expect, test } from 'vitest';
import { NO_SLOT, SlotUse, TableSlots } from './tableSlots.js';

/** Numbers below a bound that depend on the seed alone. */
function chance(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

describe('slots of tables', () => {
  test.each([1, 2, 3, 4])('do as a map does, whatever comes and goes (seed %i)', (seed) => {
    const below = chance(seed);
    const slots = new TableSlots();
    const model = new Map<number, { slot: number; uses: number }>();
    // Ids that meet in the hash, small ones, and the largest.
    const ids = Array.from({ length: 300 }, (_, i) => (i % 3 === 0 ? i : i % 3 === 1 ? 0xffff_ffff - i : (i << 20) >>> 0));
    for (let step = 0; step < 20_000; step++) {
      const id = ids[below(ids.length)]!;
      const use = below(2) === 0 ? SlotUse.TABLE : SlotUse.SUBSCRIBED;
      const known = model.get(id);
      if (below(step % 4_000 < 2_000 ? 3 : 2) > 0) {
        const slot = slots.use(id, use);
        if (known !== undefined) expect(slot).toBe(known.slot);
        model.set(id, { slot, uses: (known?.uses ?? 0) | use });
      } else if (known !== undefined) {
        slots.unuse(known.slot, use);
        const uses = known.uses & ~use;
        if (uses === 0) model.delete(id);
        else model.set(id, { ...known, uses });
      }
      const other = ids[below(ids.length)]!;
      const expected = model.get(other);
      expect(slots.slotOf(other)).toBe(expected?.slot ?? NO_SLOT);
      if (expected !== undefined)
        expect([SlotUse.TABLE, SlotUse.SUBSCRIBED].map((one) => slots.has(expected.slot, one))).toEqual([
          (expected.uses & SlotUse.TABLE) !== 0,
          (expected.uses & SlotUse.SUBSCRIBED) !== 0,
        ]);
    }
    expect(new Set([...model.values()].map(({ slot }) => slot)).size).toBe(model.size);
    // What was given back is given out again: no more slots than there ever were tables at a time.
    expect(slots.end).toBeLessThanOrEqual(ids.length);
  });

  test('an id that no slot can have is not there', () => {
    const slots = new TableSlots();
    slots.use(7, SlotUse.TABLE);
    expect([slots.slotOf(7 + 2 ** 32), slots.slotOf(7.5), slots.slotOf(-7), slots.slotOf(8)]).toEqual([-1, -1, -1, -1]);
  });
});
