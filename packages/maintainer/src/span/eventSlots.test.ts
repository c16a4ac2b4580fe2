import { expect, it } from 'vitest';
import { EventSlots, eventWords } from './eventSlots.js';
import { Positions } from './positions.js';

it('hands out the slots of events again that nobody refers to, and keeps the others', () => {
  const slots = new EventSlots();
  const at = (ts: number) => eventWords({ commitTs: BigInt(ts), isSyncPoint: ts % 2 === 1 });
  const kept = slots.slotOf(at(7), 0, () => {});
  for (let ts = 1_000; ts < 50_000; ts++) {
    slots.slotOf(at(ts), 0, (used) => {
      used[kept] = 1;
    });
  }
  expect(slots.size).toBeLessThan(5_000);
  expect(slots.slotOf(at(7), 0, () => {})).toBe(kept);
  expect([slots.compare(kept, 0, 7, true), slots.compare(kept, 0, 7, false), slots.compare(kept, 0, 8, false)]).toEqual([
    0, 1, -1,
  ]);
});

it('positions hold through more events than slots are handed out for (B-5)', () => {
  const positions = new Positions(0);
  positions.grow(8);
  for (let handle = 0; handle < 8; handle++) positions.start(handle, 1n);
  const handles = new Uint32Array(4);
  for (let ts = 10; ts < 20_000; ts++) {
    // Handle 2 stays where it was; the others go on.
    handles.set(ts === 10 ? [2, 3, 4, 5] : [3, 4, 5, 6]);
    expect(positions.reportAll(handles, 4, eventWords({ commitTs: BigInt(ts), isSyncPoint: false }), 1)).toBe(4);
  }
  expect([2, 3, 6, 7].map((handle) => positions.checkpointTs(handle))).toEqual([9n, 19_998n, 19_998n, 1n]);
  expect(positions.blockState(2)).toEqual({ blockTs: 10n, isSyncPoint: false, stage: 1 });
  expect(positions.minOf(new Uint8Array(8).fill(3), 7, 3, 3)).toBe(1n);
});
