import { describe, expect, test } from 'vitest';
import { FieldError } from '../errors.js';
import { ddlLine, rowLine, watermarkLine } from '../testing/log.js';
import { decodeMessage } from './decode.js';

const decode = (text: string): ReturnType<typeof decodeMessage> => decodeMessage(Buffer.from(text));

describe('decodeMessage', () => {
  test('a row change, with its exact ts', () => {
    const text = rowLine(2n ** 60n + 1n, 't', '1', {
      type: 'UPDATE',
      data: { id: '1', v: 'é"\\\n🚀', w: null },
      old: { v: null },
    });
    expect(decode(text)).toEqual({
      type: 'row',
      change: 'update',
      database: 'd',
      table: 't',
      commitTs: 2n ** 60n + 1n,
      pkNames: ['id'],
      data: [{ id: '1', v: 'é"\\\n🚀', w: null }],
      old: [{ v: null }],
    });
  });

  test('an insert and a delete have no old values; pkNames may be null', () => {
    expect(decode(rowLine(1n, 't', '1', { old: { v: 'x' } }))).toMatchObject({ change: 'insert', old: null });
    expect(decode(rowLine(1n, 't', '1', { type: 'DELETE' }).replace('["id"]', 'null'))).toMatchObject({
      change: 'delete',
      pkNames: [],
    });
  });

  test('a DDL and a watermark', () => {
    expect(decode(ddlLine(7n, 'DROP TABLE `t`', 'd', 't'))).toEqual({
      type: 'ddl',
      canalType: 'QUERY',
      database: 'd',
      table: 't',
      commitTs: 7n,
      sql: 'DROP TABLE `t`',
    });
    expect(decode(watermarkLine(8n))).toEqual({ type: 'watermark', ts: 8n });
  });

  test('a plain Uint8Array within a larger buffer', () => {
    const bytes = new TextEncoder().encode(`xx${watermarkLine(8n)}yy`);
    expect(decodeMessage(bytes.subarray(2, -2))).toEqual({ type: 'watermark', ts: 8n });
  });

  test.each([
    ['a number in data', rowLine(1n, 't', '1', { data: { id: 1 } }), 'id'],
    ['a nested value in data', rowLine(1n, 't', '1', { data: { id: '1', v: {} } }), "'v'"],
    ['a boolean in old', rowLine(1n, 't', '1', { type: 'UPDATE', old: { v: true } }), 'old'],
    ['an update without old', rowLine(1n, 't', '1', { type: 'UPDATE' }), 'old'],
    ['an old of another length', rowLine(1n, 't', '1', { type: 'UPDATE', old: {} }).replace('[{}]', '[{},{}]'), 'old'],
    ['an old of something else', rowLine(1n, 't', '1', { type: 'UPDATE', old: {} }).replace('[{}]', '[5]'), 'old'],
    ['pkNames of something else', rowLine(1n, 't', '1').replace('["id"]', '[5]'), 'pkNames'],
  ])('refuses %s', (_, text, named) => {
    expect(() => decode(text)).toThrow(FieldError);
    expect(() => decode(text)).toThrow(named);
  });

  test('names the place it is given', () => {
    expect(() => decodeMessage(Buffer.from('{}'), { file: 'CDC1.json', line: 3, offset: 50 })).toThrow(
      /^CDC1\.json, line 3 \(byte 50\)/,
    );
  });
});
