import { describe, expect, test } from 'vitest';
import { resolveOptions } from './options.js';
import { formatSegmentName, parseSegmentName } from './segmentName.js';

describe('options', () => {
  test('have defaults', () => {
    expect(resolveOptions({ dir: '/a' })).toEqual({
      dir: '/a',
      commitInterval: 10,
      commitBytes: 2 * 1024 * 1024,
      segmentBytes: 64 * 1024 * 1024,
      fsync: true,
    });
  });

  test.each([
    [undefined, "options must be an object with 'dir'"],
    [{ dir: '' }, "option 'dir' must be"],
    [{ dir: 'x', fsync: 1 }, "option 'fsync' must be true or false, not 1"],
    [{ dir: 'x', commitInterval: -1 }, "option 'commitInterval' must be a whole number of milliseconds from 0 to 60000, not -1"],
    [{ dir: 'x', commitBytes: 1 }, "option 'commitBytes'"],
    [{ dir: 'x', segmentBytes: 1n }, "option 'segmentBytes' must be a whole number of bytes from 4096 to 1073741824, not 1n"],
    [{ dir: 'x', flush: 1 }, "unknown option 'flush'"],
  ])('%o is refused', (options, message) => {
    expect(() => resolveOptions(options)).toThrow(
      expect.objectContaining({ code: 'REDO_OPTION', message: expect.stringContaining(message) }),
    );
  });
});

describe('names of segments', () => {
  test.each([
    ['worker-0.00000007.open', { worker: 'worker-0', number: 7, sealed: undefined }],
    [
      'worker-0.00000007.11-462422016003145732.redo',
      { worker: 'worker-0', number: 7, sealed: { first: 11n, last: 462422016003145732n } },
    ],
    ['a%2Fb%2Ec.123456789.open', { worker: 'a/b.c', number: 123_456_789, sealed: undefined }],
  ])('%s', (name, segment) => {
    expect(formatSegmentName(segment)).toBe(name);
    expect(parseSegmentName(name)).toEqual(segment);
  });

  test.each([
    'meta',
    'truncated',
    '.meta.worker-0.tmp',
    'worker-0.7.open',
    'worker-0.00000007.redo',
    'worker-0.00000007.1-2.redo.bak',
    '%.00000001.open',
  ])('%s is none', (name) => {
    expect(parseSegmentName(name)).toBeUndefined();
  });
});
