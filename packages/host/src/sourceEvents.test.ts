import { describe, expect, test } from 'vitest';
import { HostError } from './errors.js';
import { checkEvents, checkSnapshot, checkSource, sourceError } from './sourceEvents.js';

const rows = { type: 'rows', tableId: 1, commitTs: 5n, count: 1, bytes: new Uint8Array(1) };

const table = { tableId: 7, schemaId: 1, schema: 'db', table: 't', version: 1n, splittable: false };
const ddl = { type: 'ddl', commitTs: 5n, query: 'q', adds: [], tables: [] };

describe('what a source gives is looked at where it comes in', () => {
  test('good events pass as they are, Buffers and none at all among them', () => {
    const events = [
      rows,
      { ...rows, bytes: Buffer.from('x') },
      { type: 'sync-point', commitTs: 6n },
      { type: 'resolved', ts: 6n },
      { ...ddl, adds: [{ tableId: 0xffff_ffff, schemaId: 1, splittable: true }], tables: [table] },
    ];
    expect(checkEvents(events)).toBe(events);
    expect(checkEvents([])).toEqual([]);
  });

  test.each<[string, unknown, RegExp]>([
    ['undefined', undefined, /gave undefined; it must be an array of events, or null/],
    ['an object', { events: [] }, /gave a Object/],
    ['a hole, which would end the chunk', [rows, undefined, rows], /place 1 of 3 an event of type undefined/],
    ['null in an array', [null], /place 0 of 1 an event of type undefined/],
    ['a type that is none', [{ ...rows, type: 'row' }], /an event of type string .row/],
    ['a commit ts that is a number', [{ ...rows, commitTs: 5 }], /rows of commit ts number 5; it must be a bigint/],
    ['a commit ts beyond 64 bits', [{ ...rows, commitTs: 2n ** 64n }], /rows of commit ts bigint/],
    ['rows of the trigger', [{ ...rows, tableId: 0 }], /rows at 5 of table id number 0/],
    ['rows of half a table', [{ ...rows, tableId: 1.5 }], /rows at 5 of table id number 1.5/],
    ['bytes that are text', [{ ...rows, bytes: 'x' }], /rows at 5 whose bytes are string .x/],
    ['no count', [{ ...rows, count: undefined }], /rows at 5 whose count is undefined/],
    ['a mark without ts', [{ type: 'resolved' }], /a mark of ts undefined/],
    ['a DDL without ts', [{ type: 'ddl', query: 'q' }], /a ddl of commit ts undefined/],
    ['a DDL that adds the trigger', [{ ...ddl, adds: [{ tableId: 0 }] }], /a ddl at 5 that adds a table of id number 0/],
    ['an id beyond 32 bits', [{ ...ddl, adds: [{ tableId: 2 ** 32 }] }], /that adds a table of id number 4294967296/],
    [
      'a DDL with a table without name',
      [{ ...ddl, tables: [{ ...table, table: undefined }] }],
      /a ddl at 5 with a table of id 7 whose name/,
    ],
  ])('events: %s', (_, events, message) => {
    expect(() => checkEvents(events)).toThrow(message);
    expect(() => checkEvents(events)).toThrow(expect.objectContaining({ code: 'HOST_SOURCE_EVENT' }));
  });

  test.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /startTs undefined/],
    ['a start ts that is a number', { startTs: 0, tables: [] }, /startTs number 0/],
    ['no tables', { startTs: 0n }, /no array of tables/],
    ['the trigger as a table', { startTs: 0n, tables: [{ tableId: 0 }] }, /table of id number 0/],
    ['a table twice', { startTs: 0n, tables: [table, table] }, /two tables of id 7/],
    [
      'routes that are rules',
      { startTs: 0n, tables: [], routes: [{ match: '*.*', to: 'a.b' }] },
      /routes that are not an array of admit/,
    ],
    ['a version that is a number', { startTs: 0n, tables: [{ ...table, version: 1 }] }, /id 7 whose version is number 1/],
    ['a schema without id', { startTs: 0n, tables: [{ ...table, schemaId: 'db' }] }, /id 7 whose schemaId is string 'db'/],
    ['a schema without name', { startTs: 0n, tables: [{ ...table, schema: null }] }, /id 7 whose schema is null/],
    [
      'a name that nothing holds',
      { startTs: 0n, tables: [{ ...table, table: 'ä'.repeat(32_768) }] },
      /id 7 whose name has 65536 bytes; the longest has 65535/,
    ],
    ['a hole among the tables', { startTs: 0n, tables: [null] }, /table of id undefined/],
  ])('snapshot: %s', (_, snapshot, message) => {
    expect(() => checkSnapshot(snapshot)).toThrow(message);
    expect(() => checkSnapshot(snapshot)).toThrow(expect.objectContaining({ code: 'HOST_SOURCE_EVENT' }));
  });

  test('a source lacks methods', () => {
    expect(() => checkSource('file:///a.js', { read() {} })).toThrow('file:///a.js returned has no method open, close');
    expect(() => checkSource('file:///a.js', undefined)).toThrow(expect.objectContaining({ code: 'HOST_MODULE' }));
  });

  test('an error keeps its own code, else it gets that of the source', () => {
    const own = Object.assign(new Error('gone'), { code: 'LOG_GONE' });
    expect(sourceError('to open', own)).toBe(own);
    expect(sourceError('to open', 'text')).toBeInstanceOf(HostError);
    expect(sourceError('to open', new Error('gone'))).toMatchObject({
      code: 'HOST_SOURCE',
      message: 'the source failed to open: gone',
    });
  });
});
