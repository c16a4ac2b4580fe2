import { describe, expect, test } from 'vitest';
import { ddlTypeOf } from './ddlType.js';
import { formatSchemaFile, parseSchemaFile, schemaFileNameOf } from './schemaFile.js';

const record = {
  schema: 'test',
  table: 'table1',
  version: 441349361156227074n,
  query: 'ALTER TABLE test.table1 ADD OfficeLocation blob(20)',
  type: 5,
};

test('has the keys of the documented file, in their order, and the exact version', () => {
  expect(formatSchemaFile(record)).toBe(`{
    "Table": "table1",
    "Schema": "test",
    "Version": 1,
    "TableVersion": 441349361156227074,
    "Query": "ALTER TABLE test.table1 ADD OfficeLocation blob(20)",
    "Type": 5,
    "TableColumns": null,
    "TableColumnsTotal": 0
}`);
});

test('its name depends on table and version, not on the statement', () => {
  const name = schemaFileNameOf(record);
  expect(name).toMatch(/^schema_441349361156227074_\d{10}\.json$/);
  expect(schemaFileNameOf({ ...record, ...{ query: 'x' } })).toBe(name);
  expect(schemaFileNameOf({ ...record, table: 'table2' })).not.toBe(name);
  expect(schemaFileNameOf({ schema: 'a', table: 'bc', version: 1n })).not.toBe(
    schemaFileNameOf({ schema: 'ab', table: 'c', version: 1n }),
  );
});

test('comes back, even with a statement that quotes the file’s own keys', () => {
  for (const query of ['', 'x "TableVersion": 5 \\ \n é', '"TableVersion":1']) {
    const given = { ...record, query };
    expect(parseSchemaFile(formatSchemaFile(given), schemaFileNameOf(given), '/p')).toEqual(given);
  }
});

describe('what is not a schema file', () => {
  const name = schemaFileNameOf(record);
  test.each([
    ['', /schema file \/p is not JSON/],
    ['null', /is not an object/],
    ['{"Table":"t","Schema":"s","TableVersion":441349361156227074}', /lacks Table, Schema, Query or Type/],
    ['{"Table":"t","Schema":"s","Query":"","Type":0}', /lacks TableVersion/],
    [
      '{"Table":"t","Schema":"s","Query":"","Type":0,"TableVersion":441349361156227075}',
      /441349361156227075, which is not that of its name/,
    ],
  ])('%s', (text, message) => {
    expect(() => parseSchemaFile(text, name, '/p')).toThrow(message);
    expect(() => parseSchemaFile(text, name, '/p')).toThrow(expect.objectContaining({ code: 'STORAGE_INVALID', path: '/p' }));
  });
});

test('kinds of DDL have the numbers of TiDB', () => {
  const kinds = [
    'create database',
    'drop database',
    'create table',
    'drop table',
    'truncate table',
    'rename table',
    'rename tables',
    'create view',
  ];
  expect(kinds.map(ddlTypeOf)).toEqual([1, 2, 3, 4, 11, 14, 47, 21]);
  expect(ddlTypeOf('something else')).toBe(0);
});
