import { expect, test } from 'vitest';
import { countTables, forEachTable, type Tables, tableColumnsOf } from './tableColumns.js';

const TABLES = [
  { tableId: 7, schemaId: 2 ** 40, splittable: true },
  { tableId: 3, schemaId: 1, splittable: false },
];

function listOf(tables: Tables): unknown[] {
  const list: unknown[] = [];
  forEachTable(tables, (tableId, schemaId, splittable) => list.push({ tableId, schemaId, splittable }));
  return list;
}

test('columns say what the list says, in its order', () => {
  expect(listOf(tableColumnsOf(TABLES))).toEqual(TABLES);
  expect(listOf(TABLES)).toEqual(TABLES);
  expect([countTables(TABLES), countTables(tableColumnsOf(TABLES)), countTables(tableColumnsOf([]))]).toEqual([2, 2, 0]);
});
