import { ManualContext } from '@tidegate/runtime/testing';
import { describe, expect, test } from 'vitest';
import { createCoordinator } from './actor.js';
import { CoordinatorError } from './errors.js';
import { resolveOptions } from './options.js';

const required = { host: 'host-0', workers: ['worker-0'] };

describe('options', () => {
  test('defaults are those of section 28', () => {
    expect(resolveOptions(required)).toEqual({
      host: 'host-0',
      workers: ['worker-0'],
      source: 'source',
      maintainer: undefined,
      pendingCapacity: 16_384,
      batchWindow: 10,
      batchStatuses: 2048,
      requestQueueCapacity: 10_000,
      outstandingCapacity: 4_194_304,
      outstandingResend: 1000,
      outstandingResendMax: 10_000,
      idleEvents: 256,
      heartbeatInterval: 200,
      heartbeatFirst: 1000,
      completeHeartbeatInterval: 10_000,
      componentStatusWindow: 10,
      componentStatusCapacity: 8192,
      errorRepeat: 5000,
      snapshotDeadline: 5000,
      outboxCapacity: 4096,
      recover: false,
    });
  });

  test.each([
    [undefined, /'host' and 'workers'/],
    [{ workers: ['a'] }, /option 'host'/],
    [{ ...required, workers: [] }, /option 'workers'/],
    [{ ...required, workers: ['a', 'a'] }, /'workers' names an address twice: a, a/],
    [{ ...required, workers: [1] }, /option 'workers'/],
    [{ ...required, batchWindow: -1 }, /option 'batchWindow' must be a whole number from 0 to 60000, not -1/],
    [{ ...required, pendingCapacity: '16' }, /option 'pendingCapacity' .* not "16"/],
    [{ ...required, outstandingResend: 500, outstandingResendMax: 499 }, /option 'outstandingResendMax' .* from 500/],
    [{ ...required, lowLatency: 1 }, /option 'lowLatency' must be true or false, not 1/],
    [{ ...required, window: 3 }, /unknown option 'window'; known are host, /],
    [{ ...required, source: '' }, /option 'source'/],
  ])('%j is refused by name', (options, message) => {
    expect(() => createCoordinator(new ManualContext(), options)).toThrow(CoordinatorError);
    expect(() => resolveOptions(options)).toThrow(message);
  });

  test('an override wins over what lowLatency chooses', () => {
    expect(resolveOptions({ ...required, lowLatency: true, heartbeatFirst: 7 })).toMatchObject({
      heartbeatInterval: 50,
      heartbeatFirst: 7,
    });
  });

  test.each([
    [{}, 2_048],
    [{ batchStatuses: 1 }, 1],
    [{ batchStatuses: 123 }, 123],
    [{ batchStatuses: 456, lowLatency: true }, 456],
    [{ batchStatuses: 65_536 }, 65_536],
    [{ batchWindow: 0 }, 2_048],
  ])('DispatcherManagerBatchConfig: %j cuts requests at %i statuses (C-5)', (given, limit) => {
    expect(resolveOptions({ ...required, ...given }).batchStatuses).toBe(limit);
  });

  test('DispatcherManagerBatchConfig: an explicit 0 is no batch, and is refused instead of taken for the default', () => {
    expect(() => resolveOptions({ ...required, batchStatuses: 0 })).toThrow(/option 'batchStatuses' .* from 1 to 65536, not 0/);
  });
});
