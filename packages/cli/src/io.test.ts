import { expect, test } from 'vitest';
import { lineWidth } from './io.js';

test('a line leaves one column free; a terminal without a size has 80', () => {
  const write = (): void => undefined;
  expect(lineWidth({ write, columns: 100 })).toBe(99);
  expect(lineWidth({ write, columns: 0 })).toBe(79);
  expect(lineWidth({ write })).toBe(79);
});
