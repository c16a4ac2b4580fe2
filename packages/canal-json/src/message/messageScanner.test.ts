import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FieldError, MalformedLineError, MessageTypeError } from '../errors.js';
import { ddlLine, rowLine, watermarkLine } from '../testing/log.js';
import { MessageKind } from './messageFields.js';
import { MessageScanner } from './messageScanner.js';

const WHERE = { file: 'log', line: 7, offset: 1000 };

function scan(text: string, scanner = new MessageScanner()): { scanner: MessageScanner; bytes: Uint8Array } {
  // Within other bytes, as lines of a chunk are.
  const bytes = Buffer.from(`}\n${text}\n{"`);
  scanner.scan(bytes, 2, bytes.length - 3, WHERE);
  return { scanner, bytes };
}

function failure(text: string): Error {
  try {
    scan(text);
  } catch (error) {
    return error as Error;
  }
  throw new Error('expected an error');
}

describe('what routing needs', () => {
  test('a row message', () => {
    const { scanner, bytes } = scan(
      rowLine(462_422_016_040_894_516n, 'shop_008', '14', { database: 'analytics', type: 'UPDATE', old: {} }),
    );
    expect(scanner.kind).toBe(MessageKind.UPDATE);
    expect(scanner.ts).toBe(462_422_016_040_894_516n);
    expect(scanner.rows).toBe(1);
    expect(scanner.database.text(bytes)).toBe('analytics');
    expect(scanner.table.text(bytes)).toBe('shop_008');
  });

  test('a DDL message', () => {
    const { scanner, bytes } = scan(ddlLine(5n, 'CREATE TABLE `é` (a INT COMMENT \'x\n"y"\')'));
    expect(scanner.kind).toBe(MessageKind.DDL);
    expect(scanner.sql.text(bytes)).toBe('CREATE TABLE `é` (a INT COMMENT \'x\n"y"\')');
  });

  test('a watermark', () => {
    const { scanner } = scan(watermarkLine(462_422_016_062_128_207n));
    expect(scanner.kind).toBe(MessageKind.WATERMARK);
    expect(scanner.ts).toBe(462_422_016_062_128_207n);
  });

  test('timestamps are exact to 2^64 - 2, and neighbours beyond 2^53 stay apart', () => {
    const scanner = new MessageScanner();
    for (const ts of [1n, 999_999_999n, 1_000_000_000n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 3n, 2n ** 64n - 2n]) {
      expect(scan(watermarkLine(ts), scanner).scanner.ts).toBe(ts);
    }
  });

  test('agrees with JSON.parse over messages of any key order, blanks, escapes and nested content', () => {
    const name = fc.string({ unit: 'grapheme', maxLength: 12 });
    const rows = fc.array(fc.dictionary(name, fc.option(name)), { minLength: 1, maxLength: 4 });
    const message = fc.record({
      database: name,
      table: name,
      type: fc.constantFrom('INSERT', 'UPDATE', 'DELETE'),
      isDdl: fc.constant(false),
      data: rows,
      old: fc.option(rows),
      pkNames: fc.option(fc.array(name)),
      mysqlType: fc.jsonValue(),
      extra: fc.jsonValue(),
      _tidb: fc.constant('TIDB'),
    });
    const order = fc.shuffledSubarray(
      ['database', 'table', 'type', 'isDdl', 'data', 'old', 'pkNames', 'mysqlType', 'extra', '_tidb'],
      {
        minLength: 10,
      },
    );
    const ts = fc.bigInt({ min: 1n, max: 2n ** 64n - 2n });
    const scanner = new MessageScanner();
    fc.assert(
      fc.property(message, order, ts, fc.constantFrom('', ' ', '\t '), fc.boolean(), (fields, keys, commitTs, blank, escapes) => {
        const parts = keys.map((key) => {
          const value = JSON.stringify(fields[key as keyof typeof fields]);
          return `${blank}${escapes ? escaped(key) : JSON.stringify(key)}${blank}:${blank}${value}`;
        });
        const text = `{${parts.join(',')}${blank}}`.replace('"TIDB"', `{"x":[{}],"commitTs":${blank}${commitTs}${blank}}`);
        const { bytes } = scan(text, scanner);
        const parsed = JSON.parse(text) as typeof fields;
        expect(scanner.ts).toBe(commitTs);
        expect(scanner.rows).toBe(parsed.data.length);
        expect(scanner.database.text(bytes)).toBe(parsed.database);
        expect(scanner.table.text(bytes)).toBe(parsed.table);
        expect(scanner.type.text(bytes)).toBe(parsed.type);
        expect(scanner.data.value(bytes)).toEqual(parsed.data);
        expect(scanner.old.value(bytes)).toEqual(parsed.old);
        expect(scanner.pkNames.value(bytes)).toEqual(parsed.pkNames);
      }),
      { numRuns: 300 },
    );
  });

  test('of a key that comes twice the last counts, as in JSON.parse', () => {
    const { scanner, bytes } = scan(
      '{"type":"DELETE","isDdl":true,"database":"a","table":"t","data":[{},{}],"_tidb":{"commitTs":1},' +
        '"type":"INSERT","isDdl":false,"database":"b","data":[{}],"_tidb":{"commitTs":1,"commitTs":2}}',
    );
    expect([scanner.kind, scanner.rows, scanner.ts, scanner.database.text(bytes)]).toEqual([MessageKind.INSERT, 1, 2n, 'b']);
  });

  test('remembering the types of a table does not let other types through unseen', () => {
    const scanner = new MessageScanner();
    const line = rowLine(1n, 't', '1');
    for (let round = 0; round < 3; round++) expect(scan(line, scanner).scanner.ts).toBe(1n);
    const other = line.replace('"v":"varchar"}', '"v":"varchar","w":"int"}');
    expect(scan(other, scanner).scanner.ts).toBe(1n);
    expect(() => scan(line.replace('"v":"varchar"}', '"v":"varchar"'), scanner)).toThrow(MalformedLineError);
    expect(() => scan(line.replace('"v":"varchar"}', '"v":"varchar"}}'), scanner)).toThrow(MalformedLineError);
    expect(() => scan(line.replace('"v":"varchar"}', '"v":varchar}'), scanner)).toThrow(MalformedLineError);
  });
});

describe('bad messages, each with its error', () => {
  const row = rowLine(5n, 't', '1');

  test('not JSON: names the byte', () => {
    const error = failure('{"id":0,oops}');
    expect(error).toBeInstanceOf(MalformedLineError);
    expect(error).toMatchObject({ code: 'CANAL_MALFORMED_LINE', file: 'log', line: 7, offset: 1008 });
    expect(error.message).toMatch(/^log, line 7 \(byte 1008\): .*expected a string at byte 8 of the line/);
  });

  test.each(['[]', '"x"', '1', 'null', ''])('JSON, but no object: %j', (text) => {
    expect(failure(text)).toBeInstanceOf(MalformedLineError);
  });

  test('cut off at any byte', () => {
    for (let length = 0; length < row.length; length++) expect(failure(row.slice(0, length))).toBeInstanceOf(MalformedLineError);
  });

  test('more behind it', () => {
    expect(failure(`${row}{}`)).toBeInstanceOf(MalformedLineError);
  });

  test('no _tidb', () => {
    const error = failure(row.replace('"_tidb"', '"tidb"'));
    expect(error).toBeInstanceOf(FieldError);
    expect(error.message).toMatch(/no _tidb object.*enable-tidb-extension/);
  });

  test.each(['null', '[]', '5', '"x"'])('_tidb is %s', (value) => {
    expect(failure(row.replace('{"commitTs":5}', value)).message).toContain('no _tidb object');
  });

  test('no commitTs', () => {
    expect(failure(row.replace('commitTs', 'commit')).message).toContain('_tidb.commitTs is missing');
  });

  test('no watermarkTs', () => {
    expect(failure(watermarkLine(5n).replace('watermarkTs', 'commitTs')).message).toContain('_tidb.watermarkTs is missing');
  });

  test.each([
    '"5"',
    '0',
    '-5',
    '5.0',
    '5e3',
    'null',
    'true',
    '{}',
    '18446744073709551615',
    '18446744073709551616',
    '99999999999999999999',
    '123456789012345678901',
  ])('commitTs is %s', (value) => {
    const error = failure(row.replace('"commitTs":5', `"commitTs":${value}`));
    expect(error).toBeInstanceOf(FieldError);
    expect(error.message).toContain(`_tidb.commitTs is ${value}`);
  });

  test('a type that is not known, by its name', () => {
    const error = failure(row.replace('"INSERT"', '"UPSERT"'));
    expect(error).toBeInstanceOf(MessageTypeError);
    expect(error.message).toContain("'UPSERT'");
  });

  test('no type', () => {
    expect(failure(row.replace('"type"', '"kind"'))).toBeInstanceOf(FieldError);
  });

  test('a row that says it is a DDL, and a DDL that says it is a row', () => {
    expect(failure(row.replace('"isDdl":false', '"isDdl":true'))).toBeInstanceOf(MessageTypeError);
    expect(failure(row.replace('"isDdl":false', '"isDdl":1'))).toBeInstanceOf(MessageTypeError);
    expect(failure(ddlLine(5n, 'DROP TABLE t').replace('"isDdl":true', '"isDdl":false'))).toBeInstanceOf(MessageTypeError);
  });

  test.each(['null', '[]', '{}', '"x"', '[1]', '[null]', '[{},[]]'])('data is %s', (value) => {
    const error = failure(row.replace('[{"id":"1","v":"v1"}]', value));
    expect(error).toBeInstanceOf(FieldError);
    expect(error.message).toContain('data');
  });

  test('database or table is not a string; a DDL without sql', () => {
    expect(failure(row.replace('"database":"d"', '"database":null')).message).toContain('database');
    expect(failure(row.replace('"table":"t"', '"table":5')).message).toContain('table');
    expect(failure(ddlLine(5n, 'x').replace('"sql":"x"', '"sql":null')).message).toContain('sql');
  });

  test('a row of which only the key, or a reference, is in the log', () => {
    expect(failure(row.replace('"commitTs":5', '"onlyHandleKey":true,"commitTs":5')).message).toContain('complete rows');
    expect(failure(row.replace('"commitTs":5', '"commitTs":5,"claimCheckLocation":"s3://x"')).message).toContain('complete rows');
    expect(scan(row.replace('"commitTs":5', '"commitTs":5,"onlyHandleKey":false,"claimCheckLocation":""')).scanner.ts).toBe(5n);
  });
});

/** A key with its first character written as a Unicode escape. */
function escaped(key: string): string {
  return `"\\u00${key.charCodeAt(0).toString(16)}${key.slice(1)}"`;
}
