import { describe, expect, test } from 'vitest';
import { progressLine } from './progressLine.js';
import type { RunView } from './runRecord.js';

const view: RunView = {
  elapsed: 12_300,
  rows: 16_548,
  rowsPerSecond: 8_123.4,
  ddls: 67,
  checkpointTs: 462422016000786433n,
  barrier: undefined,
  suppressed: 0,
};
const barrier = { name: '462422017115947403', age: 1_234, missingCount: 5, missingTables: [12, 0, 15, 16] };

describe('progress line', () => {
  test('without a barrier', () => {
    expect(progressLine(view, 200)).toBe('12.3 s · 16,548 rows read · 8,123/s · 67 DDLs · checkpoint 11-24 16:00:00');
  });

  test('with a barrier, whom it waits for, and suppressed statuses', () => {
    expect(progressLine({ ...view, barrier, suppressed: 1_234 }, 300)).toBe(
      '12.3 s · 16,548 rows read · 8,123/s · 67 DDLs · checkpoint 11-24 16:00:00 · ' +
        'barrier 462422017115947403 1.2 s, waits for trigger, tables 12 15, 2 more · 1,234 statuses suppressed',
    );
  });

  test('a barrier that says less', () => {
    const line = (rest: Partial<typeof barrier>): string | undefined =>
      progressLine({ ...view, barrier: { ...barrier, ...rest } }, 300)
        .split(' · ')
        .at(-1);
    expect(line({ missingCount: 0, missingTables: [] })).toBe('barrier 462422017115947403 1.2 s');
    expect(line({ missingCount: 1, missingTables: [7] })).toBe('barrier 462422017115947403 1.2 s, waits for table 7');
    expect(line({ missingCount: 100_000, missingTables: [] })).toBe(
      'barrier 462422017115947403 1.2 s, waits for 100,000 dispatchers',
    );
  });

  test('at the very start', () => {
    const start: RunView = { ...view, elapsed: 0, rows: 0, rowsPerSecond: 0, ddls: 0, checkpointTs: 0n };
    expect(progressLine(start, 80)).toBe('0.0 ms · 0 rows read · 0/s · 0 DDLs');
  });

  test('fits whatever the width, and keeps the barrier longest', () => {
    for (let width = 1; width < 260; width++) {
      const line = progressLine({ ...view, barrier, suppressed: 9 }, width);
      expect(line.length).toBeLessThanOrEqual(width);
      if (width >= 20) expect(line).toContain('barrier 4624220171');
    }
    expect(progressLine({ ...view, suppressed: 9 }, 60)).toBe('16,548 rows read · 8,123/s · checkpoint 11-24 16:00:00');
    expect(progressLine({ ...view, suppressed: 9 }, 20)).toBe('16,548 rows read');
  });
});
