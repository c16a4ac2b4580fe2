import { expect, it } from 'vitest';
import { SchemaNames } from './schemaNames.js';

it('keeps a schema while a table has it, and gives its place to the next: what comes and goes leaves nothing', () => {
  const schemas = new SchemaNames();
  const stays = schemas.take(1, 'stays');
  for (let i = 0; i < 10_000; i++) {
    const place = schemas.take(2 + i, `s${i}`);
    expect(schemas.take(2 + i, `s${i}`)).toBe(place);
    schemas.leave(place);
    expect([schemas.idOf(place), schemas.nameOf(place)]).toEqual([2 + i, `s${i}`]);
    schemas.leave(place);
    expect(place).toBe(1);
  }
  expect(schemas.size).toBe(1);
  expect([schemas.idOf(stays), schemas.nameOf(stays)]).toEqual([1, 'stays']);
});

it('moves a table alone, and one schema under two names is two', () => {
  const schemas = new SchemaNames();
  const first = schemas.take(1, 'a');
  const second = schemas.take(1, 'a');
  const renamed = schemas.move(second, 1, 'b');
  expect([schemas.nameOf(first), schemas.nameOf(renamed)]).toEqual(['a', 'b']);
  expect(schemas.move(renamed, 1, 'b')).toBe(renamed);
  expect(schemas.move(renamed, 1, 'a')).toBe(first);
  expect(schemas.size).toBe(1);
});
