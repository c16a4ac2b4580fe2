import { describe, expect, it } from 'vitest';
import { stretchesOf } from './stretches.js';

/** Handles of stretches that begin at `firsts`, `length` each. */
function handles(firsts: readonly number[], length: number): Uint32Array {
  return Uint32Array.from(firsts.flatMap((first) => Array.from({ length }, (_, i) => first + i)));
}

describe('stretches', () => {
  it('tell where neighbours end', () => {
    expect(stretchesOf(handles([5], 64))).toEqual(Uint32Array.of(64));
    expect(stretchesOf(handles([500, 5, 100], 40))).toEqual(Uint32Array.of(40, 80, 120));
  });

  it('are not told where they are short: every other handle, the same handle, few rows', () => {
    expect(stretchesOf(handles([5], 3))).toBeUndefined();
    expect(stretchesOf(new Uint32Array(0))).toBeUndefined();
    expect(stretchesOf(Uint32Array.from({ length: 100 }, (_, i) => 2 * i))).toBeUndefined();
    expect(stretchesOf(new Uint32Array(100).fill(7))).toBeUndefined();
  });

  it('join where one goes on where the other ended', () => {
    expect(stretchesOf(handles([8, 48], 40))).toEqual(Uint32Array.of(80));
  });

  it('hold a stray handle or two', () => {
    const few = handles([5, 900], 6);
    few[2] = 7_000;
    expect(stretchesOf(few)).toBeUndefined();
    const many = handles([5, 900], 60);
    many[10] = 7_000;
    expect(stretchesOf(many)).toEqual(Uint32Array.of(10, 11, 60, 120));
  });
});
