import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineTooLongError } from '../errors.js';
import { LineSplitter } from './lineSplitter.js';

interface Line {
  readonly text: string;
  readonly line: number;
  readonly offset: number;
}

function split(chunks: readonly Uint8Array[], maxLineBytes = 1000): Line[] {
  const splitter = new LineSplitter('log', maxLineBytes);
  const lines: Line[] = [];
  const take = (): void => {
    const text = Buffer.from(splitter.bytes.subarray(splitter.start, splitter.end)).toString();
    lines.push({ text, line: splitter.line, offset: splitter.offset });
  };
  for (const chunk of chunks) {
    splitter.push(chunk);
    while (splitter.next()) take();
  }
  if (splitter.finish()) take();
  return lines;
}

describe('LineSplitter', () => {
  test('counts lines from 1 and bytes from 0, and skips blank lines without losing count', () => {
    expect(split([Buffer.from('a\n\r\nbc\r\n\nd')])).toEqual([
      { text: 'a', line: 1, offset: 0 },
      { text: 'bc', line: 3, offset: 4 },
      { text: 'd', line: 5, offset: 9 },
    ]);
  });

  test('gives the same lines however the bytes are cut into chunks', () => {
    const text = fc
      .array(fc.constantFrom('a', 'é', '\n', '\r', '東'), { maxLength: 60 })
      .map((parts) => Buffer.from(parts.join('')));
    fc.assert(
      fc.property(text, fc.array(fc.nat(80), { maxLength: 8 }), (bytes, cuts) => {
        const chunks: Uint8Array[] = [];
        let from = 0;
        for (const cut of [...cuts, bytes.length].sort((a, b) => a - b)) {
          chunks.push(bytes.subarray(from, cut));
          from = Math.min(cut, bytes.length);
        }
        const expected: Line[] = [];
        let offset = 0;
        for (const [index, part] of bytes.toString().split('\n').entries()) {
          const kept = part.endsWith('\r') ? part.slice(0, -1) : part;
          if (kept !== '') expected.push({ text: kept, line: index + 1, offset });
          offset += Buffer.byteLength(part) + 1;
        }
        expect(split(chunks)).toEqual(expected);
      }),
    );
  });

  test('does not copy a line that lies within one chunk', () => {
    const chunk = Buffer.from('one\ntwo\n');
    const splitter = new LineSplitter('log', 100);
    splitter.push(chunk);
    expect(splitter.next()).toBe(true);
    expect(splitter.bytes).toBe(chunk);
  });

  test('a line too long is an error that names the line and its first byte, before its end has come', () => {
    const splitter = new LineSplitter('big.jsonl', 8);
    splitter.push(Buffer.from('ok\n12345'));
    expect(splitter.next()).toBe(true);
    expect(splitter.next()).toBe(false);
    splitter.push(Buffer.from('6789'));
    const error = catchError(() => splitter.next());
    expect(error).toBeInstanceOf(LineTooLongError);
    expect(error).toMatchObject({ code: 'CANAL_LINE_TOO_LONG', file: 'big.jsonl', line: 2, offset: 3 });
    expect((error as Error).message).toContain('maxLineBytes');
  });

  test('a complete line too long within one chunk is an error; one of exactly the bound is not', () => {
    expect(split([Buffer.from('12345678\n')], 8)).toHaveLength(1);
    expect(catchError(() => split([Buffer.from('123456789\n')], 8))).toBeInstanceOf(LineTooLongError);
  });
});

function catchError(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('expected an error');
}
