import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Codec } from './codec.js';

/** More than 32 structures: beyond that msgpackr's ids take two bytes. */
const STRUCTURES = [
  ['type', 'ts', 'bytes'],
  ['type', 'handle', 'generation', 'commitTs'],
  ...Array.from({ length: 60 }, (_, i) => ['type', `a${i}`, `b${i}`]),
];

function shared(bytes: Uint8Array, offset: number): Uint8Array {
  const memory = new Uint8Array(new SharedArrayBuffer(offset + bytes.length));
  memory.set(bytes, offset);
  return memory;
}

/** Encodes on one side and decodes on another, out of shared memory, as a lane does. */
function roundTrip(message: unknown, structures: readonly (readonly string[])[] = STRUCTURES): unknown {
  const bytes = new Codec(structures).encode(message);
  return new Codec(structures).decode(shared(bytes, 24), 24, bytes.length);
}

describe('codec: what comes out is what went in', () => {
  it.each([0n, 1n, -1n, 255n, 2n ** 53n, 2n ** 53n + 1n, -(2n ** 63n), 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n])(
    'bigint %s',
    (value) => {
      expect(roundTrip({ type: 'x', ts: value, bytes: null })).toStrictEqual({ type: 'x', ts: value, bytes: null });
    },
  );

  it.each([0, -1, 255, 2 ** 31, 2 ** 32, 2 ** 40, 2 ** 53 - 1, 0.1, -1.5e300, Number.NaN, Number.POSITIVE_INFINITY])(
    'number %s',
    (value) => {
      expect(roundTrip(value)).toBe(value);
    },
  );

  it.each([
    new Uint8Array([1, 2, 255]),
    new Uint8Array(0),
    new Uint32Array([1, 0xffff_ffff]),
    new BigUint64Array([0n, 2n ** 64n - 1n]),
    new Int32Array([-1]),
    new Float64Array([0.5]),
    new Uint32Array(100).fill(7).subarray(3, 90),
  ])('%o, in memory of its own', (value) => {
    const { bytes } = roundTrip({ type: 'x', ts: 1n, bytes: value }) as { bytes: typeof value };
    expect(bytes).toStrictEqual(value);
    expect(bytes.constructor).toBe(value.constructor);
    expect(bytes.buffer).toBeInstanceOf(ArrayBuffer);
    expect(bytes.buffer.byteLength).toBe(value.byteLength);
  });

  it('typed arrays keep their content when the next message is decoded', () => {
    const codec = new Codec();
    const decode = (message: unknown): unknown => {
      const bytes = codec.encode(message).slice();
      return codec.decode(bytes, 0, bytes.length);
    };
    const first = decode({
      a: new Uint32Array([1, 2, 3]),
      b: new Uint8Array([9, 9]),
      c: 'text of more than thirty-two characters',
    });
    decode({ a: new Uint32Array([7, 7, 7]), b: new Uint8Array([1, 1]), c: 'another text of more than thirty-two chars' });
    expect(first).toStrictEqual({
      a: new Uint32Array([1, 2, 3]),
      b: new Uint8Array([9, 9]),
      c: 'text of more than thirty-two characters',
    });
  });

  it('undefined, present and absent fields stay apart', () => {
    const messages = [{ type: 'x', ts: undefined, bytes: 1 }, { type: 'x' }, { type: 'x', other: undefined }, [undefined, null]];
    for (const message of messages) expect(roundTrip(message)).toStrictEqual(message);
  });

  it('every structure of a long list, and shapes that are in none', () => {
    for (let i = 0; i < 60; i++) {
      const known = { type: 't', [`a${i}`]: BigInt(i), [`b${i}`]: { type: 'u', [`a${59 - i}`]: 1, [`b${59 - i}`]: [i] } };
      expect(roundTrip(known)).toStrictEqual(known);
      expect(roundTrip({ ...known, extra: i })).toStrictEqual({ ...known, extra: i });
    }
  });

  it('text of every length around the limits of the native decoder', () => {
    for (const length of [0, 15, 31, 32, 33, 255, 256, 70_000]) {
      for (const letter of ['x', 'é', '汉']) expect(roundTrip(letter.repeat(length))).toBe(letter.repeat(length));
    }
  });

  it('any plain value', () => {
    const value = fc.anything({
      withBigInt: true,
      withTypedArray: true,
      withMap: true,
      withSet: true,
      withDate: false,
      maxDepth: 4,
    });
    const clean = value.filter((candidate) => isPlain(candidate));
    fc.assert(
      fc.property(clean, (message) => {
        expect(roundTrip(message)).toStrictEqual(message);
      }),
      { numRuns: 300 },
    );
  });
});

/** Without what cannot travel by design: symbols, functions, -0 (MessagePack has no such integer), `__proto__`, null prototypes. */
function isPlain(value: unknown): boolean {
  if (typeof value === 'symbol' || typeof value === 'function' || Object.is(value, -0)) return false;
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return true;
  if (value instanceof Map) return [...value].flat().every(isPlain);
  if (value instanceof Set || Array.isArray(value)) return [...value].every(isPlain);
  if (Object.getPrototypeOf(value) !== Object.prototype || Object.hasOwn(value, '__proto__')) return false;
  return Object.values(value).every(isPlain);
}

describe('codec: nothing is learned', () => {
  it('a decoder that has seen nothing understands an encoder that has seen everything', () => {
    const encoder = new Codec(STRUCTURES);
    for (let i = 0; i < 500; i++) encoder.encode({ [`k${i}`]: 1, nested: { [`n${i}`]: i } });
    const message = { k499: 1, nested: { n499: { type: 'x', ts: 1n, bytes: null } } };
    const bytes = encoder.encode(message).slice();
    expect(new Codec(STRUCTURES).decode(bytes, 0, bytes.length)).toStrictEqual(message);
  });

  it('two producers whose messages interleave do not mix', () => {
    const decoder = new Codec(STRUCTURES);
    const producers = [new Codec(STRUCTURES), new Codec(STRUCTURES)];
    for (let i = 0; i < 200; i++) {
      const message = { [`p${i % 2}`]: i, type: `shape ${i % 7}`, [`x${i % 5}`]: 1n };
      const bytes = (producers[i % 2] as Codec).encode(message).slice();
      expect(decoder.decode(bytes, 0, bytes.length)).toStrictEqual(message);
    }
  });
});

describe('codec: errors', () => {
  it('names a message that cannot travel', () => {
    for (const value of [() => 1, Symbol('s')]) {
      expect(() => new Codec().encode({ type: 'rows', value })).toThrow(/message 'rows' cannot be encoded/);
    }
  });

  it('encodes the next message after one that failed', () => {
    const codec = new Codec(STRUCTURES);
    expect(() => codec.encode({ type: 'x', ts: 1n, bytes: Symbol('s') })).toThrow(/'x'/);
    const bytes = codec.encode({ type: 'x', ts: 1n, bytes: 2 }).slice();
    expect(codec.decode(bytes, 0, bytes.length)).toStrictEqual({ type: 'x', ts: 1n, bytes: 2 });
  });

  it('refuses bytes that are no message', () => {
    expect(() => new Codec().decode(new Uint8Array([0x93, 1]), 0, 2)).toThrow(/cannot be decoded/);
    expect(() => new Codec().decode(new Uint8Array([1, 2, 3]), 0, 3)).toThrow(/cannot be decoded/);
  });

  it('has a fingerprint that tells lists of structures apart', () => {
    const prints = [[], [['a']], [['a', 'b']], [['b', 'a']], [['a'], ['b']]].map((list) => new Codec(list).fingerprint);
    expect(new Set(prints).size).toBe(prints.length);
    expect(new Codec([['a', 'b']]).fingerprint).toBe(new Codec([['a', 'b']]).fingerprint);
  });
});
