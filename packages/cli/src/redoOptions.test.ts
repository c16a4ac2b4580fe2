import { describe, expect, test } from 'vitest';
import { readRedoOptions } from './redoOptions.js';

describe('arguments of redo apply', () => {
  test('that are right', () => {
    expect(readRedoOptions(['apply', 'log', '--to', 'out'])).toEqual({
      dir: 'log',
      to: 'out',
      from: undefined,
      upTo: undefined,
      json: false,
      quiet: false,
    });
    const both = ['apply', '--from', '462422016003145732', '--up-to', '462422016003145733', '--json', '--to', 'out', 'log'];
    expect(readRedoOptions(both)).toMatchObject({ from: 462422016003145732n, upTo: 462422016003145733n, json: true });
    expect(readRedoOptions(['apply', '--help'])).toBe('help');
    expect(readRedoOptions(['-h'])).toBe('help');
  });

  test.each([
    [[], 'redo needs to know what to do: apply'],
    [['undo'], "redo cannot 'undo'; it can apply"],
    [['apply'], 'redo apply takes the directory of a redo log'],
    [['apply', 'a', 'b', '--to', 'c'], "redo apply takes one directory, not also 'b'"],
    [['apply', 'a'], 'redo apply needs --to OUT, the directory to write to'],
    [['apply', 'a', '--to', './a'], '--to must be another directory than that of the log'],
    [['apply', 'a', '--to', 'b', '--from', 'x'], expect.stringContaining('--from takes a timestamp')],
    [['apply', 'a', '--to', 'b', '--up-to', '-'], expect.stringContaining('--up-to takes a timestamp')],
    [['apply', 'a', '--to', 'b', '-q', '--json'], '--json and --quiet exclude each other'],
  ])('%j is refused', (args, message) => {
    expect(() => readRedoOptions(args)).toThrow(expect.objectContaining({ code: 'CLI_USAGE', message, command: 'redo apply' }));
  });
});
