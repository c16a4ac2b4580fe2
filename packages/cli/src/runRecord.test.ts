import type { MaintainerEvent } from '@tidegate/protocol';
import { describe, expect, test } from 'vitest';
import { RunRecord } from './runRecord.js';
import type { Sample } from './sample.js';

type BarrierEvent = Extract<MaintainerEvent, { type: 'barrier' }>;

function barrier(ts: bigint, phase: BarrierEvent['phase'], age: number, isSyncPoint = false, mode: 0 | 1 = 0): BarrierEvent {
  return { type: 'barrier', phase, key: { commitTs: ts, isSyncPoint }, mode, influence: 'all', at: 0, age };
}

const sample = (rest: Partial<Sample> = {}): Sample => ({
  rows: 0,
  changes: 0,
  ddls: 0,
  syncPoints: 0,
  suppressed: {},
  barriers: [],
  ...rest,
});

describe('a run’s record', () => {
  test('shows the earliest open barrier, with whom it waits for when the maintainer has said so', () => {
    const record = new RunRecord(0n, 1_000);
    record.barrier(barrier(20n, 'opened', 0), 1_100);
    record.barrier(barrier(10n, 'opened', 5), 1_105);
    expect(record.view(1_200).barrier).toEqual({ name: '10', age: 100, missingCount: 0, missingTables: [] });
    record.sample(
      sample({
        barriers: [
          { commitTs: 10n, isSyncPoint: true, missingCount: 9, missingTables: [] },
          { commitTs: 10n, isSyncPoint: false, missingCount: 2, missingTables: [3, 4] },
        ],
      }),
      1_200,
    );
    expect(record.view(1_200).barrier).toMatchObject({ name: '10', missingCount: 2, missingTables: [3, 4] });
    record.barrier(barrier(10n, 'selected', 7), 1_210);
    record.barrier(barrier(10n, 'written', 8), 1_211);
    expect(record.view(1_211).barrier?.name).toBe('10');
    record.barrier(barrier(10n, 'completed', 9), 1_212);
    expect(record.view(1_212).barrier?.name).toBe('20');
    record.barrier(barrier(20n, 'completed', 9), 1_213);
    expect(record.view(1_213).barrier).toBeUndefined();
  });

  test('a DDL and a sync point at one ts, and both modes, are barriers of their own (B-1); those of the redo pipeline are not counted again', () => {
    const record = new RunRecord(0n, 0);
    for (const event of [barrier(10n, 'opened', 0), barrier(10n, 'opened', 0, true), barrier(10n, 'opened', 0, false, 1)])
      record.barrier(event, 0);
    record.barrier(barrier(10n, 'completed', 3), 3);
    record.barrier(barrier(10n, 'completed', 3, false, 1), 3);
    expect(record.view(3).barrier?.name).toBe('10/sync');
    record.barrier(barrier(12n, 'selected', 9, false, 1), 3);
    expect(record.totals(3)).toMatchObject({ barriers: 1, alignment: undefined });
  });

  test('alignment is the age at which a writer was chosen', () => {
    const record = new RunRecord(0n, 0);
    for (const [ts, age] of [
      [1n, 5],
      [2n, 50],
      [3n, 7],
    ] as const) {
      for (const phase of ['opened', 'selected', 'written', 'completed'] as const)
        record.barrier(barrier(ts, phase, phase === 'opened' ? 0 : age), age);
    }
    expect(record.totals(100)).toMatchObject({ barriers: 3, alignment: { count: 3, median: 7, max: 50 } });
  });

  test('a run without end keeps its latest alignment times only', () => {
    const record = new RunRecord(0n, 0);
    for (let ts = 0; ts < 100_000; ts++) record.barrier(barrier(BigInt(ts), 'selected', ts < 60_000 ? 1_000 : 1), 0);
    const { alignment } = record.totals(1);
    expect(alignment?.count).toBeLessThanOrEqual(65_536);
    expect(alignment?.median).toBe(1);
  });

  test('counts, rate and checkpoint; the checkpoint never goes back', () => {
    const record = new RunRecord(7n, 0);
    expect(record.view(0)).toEqual({
      elapsed: 0,
      rows: 0,
      rowsPerSecond: 0,
      ddls: 0,
      checkpointTs: 7n,
      barrier: undefined,
      suppressed: 0,
    });
    record.checkpoint(9n);
    record.checkpoint(8n);
    record.sample(sample({ rows: 500, changes: 400, ddls: 3, syncPoints: 1, suppressed: { pending: 2, gate: 3 } }), 1_000);
    expect(record.view(1_000)).toMatchObject({ rows: 500, rowsPerSecond: 500, ddls: 3, checkpointTs: 9n, suppressed: 5 });
    expect(record.totals(2_000)).toMatchObject({
      rows: 500,
      changes: 400,
      ddls: 3,
      syncPoints: 1,
      duration: 2_000,
      rowsPerSecond: 250,
    });
  });
});
