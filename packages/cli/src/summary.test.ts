import { describe, expect, test } from 'vitest';
import { type Summary, summaryText } from './summary.js';

const summary: Summary = {
  outcome: 'finished',
  log: 'shop.canal.jsonl.gz',
  to: 'out/shop',
  workers: 2,
  startTs: 0n,
  unfinished: [],
  rows: 16_548,
  changes: 16_548,
  ddls: 67,
  syncPoints: 0,
  barriers: 45,
  alignment: { count: 45, median: 3.14, p99: 12, max: 14.2 },
  suppressed: { pending: 1_000, outstanding: 234, gate: 0 },
  checkpointTs: 462422017131676063n,
  duration: 2_040,
  rowsPerSecond: 8_111.7,
};

describe('summary', () => {
  test('of a run that reached the end', () => {
    expect(summaryText(summary)).toBe(`Replicated shop.canal.jsonl.gz to out/shop
  rows        16,548, 8,112 a second
  DDLs        67
  barriers    45, aligned in 3.1 ms (median), 12 ms (p99), 14 ms at most
  suppressed  1,234 statuses: pending 1,000, outstanding 234
  duration    2.0 s with 2 workers
  checkpoint  462422017131676063 (2025-11-24 16:00:04.317)
`);
  });

  test('of a run that was stopped, with what it could not finish and how to go on', () => {
    const text = summaryText({
      ...summary,
      outcome: 'stopped',
      workers: 1,
      syncPoints: 3,
      barriers: 0,
      alignment: undefined,
      suppressed: {},
      unfinished: ['worker-1: deadline (5 rows)'],
    });
    expect(text).toContain('Stopped before the end of shop.canal.jsonl.gz\n');
    expect(text).toContain(
      '  DDLs        67, and 3 sync points\n  barriers    0\n  suppressed  0 statuses\n  duration    2.0 s with 1 worker\n',
    );
    expect(text).toContain(
      '  unfinished\n    worker-1: deadline (5 rows)\n\nout/shop is complete up to the checkpoint: the same command continues there.\n',
    );
  });

  test('of a run without a checkpoint', () => {
    expect(summaryText({ ...summary, outcome: 'failed', checkpointTs: 0n })).toContain(
      'Failed before the end of shop.canal.jsonl.gz\n',
    );
    expect(summaryText({ ...summary, outcome: 'failed', checkpointTs: 0n })).toContain(
      'no checkpoint yet: the same command starts from the beginning',
    );
  });

  test('one suppressed status is one', () => {
    expect(summaryText({ ...summary, suppressed: { gate: 1 } })).toContain('  suppressed  1 status: gate 1\n');
  });
});
