import { type ComponentState, type ComponentStatuses, ComponentState as State } from '@tidegate/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StatusRows } from './statusRows.js';

interface Told {
  readonly handle: number;
  readonly generation: number;
  readonly state: ComponentState;
  readonly checkpointTs: bigint;
}

function columnsOf(told: readonly Told[]): ComponentStatuses {
  return {
    handle: Uint32Array.from(told, ({ handle }) => handle),
    generation: Uint32Array.from(told, ({ generation }) => generation),
    state: Uint8Array.from(told, ({ state }) => state),
    mode: new Uint8Array(told.length),
    checkpointTs: BigUint64Array.from(told, ({ checkpointTs }) => checkpointTs),
  };
}

const told = fc.record({
  handle: fc.constantFrom(2, 3, 4_095, 4_096, 2 ** 24 - 1),
  generation: fc.constantFrom(1, 0xffff_ffff),
  state: fc.constantFrom(State.WORKING, State.STOPPED),
  checkpointTs: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
});

test('every transition in order; an equal repeat only raises the checkpoint; nothing beyond the bound (T-H)', () => {
  fc.assert(
    fc.property(fc.array(fc.array(told, { maxLength: 20 }), { maxLength: 6 }), fc.integer({ min: 1, max: 40 }), (parts, most) => {
      const rows = new StatusRows();
      const model: { -readonly [Key in keyof Told]: Told[Key] }[] = [];
      for (const part of parts) {
        const columns = columnsOf(part);
        for (const [row, one] of part.entries()) {
          const last = model.findLast(({ handle }) => handle === one.handle);
          const repeats = last?.generation === one.generation && last.state === one.state;
          expect(rows.take(columns, row, most)).toBe(repeats || model.length < most);
          if (last !== undefined && repeats)
            last.checkpointTs = one.checkpointTs > last.checkpointTs ? one.checkpointTs : last.checkpointTs;
          else if (model.length < most) model.push({ ...one });
        }
      }
      const { handle, generation, state, checkpointTs } = rows.columns();
      const seen = [...handle].map((one, row) => ({
        handle: one,
        generation: generation[row],
        state: state[row],
        checkpointTs: checkpointTs[row],
      }));
      expect(seen).toEqual(model);
    }),
  );
});
