import type { KeyRange } from '@tidegate/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { range } from '../testing/spans.js';
import { findHoles, overlaps } from './holes.js';

const decode = new TextDecoder();
const shown = (holes: readonly KeyRange[]) => holes.map(({ start, end }) => `${decode.decode(start)}-${decode.decode(end)}`);
const holes = (...pieces: readonly [string, string][]) => shown(findHoles(pieces.map(([start, end]) => range(start, end))));

describe('holes of a table (S-6)', () => {
  it('MapFindHole: a chain without gaps has none; a missing part; two gaps; nothing reported: all; only an end; only a beginning; overlaps over everything: none', () => {
    expect(holes(['', '1'], ['1', '3'], ['3', ''])).toEqual([]);
    expect(holes(['', '1'], ['3', ''])).toEqual(['1-3']);
    expect(holes(['', '1'], ['2', '3'], ['4', ''])).toEqual(['1-2', '3-4']);
    expect(holes()).toEqual(['-']);
    expect(holes(['4', ''])).toEqual(['-4']);
    expect(holes(['', '1'])).toEqual(['1-']);
    expect(holes(['', '3'], ['2', '5'], ['1', ''])).toEqual([]);
  });

  it('in any order, and within a range that is not the whole table', () => {
    expect(holes(['5', ''], ['', '1'], ['2', '4'])).toEqual(['1-2', '4-5']);
    const within = (pieces: readonly KeyRange[]) => shown(findHoles(pieces, range('b', 'f')));
    expect(within([])).toEqual(['b-f']);
    expect(within([range('', 'a'), range('g', '')])).toEqual(['b-f']);
    expect(within([range('', 'c'), range('d', '')])).toEqual(['c-d']);
    expect(within([range('c', 'd')])).toEqual(['b-c', 'd-f']);
    expect(within([range('', '')])).toEqual([]);
  });

  it('with the pieces they are everything, and none of them touches a piece', () => {
    const key = fc.integer({ min: 0, max: 9 }).map(String);
    const piece = fc.tuple(key, key).map(([a, b]) => (a < b ? range(a, b) : range(b === a ? '' : b, a === '0' ? '' : a)));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
        const found = findHoles(pieces);
        expect(findHoles([...pieces, ...found])).toEqual([]);
        for (const hole of found) for (const other of pieces) expect(overlaps(hole, other)).toBe(false);
      }),
    );
  });
});
