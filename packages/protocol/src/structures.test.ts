import { expect, test } from 'vitest';
import { MESSAGE_STRUCTURES } from './structures.js';

test('every structure is there once, with distinct field names', () => {
  const names = MESSAGE_STRUCTURES.map((fields) => fields.join());
  expect(new Set(names).size).toBe(names.length);
  for (const fields of MESSAGE_STRUCTURES) expect(new Set(fields).size).toBe(fields.length);
});
