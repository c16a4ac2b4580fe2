import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  dataDir,
  dataFileName,
  decodeName,
  encodeName,
  isTempOf,
  parseDataFileName,
  parseSchemaFileName,
  parseSyncPointFileName,
  parseVersionDir,
  schemaDir,
  schemaFileName,
  syncPointFileName,
  tempName,
} from './layout.js';

describe('paths', () => {
  test('of rows, of table, database and nameless DDLs', () => {
    expect(dataDir('/d', { schema: 'shop', table: 'orders', version: 462422016000786433n })).toBe(
      '/d/shop/orders/462422016000786433',
    );
    expect(schemaDir('/d', 'shop', 'orders')).toBe('/d/shop/orders/meta');
    expect(schemaDir('/d', 'shop', '')).toBe('/d/shop/meta');
    expect(schemaDir('/d', '', '')).toBe('/d/meta');
  });

  test('file names are those of the documented layout', () => {
    expect(dataFileName(5, 6)).toBe('CDC000005.json');
    expect(dataFileName(1_234_567, 6)).toBe('CDC1234567.json');
    expect(dataFileName(1, 20)).toBe('CDC00000000000000000001.json');
    expect(schemaFileName(441349361156227074n, 3131721815)).toBe('schema_441349361156227074_3131721815.json');
    expect(schemaFileName(7n, 42)).toBe('schema_7_0000000042.json');
    expect(syncPointFileName(18446744073709551615n)).toBe('sync_point_18446744073709551615.json');
  });

  test('names are read back, and nothing else is taken for one', () => {
    expect(parseDataFileName('CDC000005.json')).toBe(5);
    expect(parseDataFileName('CDC5.json')).toBeUndefined();
    expect(parseDataFileName('CDC000005.csv')).toBeUndefined();
    expect(parseDataFileName('.CDC000005.json.worker-0.x.tmp')).toBeUndefined();
    expect(parseSchemaFileName('schema_441349361156227074_3131721815.json')).toEqual({
      version: 441349361156227074n,
      hash: 3131721815,
    });
    expect(parseSchemaFileName('schema_1_2.json')).toBeUndefined();
    expect(parseSyncPointFileName('sync_point_12.json')).toBe(12n);
    expect(parseSyncPointFileName('sync_point_.json')).toBeUndefined();
    expect(parseVersionDir('0')).toBe(0n);
    expect(parseVersionDir('meta')).toBeUndefined();
  });
});

describe('names as directories', () => {
  test('plain names stay as they are, whatever their script', () => {
    for (const name of ['shop', 'Übermut', '東京', 'a b', 'x.y', 'a\\b']) expect(encodeName(name)).toBe(name);
  });

  test('names that would leave or clash with the layout are escaped', () => {
    expect(encodeName('a/b')).toBe('a%2Fb');
    expect(encodeName('100%')).toBe('100%25');
    expect(encodeName('..')).toBe('%2E.');
    expect(encodeName('.hidden')).toBe('%2Ehidden');
    expect(encodeName('meta')).toBe('%6Deta');
    expect(encodeName('metadata')).toBe('%6Detadata');
  });

  test('every name has a directory of its own and comes back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }), (name) => {
        const encoded = encodeName(name);
        expect(decodeName(encoded)).toBe(name);
        expect(encoded).not.toMatch(/[/\0]|^\.|^meta(data)?$/);
      }),
    );
  }, 30_000);
});

test('temporary names are hidden and belong to their writer', () => {
  const name = tempName('CDC000001.json', 'worker-1', 'ab-0');
  expect(name).toBe('.CDC000001.json.worker-1.ab-0.tmp');
  expect(isTempOf(name, 'worker-1')).toBe(true);
  expect(isTempOf(name, 'worker-11')).toBe(false);
  expect(isTempOf('CDC000001.json', 'worker-1')).toBe(false);
});
