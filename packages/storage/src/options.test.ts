import { describe, expect, test } from 'vitest';
import { resolveOptions } from './options.js';

const MIB = 1024 * 1024;

test('defaults', () => {
  expect(resolveOptions({ dir: '/d' })).toEqual({
    dir: '/d',
    fileSize: 64 * MIB,
    flushInterval: 1_000,
    maxBuffered: 32 * MIB,
    openFiles: 16,
    fileIndexWidth: 6,
    fsync: true,
  });
});

describe('what is wrong is named', () => {
  test.each([
    [undefined, /options must be an object with 'dir', not undefined/],
    [{}, /option 'dir' must be the path of a directory, not undefined/],
    [{ dir: '' }, /option 'dir'/],
    [{ dir: '/d', fileSise: 1 }, /unknown option 'fileSise'; known are dir, fileSize/],
    [{ dir: '/d', fileSize: 1023 }, /option 'fileSize' must be a whole number of bytes from 1024 to 536870912, not 1023/],
    [{ dir: '/d', fileSize: '64MiB' }, /option 'fileSize'.*not "64MiB"/],
    [{ dir: '/d', flushInterval: -1 }, /option 'flushInterval' must be a whole number of milliseconds/],
    [{ dir: '/d', flushInterval: 0.5 }, /option 'flushInterval'/],
    [{ dir: '/d', maxBuffered: 10n }, /option 'maxBuffered'.*not 10n/],
    [{ dir: '/d', openFiles: 0 }, /option 'openFiles'/],
    [{ dir: '/d', fileIndexWidth: 21 }, /option 'fileIndexWidth'/],
    [{ dir: '/d', fsync: 'yes' }, /option 'fsync' must be true or false, not "yes"/],
  ])('%o', (options, message) => {
    expect(() => resolveOptions(options)).toThrow(message);
    expect(() => resolveOptions(options)).toThrow(expect.objectContaining({ code: 'STORAGE_OPTION' }));
  });
});
