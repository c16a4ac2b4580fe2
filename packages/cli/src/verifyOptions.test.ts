import { describe, expect, test } from 'vitest';
import { readVerifyOptions } from './verifyOptions.js';

describe('arguments of verify', () => {
  test('that are right', () => {
    expect(readVerifyOptions(['out', '--against', 'f.gz'])).toEqual({
      dir: 'out',
      against: 'f.gz',
      limit: 20,
      json: false,
      quiet: false,
    });
    expect(readVerifyOptions(['--json', '--limit', '0', '--against', 'f', 'out'])).toMatchObject({ limit: 0, json: true });
    expect(readVerifyOptions(['--help'])).toBe('help');
  });

  test.each([
    [[], 'verify takes the directory that replicate wrote to'],
    [['out'], 'verify needs --against FINAL, the file with the final tables'],
    [['out', 'more', '--against', 'f'], "verify takes one directory, not also 'more'"],
    [['out', '--against', 'f', '--limit', '-1'], expect.stringContaining('--limit')],
    [['out', '--against', 'f', '-q', '--json'], '--json and --quiet exclude each other'],
  ])('%j is refused', (args, message) => {
    expect(() => readVerifyOptions(args)).toThrow(expect.objectContaining({ code: 'CLI_USAGE', message, command: 'verify' }));
  });
});
