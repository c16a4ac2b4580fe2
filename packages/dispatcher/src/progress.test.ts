import { describe, expect, test } from 'vitest';
import { Progress } from './progress.js';

describe('progress (conformance 2)', () => {
  test('TableProgress: rows, flush, pass (D-14, D-16)', () => {
    const progress = new Progress();
    expect([progress.empty, progress.checkpoint]).toEqual([true, 0n]);
    const row = progress.add(2n);
    expect([progress.empty, progress.checkpoint]).toEqual([false, 1n]);
    expect(progress.flush(row)).toBe(true);
    expect([progress.empty, progress.checkpoint]).toEqual([true, 1n]);
    progress.pass(4n);
    expect([progress.maxCommitTs, progress.checkpoint, progress.empty]).toEqual([4n, 3n, true]);
  });

  test('SyncPointEventCommitTs: added, flushed, passed (D-14, D-16)', () => {
    const progress = new Progress();
    const first = progress.add(40n);
    expect([progress.checkpoint, progress.empty]).toEqual([39n, false]);
    progress.flush(first);
    expect([progress.checkpoint, progress.empty]).toEqual([39n, true]);
    const second = progress.add(60n);
    expect(progress.checkpoint).toBe(59n);
    progress.flush(second);
    expect(progress.checkpoint).toBe(59n);
    progress.pass(80n);
    expect([progress.checkpoint, progress.empty]).toEqual([79n, true]);
  });

  test('MultiSameCommitTsStartTsPair: each flush removes one entry (D-13)', () => {
    const progress = new Progress();
    const first = progress.add(2n);
    const second = progress.add(2n);
    expect([progress.length, progress.checkpoint]).toEqual([2, 1n]);
    progress.flush(first);
    expect([progress.length, progress.checkpoint, progress.empty]).toEqual([1, 1n, false]);
    const third = progress.add(4n);
    expect(progress.length).toBe(2);
    progress.flush(second);
    expect([progress.length, progress.checkpoint]).toEqual([1, 3n]);
    progress.flush(third);
    expect([progress.length, progress.checkpoint, progress.empty]).toEqual([0, 3n, true]);
  });

  test('a flush out of order keeps the checkpoint below the front', () => {
    const progress = new Progress();
    const first = progress.add(10n, 12n);
    const second = progress.add(13n);
    expect(progress.flush(second)).toBe(true);
    expect([progress.checkpoint, progress.maxCommitTs]).toEqual([9n, 13n]);
    expect(progress.flush(second)).toBe(false);
    progress.flush(first);
    expect(progress.checkpoint).toBe(12n);
  });
});
