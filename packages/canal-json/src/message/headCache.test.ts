import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rowLine } from '../testing/log.js';
import { HeadCache } from './headCache.js';
import { MessageScanner } from './messageScanner.js';

const WHERE = { file: 'log', line: 1, offset: 0 };
const SPANS = ['database', 'table', 'type', 'sql', 'data', 'old', 'pkNames', 'mysqlType'] as const;

/** Everything that a scan says of a message, or how it fails. */
function said(scanner: MessageScanner, text: string, before = ''): unknown {
  const bytes = Buffer.from(`${before}${text}`);
  const start = Buffer.byteLength(before);
  try {
    scanner.scan(bytes, start, bytes.length, WHERE);
  } catch (error) {
    return String(error);
  }
  const { kind, ts, rows } = scanner;
  return { kind, ts, rows, spans: SPANS.map((name) => [scanner[name].absent, scanner[name].escaped, scanner[name].text(bytes)]) };
}

const HEADS = [
  '"database":"d","table":"t","pkNames":["a"],"isDdl":false,"type":"INSERT","sql":"","mysqlType":{"a":"int"},',
  '"database":"d","table":"t","pkNames":["a"],"isDdl":false,"type":"DELETE","sql":"","mysqlType":{"a":"int"},',
  '"database":"d","table":"t2","isDdl":false,"type":"UPDATE",',
  '"type":"INSERT", "isDdl":false ,"table":"t\\u0041","database":"d",',
  '"type":"INSERT","isDdl":false,"table":"é","database":"d",',
  '"type":"INSERT","isDdl":true,"table":"t","database":"d",',
  '"type":"INSERT","isDdl":false,"database":"d","old":null,"table":"t",',
  '"type":"INSERT","isDdl":false,"database":"d","table":"t","_tidb":{"commitTs":7},',
  '"type":"INSERT","isDdl":false,"database":"d","table":"t","data":[{}],',
  '"type":"INSERT","isDdl":false,"table":"t",',
  '',
];
const DATA = ['[{"a":"1"}]', '[{"a":"1"},{"a":"é"}]', '[]', 'null', '[1]', ' [ {} ] ', '[{"a":"1"', '[{"a":}]', ''];
const TAILS = [
  ',"old":null,"es":1,"_tidb":{"commitTs":5}}',
  ',"_tidb":{"commitTs":18446744073709551614}}',
  ',"old":[{"a":"0"}],"_tidb":{"commitTs":6}}',
  ',"database":"other","type":"DELETE","_tidb":{"commitTs":6}}',
  ',"data":[{"a":"2"},{"a":"3"},{"a":"4"}],"_tidb":{"commitTs":6}}',
  ',"isDdl":true,"_tidb":{"commitTs":6}}',
  ',"_tidb":{"commitTs":6,"onlyHandleKey":true}}',
  '}',
  ',"_tidb":null}',
  ',"_tidb":{"commitTs":6}} x',
  ',"_tidb":{"commitTs":"6"}}',
  ',',
  '',
];

test('a message means the same whatever came before it, and wherever it stands', () => {
  const message = fc
    .tuple(fc.constantFrom(...HEADS), fc.constantFrom(...DATA), fc.constantFrom(...TAILS))
    .map(([head, data, tail]) => `{"id":0,${head}"data":${data}${tail}`);
  const messages = fc.array(fc.tuple(message, fc.constantFrom('', '\n', 'é,{')), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(messages, (sequence) => {
      const scanner = new MessageScanner();
      for (const [text, before] of sequence) expect(said(scanner, text, before)).toEqual(said(new MessageScanner(), text));
    }),
    { numRuns: 500 },
  );
});

test('heads are recognised, those of more tables than there is room for as well as can be', () => {
  const scanner = new MessageScanner();
  for (let round = 0; round < 3; round++) {
    for (let table = 0; table < 3_000; table++) {
      const text = rowLine(5n, `table_${table}`, '1', { type: 'INSERT' });
      expect(said(scanner, text)).toMatchObject({ rows: 1, ts: 5n });
      expect(scanner.table.text(Buffer.from(text))).toBe(`table_${table}`);
    }
  }
});

test('where heads never come again it rests, and then looks again', () => {
  const cache = new HeadCache();
  const fields = new MessageScanner();
  let looked = 0;
  for (let id = 0; id < 100_000; id++) {
    const bytes = Buffer.from(`{"id":${id},"data":1}`);
    const data = bytes.length - 2;
    if (cache.match(fields, bytes, 0, bytes.length) >= 0) throw new Error('it was never seen');
    cache.remember(fields, bytes, 0, data, bytes.length);
    if (cache.match(fields, bytes, 0, bytes.length) === data) looked++;
  }
  expect(looked).toBe(100_000);
  // Without the second look nothing is ever recognised, so most are passed by.
  const other = new HeadCache();
  let kept = 0;
  for (let id = 0; id < 100_000; id++) {
    const bytes = Buffer.from(`{"id":${id},"data":1}`);
    other.match(fields, bytes, 0, bytes.length);
    other.remember(fields, bytes, 0, bytes.length - 2, bytes.length);
  }
  for (let id = 0; id < 100_000; id++) {
    const bytes = Buffer.from(`{"id":${id},"data":1}`);
    if (other.match(fields, bytes, 0, bytes.length) >= 0) kept++;
  }
  expect(kept).toBeLessThan(2_000);
});
