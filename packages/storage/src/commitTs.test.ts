import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commitTsOf } from './commitTs.js';

const of = (text: string): bigint | undefined => commitTsOf(new TextEncoder().encode(text));

describe('commitTsOf', () => {
  test('of the usual form, beyond 2^53, exactly', () => {
    expect(of('{"id":0,"data":[{"a":"1"}],"_tidb":{"commitTs":462422016000786433}}')).toBe(462422016000786433n);
    expect(of('{"_tidb":{"commitTs":18446744073709551615}}')).toBe(18446744073709551615n);
  });

  test.each([
    '{"_tidb":{"commitTs":7},"id":0}',
    '{"_tidb":{"onlyHandleKey":true,"commitTs":7}}',
    '{"_tidb":{"commitTs":7,"watermarkTs":8}}',
    ' { "a" : { "b" : 1 } , "_tidb" : { "commitTs" : 7 } } ',
    '{"data":[{"_tidb":"5","commitTs":"6"}],"_tidb":{"commitTs":7},"ts":9}',
    '{"data":[{"x":{"_tidb":{"commitTs":5}}}],"_tidb":{"commitTs":7}}',
    '{"sql":"\\"_tidb\\":{\\"commitTs\\":5}}","_tidb":{"commitTs":7},"z":"}}"}',
    '{"_\\u0074idb":{"commit\\u0054s":7},"id":0}',
    '{"_tidb":{"commitTs":5},"_tidb":{"commitTs":6,"commitTs":7},"id":0}',
    '{"_tidb":{"commitTs":7},"x\\"_tidb":{"commitTs":5}}',
    '{"a\\"b":"\\\\","_tidb":{"x":{"commitTs":5},"commitTs":7} }',
  ])('of %s', (text) => {
    expect(of(text)).toBe(7n);
  });

  test.each([
    '',
    '{}',
    '{"commitTs":5}',
    '{"_tidb":{"watermarkTs":5}}',
    '{"_tidb":null,"x":{"commitTs":5}}',
    '{"x":{"_tidb":{"commitTs":5}}}',
    '{"_tidb":[{"commitTs":5}] }',
    '{"_tidb":{"commitTs":"5"}}',
    '{"_tidb":{"commitTs":18446744073709551616}}',
    '{"_tidb":{"commitTs":',
  ])('none in %s', (text) => {
    expect(of(text)).toBeUndefined();
  });

  test('whatever surrounds it', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        fc.boolean(),
        (other, ts, first) => {
          const { _tidb: _, ...rest } = other as Record<string, unknown>;
          const inner = JSON.stringify(rest).slice(1, -1);
          const tidb = `"_tidb":{"commitTs":${ts}}`;
          const parts = (first ? [tidb, inner] : [inner, tidb]).filter((part) => part !== '');
          expect(of(`{${parts.join(',')}}`)).toBe(ts);
        },
      ),
    );
  });
});
