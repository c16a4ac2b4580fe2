import { describe, expect, test } from 'vitest';
import { OptionError } from './errors.js';
import { createSource } from './source.js';

describe('options', () => {
  test.each([
    ['path', undefined],
    ['path', 'log.jsonl'],
    ['path', {}],
    ['path', { path: '' }],
    ['path', { path: 5 }],
    ['path', { path: 'a', stream: process.stdin }],
    ['stream', { stream: 'text' }],
    ['stream', { stream: null }],
    ['unclassified', { path: 'a', unclassified: 'skip' }],
    ['routes', { path: 'a', routes: '*.*' }],
    ['routes', { path: 'a', routes: [{ match: '*.*', to: '{tabel}' }] }],
    ['syncPointIntervalMs', { path: 'a', syncPointIntervalMs: 29_999 }],
    ['syncPointIntervalMs', { path: 'a', syncPointIntervalMs: '60000' }],
    ['syncPointIntervalMs', { path: 'a', syncPointIntervalMs: 0, allowShortSyncPoints: true }],
    ['syncPointIntervalMs', { path: 'a', syncPointIntervalMs: 30_000.5 }],
    ['allowShortSyncPoints', { path: 'a', allowShortSyncPoints: 1 }],
    ['maxLineBytes', { path: 'a', maxLineBytes: 0 }],
    ['maxLineBytes', { path: 'a', maxLineBytes: Number.POSITIVE_INFINITY }],
    ['chunkBytes', { path: 'a', chunkBytes: -1 }],
    ['maxTransactionBytes', { path: 'a', maxTransactionBytes: 2 ** 40 }],
    ['pth', { pth: 'a' }],
  ])('a wrong %s is named: %j', (option, options) => {
    expect(() => createSource(options)).toThrow(OptionError);
    expect(() => createSource(options)).toThrow(expect.objectContaining({ code: 'CANAL_OPTION', option }));
  });

  test('making a source opens nothing', async () => {
    const source = createSource({ path: '/nonexistent/log.jsonl', syncPointIntervalMs: 30_000 });
    await expect(source.open({ startTs: 0n, signal: new AbortController().signal })).rejects.toMatchObject({
      code: 'CANAL_INPUT',
    });
  });

  test('a start ts that is none is an error', async () => {
    const source = createSource({ path: 'a' });
    await expect(source.open({ startTs: -1n, signal: new AbortController().signal })).rejects.toMatchObject({
      option: 'startTs',
    });
  });
});
