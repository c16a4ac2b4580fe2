import { expect, test } from 'vitest';
import { PackedTexts } from './packedTexts.js';

test('gives back what was set, replaced and cleared, through closing of the gaps', () => {
  const texts = new PackedTexts();
  texts.grow(1_000);
  const model = new Map<number, string>();
  const alphabet = ['t', 'ab', 'ü', '表', '😀', 'x'.repeat(70), ''];
  for (let step = 0; step < 40_000; step++) {
    const row = (step * 7919) % 1_000;
    if (step % 11 === 0) {
      texts.clear(row);
      model.delete(row);
    } else {
      const text = `${alphabet[step % alphabet.length]}${step}`;
      texts.set(row, text);
      model.set(row, text);
    }
  }
  for (let row = 0; row < 1_000; row++) expect(texts.get(row)).toBe(model.get(row) ?? '');
});

test('has nothing for a row that it never heard of, and refuses a text that is too long', () => {
  const texts = new PackedTexts();
  texts.grow(2);
  expect([texts.get(1), texts.get(77), texts.bytes(77).length]).toEqual(['', '', 0]);
  expect(() => texts.set(0, 'x'.repeat(65_536))).toThrow(RangeError);
  texts.set(0, 'x'.repeat(65_535));
  expect(texts.get(0).length).toBe(65_535);
});
