import { MAX_TS } from '@tidegate/protocol';
import { describe, expect, it } from 'vitest';
import { CommittedProgress, calculateCheckpoint } from './checkpoint.js';
import { Watermarks } from './watermarks.js';

const mark = (checkpointTs: bigint, seq = 1, resolvedTs = checkpointTs) => ({ checkpointTs, resolvedTs, seq, lastSyncedTs: 0n });
const free = { tasks: undefined, barrier: undefined };

describe('checkpoint', () => {
  it('CalculateNewCheckpointTs: (a) what the own host reports; (b) MAX_TS is no answer; (c) an add under way bounds it (K-3, K-5)', () => {
    expect(calculateCheckpoint({ ...free, watermarks: [mark(100n)] })).toEqual({ checkpointTs: 100n, resolvedTs: 100n });
    expect(calculateCheckpoint({ ...free, watermarks: [mark(MAX_TS)] })).toBeUndefined();
    expect(calculateCheckpoint({ tasks: 10n, barrier: undefined, watermarks: [mark(100n)] })).toEqual({
      checkpointTs: 10n,
      resolvedTs: 10n,
    });
  });

  it('an event with new tables bounds it at its own commit ts, resolved ts too (K-3b, K-5, K-6)', () => {
    expect(calculateCheckpoint({ tasks: undefined, barrier: 50n, watermarks: [mark(100n, 1, 120n)] })).toEqual({
      checkpointTs: 50n,
      resolvedTs: 50n,
    });
  });

  it('no answer while a host has said nothing (K-4)', () => {
    expect(calculateCheckpoint({ tasks: 10n, barrier: undefined, watermarks: [mark(100n), undefined] })).toBeUndefined();
  });

  it('MaintainerCommittedCheckpointMonotonic: starts at 1; 10 → 10; 5 → 10 (K-7)', () => {
    const progress = new CommittedProgress(1n);
    expect(progress.committedTs).toBe(1n);
    progress.set({ checkpointTs: 10n, resolvedTs: 10n });
    expect(progress.committedTs).toBe(10n);
    progress.set({ checkpointTs: 5n, resolvedTs: 5n });
    expect([progress.committedTs, progress.current?.checkpointTs]).toEqual([10n, 5n]);
  });

  it('SetWatermarkReportsChanges: (1,1) → (1,1) no; (2,1) yes; (2,3) yes (K-7)', () => {
    const progress = new CommittedProgress(0n);
    progress.set({ checkpointTs: 1n, resolvedTs: 1n });
    expect(progress.set({ checkpointTs: 1n, resolvedTs: 1n })).toBe(false);
    expect(progress.set({ checkpointTs: 2n, resolvedTs: 1n })).toBe(true);
    expect(progress.set({ checkpointTs: 2n, resolvedTs: 3n })).toBe(true);
  });
});

describe('watermarks (E-5)', () => {
  it('takes the first, a greater seq even with a lower checkpoint, the same seq only with a strictly greater one', () => {
    const marks = new Watermarks();
    expect(marks.offer(0, mark(100n, 2))).toBe(true);
    expect(marks.offer(0, mark(100n, 2))).toBe(false);
    expect(marks.offer(0, mark(900n, 1))).toBe(false);
    expect(marks.offer(0, mark(101n, 2))).toBe(true);
    expect(marks.offer(0, mark(50n, 3))).toBe(true);
    expect(marks.of(0)?.checkpointTs).toBe(50n);
  });
});
