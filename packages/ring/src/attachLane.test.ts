import { describe, expect, test } from 'vitest';
import { createLane } from './createLane.js';
import { Doorbell } from './doorbell.js';
import {
  LaneCapacityError,
  LaneError,
  LaneFingerprintError,
  LaneGenerationError,
  LaneMagicError,
  LaneOptionError,
  LaneVersionError,
} from './errors.js';
import { LaneConsumer } from './laneConsumer.js';
import { LaneProducer } from './laneProducer.js';

const sides = [
  ['producer', LaneProducer.attach],
  ['consumer', LaneConsumer.attach],
] as const;

function lane(): SharedArrayBuffer {
  return createLane({ capacityBytes: 4096, fingerprint: 7, name: 'worker-0' });
}

/** The error of an attach that must fail, and that must have taken nothing. */
function refusal(
  attach: (typeof sides)[number][1],
  sab: SharedArrayBuffer,
  options: Parameters<typeof attach>[1] = {},
): LaneError {
  const before = new Uint8Array(sab).slice();
  try {
    attach(sab, options);
  } catch (error) {
    expect(error).toBeInstanceOf(LaneError);
    expect(new Uint8Array(sab).slice()).toEqual(before);
    return error as LaneError;
  }
  throw new Error('attached');
}

describe.each(sides)('attaching the %s', (side, attach) => {
  test('takes a lane that is as expected', () => {
    const attached = attach(lane(), { fingerprint: 7, capacityBytes: 4096, generation: 1 });
    expect(attached).toMatchObject({ name: 'worker-0', generation: 1, capacityCells: 128 });
  });

  test('refuses memory that is no lane', () => {
    const error = refusal(attach, new SharedArrayBuffer(8192));
    expect(error).toBeInstanceOf(LaneMagicError);
    expect(error.code).toBe('LANE_MAGIC');
    expect(error.message).toContain('0x00000000');
  });

  test('refuses memory that is not shared', () => {
    const unshared = new ArrayBuffer(8192) as unknown as SharedArrayBuffer;
    expect(refusal(attach, unshared)).toBeInstanceOf(LaneMagicError);
  });

  test('refuses memory too small for a header', () => {
    const error = refusal(attach, new SharedArrayBuffer(64));
    expect(error).toBeInstanceOf(LaneCapacityError);
    expect(error.message).toContain('64 bytes');
  });

  test('refuses another layout version', () => {
    const sab = lane();
    new Uint32Array(sab)[1] = 2;
    const error = refusal(attach, sab);
    expect(error).toBeInstanceOf(LaneVersionError);
    expect(error.code).toBe('LANE_VERSION');
    expect(error.message).toMatch(/worker-0.* version 2.* reads 1/);
  });

  test('refuses a capacity that is not the size of the memory', () => {
    const sab = lane();
    new Uint32Array(sab)[2] = 8192;
    const error = refusal(attach, sab);
    expect(error).toBeInstanceOf(LaneCapacityError);
    expect(error.code).toBe('LANE_CAPACITY');
    expect(error.message).toMatch(/8192.*4096/);
  });

  test('refuses a capacity other than the expected one', () => {
    expect(refusal(attach, lane(), { capacityBytes: 65536 })).toBeInstanceOf(LaneCapacityError);
  });

  test('refuses another fingerprint', () => {
    const error = refusal(attach, lane(), { fingerprint: 8 });
    expect(error).toBeInstanceOf(LaneFingerprintError);
    expect(error.code).toBe('LANE_FINGERPRINT');
    expect(error.message).toMatch(/0x00000007.*0x00000008/);
  });

  test('refuses a second one while the first may live', () => {
    const sab = lane();
    attach(sab);
    const error = refusal(attach, sab);
    expect(error).toBeInstanceOf(LaneGenerationError);
    expect(error.code).toBe('LANE_GENERATION');
    expect(error.message).toMatch(new RegExp(`${side}.*worker-0.*generation 1.*takeOver`));
  });

  test('takes over under the next generation, and only under that', () => {
    const sab = lane();
    attach(sab);
    expect(refusal(attach, sab, { takeOver: true, generation: 3 })).toBeInstanceOf(LaneGenerationError);
    expect(refusal(attach, sab, { takeOver: true, generation: 1 })).toBeInstanceOf(LaneGenerationError);
    expect(attach(sab, { takeOver: true, generation: 2 }).generation).toBe(2);
    expect(attach(sab, { takeOver: true }).generation).toBe(3);
  });

  test('one that has a successor can do nothing more', () => {
    const sab = lane();
    const first = attach(sab);
    attach(sab, { takeOver: true });
    const before = new Uint32Array(sab)[32];
    expect(() => {
      if (first instanceof LaneProducer) {
        first.claimRecord();
        first.publish();
      } else {
        first.drain(1, { record: () => undefined, frame: () => undefined });
      }
    }).toThrow(LaneGenerationError);
    expect(new Uint32Array(sab)[32]).toBe(before);
    expect(() => first.close()).toThrow(LaneGenerationError);
    expect([...new Uint32Array(sab).subarray(7, 9)]).toEqual([0, 0]);
  });
});

test('a doorbell is told from other memory', () => {
  expect(() => Doorbell.attach(lane())).toThrow(LaneMagicError);
  expect(() => Doorbell.attach(new SharedArrayBuffer(128))).toThrow(LaneMagicError);
});

describe('createLane refuses', () => {
  test.each([0, 1, 2048, 4097, 5000, 6144, 2 ** 31, -4096, 4096.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'a capacity of %d',
    (capacityBytes) => {
      expect(() => createLane({ capacityBytes, name: 'x' })).toThrow(LaneCapacityError);
    },
  );

  test.each([-32, 16, 2080, 4096, 1.5, Number.NaN])('a reserve of %d bytes in 4096', (reserveBytes) => {
    expect(() => createLane({ capacityBytes: 4096, reserveBytes })).toThrow(LaneOptionError);
  });

  test.each([-1, 2 ** 32, 0.5, Number.NaN])('a fingerprint or cursor of %d', (value) => {
    expect(() => createLane({ capacityBytes: 4096, fingerprint: value })).toThrow(/fingerprint/);
    expect(() => createLane({ capacityBytes: 4096, startCursor: value })).toThrow(/startCursor/);
  });
});
