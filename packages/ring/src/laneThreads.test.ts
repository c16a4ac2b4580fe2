import { describe, expect, test } from 'vitest';
import { createLane } from './createLane.js';
import type { CheckingConsumerData, CheckReport } from './testing/checkingConsumer.js';
import type { FloodProducerData } from './testing/floodProducer.js';
import { exited, firstMessage, spawn } from './testing/spawn.js';

interface Flood {
  readonly capacityBytes: number;
  readonly count: number;
  readonly batch: number;
  readonly longestFrame: number;
  readonly startCursor: number;
}

async function flood({ capacityBytes, count, batch, longestFrame, startCursor }: Flood): Promise<CheckReport> {
  const lane = createLane({ capacityBytes, name: 'flood', startCursor });
  const consumerData: CheckingConsumerData = { lane, longestFrame };
  const progress = new SharedArrayBuffer(4);
  const producerData: FloodProducerData = { lane, count, batch, longestFrame, takeOver: false, progress };
  const consumer = spawn('checkingConsumer', consumerData);
  const report = firstMessage<CheckReport>(consumer);
  const producer = spawn('floodProducer', producerData);
  const exits = await Promise.all([exited(producer), report]);
  expect(exits[0]).toBe(0);
  return exits[1];
}

/** The cursors pass an overflow early in the run: their own, or that of their signed form in the code. */
const BELOW_OVERFLOW = 2 ** 32 - 10_000;
const BELOW_SIGN = 2 ** 31 - 10_000;

describe('a lane between two threads', () => {
  test('50 million records arrive once, in order and whole', { timeout: 120_000 }, async () => {
    const count = 50_000_000;
    const report = await flood({ capacityBytes: 1 << 20, count, batch: 512, longestFrame: 0, startCursor: BELOW_OVERFLOW });
    expect(report).toMatchObject({ received: count, wrong: 0, firstWrong: -1 });
  });

  test('frames of random sizes among records arrive once, in order and whole', { timeout: 120_000 }, async () => {
    const count = 1_000_000;
    const report = await flood({ capacityBytes: 1 << 14, count, batch: 7, longestFrame: 6000, startCursor: BELOW_SIGN });
    expect(report).toMatchObject({ received: count, wrong: 0, firstWrong: -1 });
  });

  test('a lane that is full nearly all the time loses nothing', { timeout: 120_000 }, async () => {
    const count = 500_000;
    const report = await flood({ capacityBytes: 4096, count, batch: 1, longestFrame: 1000, startCursor: BELOW_OVERFLOW });
    expect(report).toMatchObject({ received: count, wrong: 0, firstWrong: -1 });
  });
});
