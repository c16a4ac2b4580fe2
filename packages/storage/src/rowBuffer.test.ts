import { expect, test } from 'vitest';
import { ChunkPool } from './chunkPool.js';
import { RowBuffer } from './rowBuffer.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (buffer: RowBuffer): string => Buffer.concat(buffer.take()).toString();

test('one line for each change, whatever line break the source put at its end', () => {
  const buffer = new RowBuffer(new ChunkPool(0));
  for (const change of ['a', 'b\n', 'c\r\n', 'é東']) buffer.append(bytes(change));
  expect(buffer.size).toBe(Buffer.byteLength('a\nb\nc\né東\n'));
  expect(text(buffer)).toBe('a\nb\nc\né東\n');
});

test('a change that would be no line or several is refused, and nothing of it stays', () => {
  const buffer = new RowBuffer(new ChunkPool(0));
  buffer.append(bytes('a'));
  for (const change of ['', '\n', '\r\n', 'b\nc', 'b\nc\n']) {
    expect(() => buffer.append(bytes(change))).toThrow(expect.objectContaining({ code: 'STORAGE_ROW' }));
  }
  expect(text(buffer)).toBe('a\n');
});

test('keeps order and content over many chunks, and copies what it takes', () => {
  const buffer = new RowBuffer(new ChunkPool(0));
  const expected: string[] = [];
  const scratch = new Uint8Array(5_000);
  for (let change = 0; change < 2_000; change++) {
    const length = 1 + ((change * 7919) % 4_999);
    scratch.fill(97 + (change % 26), 0, length);
    buffer.append(scratch.subarray(0, length));
    expected.push(String.fromCharCode(97 + (change % 26)).repeat(length));
  }
  scratch.fill(0);
  expect(text(buffer)).toBe(`${expected.join('\n')}\n`);
});

test('changes that come in turn from parts of a table stand in commit order at the end, those of one ts as they came', () => {
  const buffer = new RowBuffer(new ChunkPool(0));
  const change = (ts: bigint, value: string): string => `{"v":"${value}","_tidb":{"commitTs":${ts}}}`;
  const BIG = 2n ** 63n;
  for (const [ts, value] of [
    [12n, 'a'],
    [BIG + 3n, 'b'],
    [11n, 'c'],
    [12n, 'd'],
    [BIG + 2n, 'e'],
  ] as const) {
    buffer.append(bytes(change(ts, value)));
    buffer.expect(ts, ts);
  }
  expect([...text(buffer).matchAll(/"v":"(.)"/g)].map(([, value]) => value).join('')).toBe('cadeb');
});
