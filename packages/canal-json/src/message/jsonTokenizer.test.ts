import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JsonSyntaxProblem, JsonTokenizer, MAX_DEPTH } from './jsonTokenizer.js';

/** Whether the tokenizer takes these bytes as one JSON text. They lie within others, so that reading on would be noticed. */
function accepts(text: Uint8Array): boolean {
  const bytes = Buffer.concat([Buffer.from('"{['), text, Buffer.from('"}],:1"')]);
  const json = new JsonTokenizer();
  json.start(bytes, 3, 3 + text.length);
  try {
    json.skipValue();
    json.finish();
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(JsonSyntaxProblem);
    return false;
  }
}

function parses(text: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(text));
    return true;
  } catch {
    return false;
  }
}

/** JSON text with blanks between its tokens and escapes in its strings, at random. */
const spaced = fc
  .tuple(fc.json({ maxDepth: 4 }), fc.array(fc.constantFrom('', ' ', '\t', '\r\n'), { minLength: 1, maxLength: 5 }))
  .map(([json, blanks]) => {
    let index = 0;
    const blank = (): string => blanks[index++ % blanks.length] as string;
    const tokens = json.match(/"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^{}[\]:,"\s]+/gs) ?? [];
    return Buffer.from(blank() + tokens.map((token) => token + blank()).join(''));
  });

describe('JsonTokenizer', () => {
  test('accepts whatever JSON.stringify writes, with blanks between tokens', () => {
    fc.assert(
      fc.property(spaced, (text) => {
        expect(accepts(text)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('accepts exactly what JSON.parse accepts: JSON with some bytes changed', () => {
    const edit = fc.tuple(fc.nat(), fc.constantFrom(...Buffer.from('{}[]:,"\\ue+-.019 \n\ttfn\u0001é'), 0x80, 0xff), fc.nat(2));
    fc.assert(
      fc.property(spaced, fc.array(edit, { minLength: 1, maxLength: 3 }), (text, edits) => {
        let bytes: Uint8Array = text;
        for (const [place, byte, how] of edits) {
          const at = place % (bytes.length + 1);
          // 0 replaces, 1 inserts, 2 cuts off.
          bytes = Buffer.concat(
            [bytes.subarray(0, at), how === 2 ? [] : [byte], how === 2 ? [] : bytes.subarray(at + (how === 0 ? 1 : 0))].map(
              (part) => Buffer.from(part),
            ),
          );
        }
        expect(accepts(bytes)).toBe(parses(bytes));
      }),
      { numRuns: 3000 },
    );
  });

  test.each([
    '',
    ' ',
    'nul',
    'nulll',
    'truefalse',
    '01',
    '-',
    '1.',
    '.5',
    '1e',
    '1e+',
    '+1',
    '"',
    '"\\x"',
    '"\\u12g4"',
    '"\\u123',
    '"a\nb"',
    '"a\tb"',
    '{',
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '{"a":"b"',
    '{"a":"b',
    '{a:1}',
    '{"a":"b" "c":1}',
    '[1,]',
    '[1 2]',
    '[1]]',
    '{}{}',
    '\ufeff{}',
    '\u000b1',
    '/**/1',
  ])('refuses %j', (text) => {
    expect(parses(Buffer.from(text))).toBe(false);
    expect(accepts(Buffer.from(text))).toBe(false);
  });

  test.each([
    '{"":""}',
    '{"a":{"b":{"c":[[],{}]}}}',
    '{ "a" : "b" , "c" : null }',
    '"\\u00e9\\ud83d\\ude80\\"\\\\\\/\\b\\f\\n\\r\\t"',
    '"\\ud800"',
    '-0.0e-10',
    '1E400',
    '"é東🚀"',
    '\r\n[ ]\t',
  ])('accepts %j', (text) => {
    expect(parses(Buffer.from(text))).toBe(true);
    expect(accepts(Buffer.from(text))).toBe(true);
  });

  test('refuses bytes that are not UTF-8, in keys and in values', () => {
    const bad = Buffer.from([0xc3, 0x28]);
    expect(accepts(Buffer.concat([Buffer.from('{"a":"'), bad, Buffer.from('"}')]))).toBe(false);
    expect(accepts(Buffer.concat([Buffer.from('{"'), bad, Buffer.from('":1}')]))).toBe(false);
  });

  test(`takes nesting to ${MAX_DEPTH} levels and no further`, () => {
    const nested = (depth: number): Buffer => Buffer.from('['.repeat(depth) + ']'.repeat(depth));
    expect(accepts(nested(MAX_DEPTH))).toBe(true);
    expect(accepts(nested(MAX_DEPTH + 1))).toBe(false);
    expect(accepts(nested(1_000_000))).toBe(false);
  });
});
