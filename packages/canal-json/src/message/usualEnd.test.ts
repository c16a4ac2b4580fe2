import { describe, expect, test } from 'vitest';
import { MalformedLineError } from '../errors.js';
import { MessageScanner } from './messageScanner.js';

const HEAD = '{"id":0,"database":"d","table":"t","isDdl":false,"type":"UPDATE","mysqlType":{"id":"int"},"data":';
const DATA = '[{"id":"1","v":"ü"}]';

/** Scans a message whose head was read before, within other bytes; the way of nearly every row. */
function scan(end: string, reference = false): { scanner: MessageScanner; bytes: Buffer } {
  const scanner = new MessageScanner();
  const usual = Buffer.from(`${HEAD}[{}],"_tidb":{"commitTs":7}}`);
  const where = { file: 'log', line: 1, offset: 0 };
  if (!reference) scanner.scan(usual, 0, usual.length, where);
  const text = `${HEAD}${DATA}${end}`;
  const bytes = Buffer.from(`\n${text}\n{"id":1}}`);
  scanner.scan(bytes, 1, 1 + Buffer.byteLength(text), where);
  return { scanner, bytes };
}

describe('what usually follows the data of a message', () => {
  test.each([
    ',"_tidb":{"commitTs":5}}',
    ',"old":[{"v":"a"}],"_tidb":{"commitTs":462422016040894516}}',
    ',"old":null,"es":1764000016983,"ts":1764000016984,"_tidb":{"commitTs":5}}',
    ',"es":0,"ts":1,"_tidb":{"commitTs":5}}',
    ',"es":1.5e3,"ts":-1,"_tidb":{"commitTs":5}}',
    ',"ts":1,"es":2,"_tidb":{"commitTs":5}}',
    ',"es":1,"_tidb":{"commitTs":5},"ts":2}',
    ',"es":1,"_tidb":{"commitTs":5,"onlyHandleKey":false}}',
    ',"_tidb":{"commitTs":5} }',
    ',"_tidb":{"commitTs":5}} ',
    ', "_tidb":{"commitTs":5}}',
    ',"_tidb":{"commitTs":4},"_tidb":{"commitTs":5}}',
    ',"old":[{"v":"a"}],"old":[{"v":"b"}],"_tidb":{"commitTs":5}}',
    ',"es":1,"more":[{}],"_tidb":{"commitTs":5}}',
  ])('%s', (end) => {
    const { scanner, bytes } = scan(end);
    const parsed = JSON.parse(`${HEAD}${DATA}${end}`) as { old?: unknown };
    expect(scanner.ts).toBe(BigInt(/.*"commitTs":(\d+)/.exec(end)?.[1] ?? 0));
    expect(scanner.old.value(bytes) ?? null).toEqual(parsed.old ?? null);
    expect([scanner.table.text(bytes), scanner.rows]).toEqual(['t', 1]);
  });

  test.each([
    '',
    '}',
    ',"_tidb":{"commitTs":05}}',
    ',"es":01,"_tidb":{"commitTs":5}}',
    ',"es":1"ts":2,"_tidb":{"commitTs":5}}',
    ',"_tidb":{"commitTs":"5"}}',
    ',"_tidb":{"commitTs":}}',
    ',"_tidb":{"commitTs":18446744073709551616}}',
    ',"_tidb":{"commitTs":5}}}',
    ',"_tidb":{"commitTs":5}',
    ',"_tidb":{"commitTs":5',
    ',"_tidb":{"com',
    ',"old":,"_tidb":{"commitTs":5}}',
    ',"old":[{"v":"a}],"_tidb":{"commitTs":5}}',
    ',"es":1,"_tidb":{"commitTs":5,"onlyHandleKey":true}}',
  ])('is refused as ever: %s', (end) => {
    const failure = (reference: boolean): Error => {
      try {
        scan(end, reference);
      } catch (error) {
        return error as Error;
      }
      throw new Error('it was taken');
    };
    expect(failure(false)).toEqual(failure(true));
    expect(failure(false).constructor).toBe(failure(true).constructor);
  });

  test('a message that was cut off does not go on in the next line', () => {
    const whole = ',"old":null,"es":1764000016983,"ts":1764000016984,"_tidb":{"commitTs":5}}';
    for (let length = 0; length < whole.length; length++) expect(() => scan(whole.slice(0, length))).toThrow(MalformedLineError);
  });
});
