import { expect, test } from 'vitest';
import { idWords, PackedIds } from './packedIds.js';

const word = (value: number): string => value.toString(16).padStart(8, '0');

test('every id comes back, whatever it is made of, and whoever had the row before', () => {
  const ids = new PackedIds();
  ids.grow(1_000);
  const model = new Map<number, { handle: number; id: string }>();
  let seed = 7;
  const next = (): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed;
  };
  for (let step = 0; step < 20_000; step++) {
    const row = (next() >>> 8) % 1_000;
    const handle = (next() >>> 8) % 0xff_ffff;
    // Beginnings of a few makers, more of them than have a place, or none at all; an end that is the handle or not.
    const makers = step < 10_000 ? 3 : 400;
    const beginning = step % 7 === 0 ? word(next()) + word(next()) : word((next() >>> 8) % makers) + word(0xffff_ffff);
    const id = beginning + word(next()) + word(step % 5 === 0 ? next() : handle);
    if (step % 11 === 0) {
      ids.clear(row);
      model.delete(row);
    } else {
      ids.set(row, handle, idWords(id));
      model.set(row, { handle, id });
    }
    const other = (next() >>> 8) % 1_000;
    const known = model.get(other);
    expect(ids.get(other, known?.handle ?? 0)).toBe(known?.id ?? '0'.repeat(32));
  }
  for (const [row, { handle, id }] of model) expect(ids.get(row, handle)).toBe(id);
});
