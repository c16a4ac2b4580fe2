import { expect, test } from 'vitest';
import { SchemaPlaces } from './schemaPlaces.js';

test('a place is kept while a table has it, and then given out again', () => {
  const places = new SchemaPlaces();
  const first = places.take(1, 1, 'shop');
  expect([places.take(1, 1, 'shop'), places.take(2, 1, 'shop'), places.take(1, 1, 'shop 1')]).toEqual([first, 1, 2]);
  places.leave(first);
  expect(places.at(first)).toEqual({ schemaId: 1, namedId: 1, name: 'shop' });
  places.leave(first);
  expect([places.take(3, 3, 'other'), places.take(1, 1, 'shop')]).toEqual([first, 3]);
  expect(places.at(first)).toEqual({ schemaId: 3, namedId: 3, name: 'other' });
});

test('schemas that come and go leave nothing behind', () => {
  const places = new SchemaPlaces();
  for (let schema = 1; schema <= 1_000; schema++) {
    const place = places.take(schema, schema, `schema_${schema}`);
    expect(place).toBe(0);
    places.leave(place);
  }
});
