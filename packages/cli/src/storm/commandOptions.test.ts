import { expect, test } from 'vitest';
import { UsageError } from '../errors.js';
import { readStormOptions } from './commandOptions.js';

test('defaults', () => {
  const options = readStormOptions([]);
  expect(options).toEqual({
    ...{ dispatchers: 10_000, hold: 10_000, cause: 'stalled-maintainer', resend: 1_000, json: false, quiet: false },
    workers: expect.any(Number),
  });
});

test('everything that can be said', () => {
  const args = '--dispatchers 100000 --hold 90 -w 3 --cause slow-table --resend 250ms --json'.split(' ');
  expect(readStormOptions(args)).toEqual({
    ...{ dispatchers: 100_000, hold: 90_000, workers: 3, cause: 'slow-table', resend: 250, json: true, quiet: false },
  });
  expect(readStormOptions(['-n', '5', '--hold', '1500ms', '--resend', '2', '-q'])).toMatchObject({
    ...{ dispatchers: 5, hold: 1_500, resend: 2_000, quiet: true },
  });
  expect(readStormOptions(['-h'])).toBe('help');
});

test.each([
  ['--dispatchers 0', "--dispatchers takes a whole number from 1 to 10000000, not '0'"],
  ['--dispatchers many', "--dispatchers takes a whole number from 1 to 10000000, not 'many'"],
  ['--workers 300', "--workers takes a whole number from 1 to 256, not '300'"],
  ['--hold 2h', "--hold takes a time from 0ms to 1h, such as 45s or 5m, not '2h'"],
  ['--hold -1', '--hold needs a value; one that starts with a dash is written --hold=-…'],
  ['-n -5', '--dispatchers needs a value; one that starts with a dash is written --dispatchers=-…'],
  ['--resend 5ms', "--resend takes a time from 10ms to 1h, such as 45s or 5m, not '5ms'"],
  ['--cause thunder', "--cause takes stalled-maintainer or slow-table, not 'thunder'"],
  ['--json --quiet', '--json and --quiet exclude each other'],
  ['log.jsonl', "storm takes options only, not 'log.jsonl'"],
  ['--hold 1 --hold 2', '--hold is given twice'],
  ['--speed 9', "Unknown option '--speed'"],
])('%s is refused', (args, message) => {
  expect(() => readStormOptions(args.split(' '))).toThrow(UsageError);
  expect(() => readStormOptions(args.split(' '))).toThrow(expect.objectContaining({ command: 'storm', message }));
});
