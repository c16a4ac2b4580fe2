import { describe, expect, test } from 'vitest';
import { UsageError } from './errors.js';
import { readReplicateOptions } from './replicateOptions.js';

describe('arguments of replicate', () => {
  test('defaults', () => {
    expect(readReplicateOptions(['a.jsonl', '--to', 'out'])).toEqual({
      log: 'a.jsonl',
      to: 'out',
      redo: undefined,
      forceLog: false,
      workers: expect.any(Number),
      startTs: undefined,
      json: false,
      quiet: false,
      unclassified: 'error',
      syncPointInterval: undefined,
      fileSize: undefined,
      flushInterval: undefined,
      fsync: true,
      stopDeadline: 10_000,
    });
  });

  test('everything given, options before and after the log', () => {
    const args = [
      ...['--to=out', '-w', '4', '-', '--start-ts', '5', '--json', '--unclassified', 'all', '--sync-point-interval', '1m'],
      ...[
        '--file-size',
        '1MiB',
        '--flush-interval',
        '200ms',
        '--no-fsync',
        '--stop-deadline',
        '3s',
        '--redo',
        'log',
        '--force-log',
      ],
    ];
    expect(readReplicateOptions(args)).toEqual({
      log: '-',
      to: 'out',
      redo: 'log',
      forceLog: true,
      workers: 4,
      startTs: 5n,
      json: true,
      quiet: false,
      unclassified: 'all',
      syncPointInterval: 60_000,
      fileSize: 1024 ** 2,
      flushInterval: 200,
      fsync: false,
      stopDeadline: 3_000,
    });
  });

  test('help wins over what is missing', () => {
    expect(readReplicateOptions(['--help'])).toBe('help');
    expect(readReplicateOptions(['-h', 'x'])).toBe('help');
  });

  test.each([
    [[], 'replicate takes the path of a change log, or - for standard input'],
    [['a'], 'replicate needs --to DIR, the directory to write to'],
    [['a', 'b', '--to', 'x'], "replicate takes one log, not also 'b'"],
    [['a', '--to'], "Option '--to <value>' argument missing"],
    [['a', '--to', ''], 'replicate needs --to DIR, the directory to write to'],
    [['a', '--to', 'x', '--to', 'y'], '--to is given twice'],
    [['a', '--to', 'x', '--wokers', '2'], "Unknown option '--wokers'"],
    [['a', '--to', 'x', '--workers', 'two'], "--workers takes a whole number from 1 to 256, not 'two'"],
    [['a', '--to', 'x', '--json', '--quiet'], '--json and --quiet exclude each other'],
    [['a', '--to', 'x', '--json=yes'], "Option '--json' does not take an argument"],
    [
      ['a', '--to', 'x', '--sync-point-interval', '1s'],
      "--sync-point-interval takes a time from 30s to 24h, such as 45s or 5m, not '1s'",
    ],
  ])('%j is refused', (args, message) => {
    expect(() => readReplicateOptions(args)).toThrow(UsageError);
    expect(() => readReplicateOptions(args)).toThrow(expect.objectContaining({ message, command: 'replicate' }));
  });
});
